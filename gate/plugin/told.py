"""The notice of a failed resource: who, which stack, and the resource's own log for a warning."""

from __future__ import annotations

from gate.errors import GateError
from gate.notice import Notice, publish
from gate.plugin.resource import Call
from gate.session import Clients
from gate.who import who


def failure(call: Call, clients: Clients, topic: str, what: str, image: str, error: GateError) -> None:
    """Tells the topic's subscribers what failed; never raises, never takes longer than ten seconds."""
    notice = Notice(what, stack_of(call.urn), image, who(), str(error))
    publish(lambda: clients["sns"], topic, notice, lambda text: call.log(text, "warning"))


def stack_of(urn: str) -> str:
    """PROJECT/STACK of a resource's URN (``urn:pulumi:STACK::PROJECT::TYPE::NAME``); else the URN itself."""
    parts = urn.removeprefix("urn:pulumi:").split("::")
    return f"{parts[1]}/{parts[0]}" if len(parts) >= 4 else urn

"""The notice of a failed resource: who, which stack, and the resource's own log for a warning."""

from __future__ import annotations

from sluice.author import author_name
from sluice.aws.notice import Notice, publish
from sluice.aws.session import Clients
from sluice.errors import GateError
from sluice.protocol.resource import Call


def failure(call: Call, clients: Clients, topic: str, what: str, image: str, error: GateError) -> None:
    """Tell the topic's subscribers what failed; never raises, never takes longer than ten seconds."""
    notice = Notice(what, stack_of(call.urn), image, author_name(), str(error))
    publish(lambda: clients["sns"], topic, notice, lambda text: call.log(text, "warning"))


def stack_of(urn: str) -> str:
    """PROJECT/STACK of a resource's URN (``urn:pulumi:STACK::PROJECT::TYPE::NAME``); else the URN itself."""
    parts = urn.removeprefix("urn:pulumi:").split("::")
    return f"{parts[1]}/{parts[0]}" if len(parts) >= 4 else urn

"""Sends the notice of a failed resource: with author and stack, and warnings in the resource's log."""

from __future__ import annotations

from sluice.author import author_name
from sluice.aws.notice import Notice, publish
from sluice.aws.session import Clients
from sluice.errors import GateError
from sluice.protocol.resource import Call


def failure(call: Call, clients: Clients, topic: str, what: str, image: str, error: GateError) -> None:
    """Notify the topic's subscribers of a failure. Never raises, never takes longer than ten seconds."""
    notice = Notice(what, stack_of(call.urn), image, author_name(), str(error))
    publish(lambda: clients["sns"], topic, notice, lambda text: call.log(text, "warning"))


def stack_of(urn: str) -> str:
    """Return PROJECT/STACK of a URN (``urn:pulumi:STACK::PROJECT::TYPE::NAME``); of any other text the text itself."""
    parts = urn.removeprefix("urn:pulumi:").split("::")
    return f"{parts[1]}/{parts[0]}" if len(parts) >= 4 else urn

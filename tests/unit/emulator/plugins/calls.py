"""Calls of the engine, without an engine: what the plugins' tests hand to a resource."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from sluice.protocol.resource import Call, Severity


@dataclass
class Engine:
    """Collects the log lines of the calls it makes up.

    Attributes:
        lines: (severity, text, ephemeral) of every line so far.
        cancelled: set it, and every wait of the calls must end.
        timeout: seconds of a call that does not say.
    """

    lines: list[tuple[Severity, str, bool]] = field(default_factory=list)
    cancelled: threading.Event = field(default_factory=threading.Event)
    timeout: float = 30

    def call(self, name: str = "thing", preview: bool = False, timeout: float | None = None) -> Call:
        return Call(
            urn=f"urn:pulumi:test::test::test:index:Thing::{name}",
            name=name,
            type="test:index:Thing",
            preview=preview,
            timeout=timeout or self.timeout,
            cancelled=self.cancelled,
            orphaned=lambda: False,
            _log=lambda text, severity, ephemeral: self.lines.append((severity, text, ephemeral)),
        )

    @property
    def text(self) -> str:
        return "\n".join(text for _, text, _ in self.lines)

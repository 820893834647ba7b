"""What a deployer works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gate.clock import Clock
from gate.records import Records


@dataclass(frozen=True)
class Deployer:
    """What the runner works with: AWS clients, the records, time, and a place for lines.

    Attributes:
        log: takes a line, and whether it is only progress (shown in the resource's status column).
    """

    ecs: Any
    logs: Any
    records: Records
    clock: Clock
    log: Callable[[str, bool], None]
    who: str

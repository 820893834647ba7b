"""What a deployer works with."""

from __future__ import annotations

import random
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
        chance: a number from 0 to 1, for pauses that should differ between deployers.
    """

    ecs: Any
    logs: Any
    records: Records
    clock: Clock
    log: Callable[[str, bool], None]
    who: str
    chance: Callable[[], float] = random.random

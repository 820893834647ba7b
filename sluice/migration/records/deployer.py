"""What a deployer works with."""

from __future__ import annotations

import math
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sluice.clock import Clock
from sluice.migration.records.records import Records
from sluice.release.names import Names


@dataclass(frozen=True)
class Deployer:
    """What the runner works with: AWS clients, the records, time, and a place for lines.

    Attributes:
        log: takes a line, and whether it is only progress (shown in the resource's status column).
        chance: a number from 0 to 1, for pauses that should differ between deployers.
        began: when its process began, seconds since the epoch by AWS's clock; infinite: that is not looked at.
        owner: nonce that tells this deployer from every other, also from one of the same user on the same host.
        names: of the image that it deploys, for the records.
    """

    ecs: Any
    logs: Any
    records: Records
    clock: Clock
    log: Callable[[str, bool], None]
    author: str
    chance: Callable[[], float] = random.random
    owner: str = field(default_factory=lambda: secrets.token_hex(8))
    began: float = math.inf
    names: Names = field(default_factory=Names)

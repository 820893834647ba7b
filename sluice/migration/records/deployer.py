"""The context of a deployer: clients, records, clock and log."""

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
    """AWS clients, records, clock and log of one deployer.

    Attributes:
        ecs, logs: boto3 clients.
        records: of the stack.
        clock: AWS's time.
        log: prints a line; the second argument is true for progress only (the resource's status column).
        author: user and host.
        chance: a number from 0 to 1, for pauses that differ between deployers.
        began: when its process began, seconds since the epoch by AWS's clock; infinite: not checked.
        owner: nonce of this deployer; another one of the same user on the same host has another nonce.
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

"""A deployment that another deployer may have just started: its call may still be in flight."""

from __future__ import annotations

from collections.abc import Callable

from sluice.aws.patience import Patience
from sluice.clock import Clock
from sluice.errors import Interrupted
from sluice.release.release_record import RolloutRecord
from sluice.rollout.deployment.judge import created, primary
from sluice.rollout.deployment.service import Service
from sluice.rollout.journal import waiting
from sluice.rollout.revert import POLL_SECONDS

SETTLE_SECONDS = 60.0
"""How long a call of another deployer may be in flight before it counts as never made."""


def await_in_flight(
    before: RolloutRecord, service: Service, patience: Patience, clock: Clock, log: Callable[[str, bool], None]
) -> None:
    """Return when the deployment has arrived, or can no longer arrive.

    Args:
        before: the open record of the other deployer.
        log: takes a line, and whether it is only progress.

    Raises:
        Interrupted: Ctrl-C.
    """
    log(waiting(before, SETTLE_SECONDS), False)
    begun = clock.now()
    while True:
        if clock.halted():
            raise Interrupted("cancelled before the rollout began: the version before keeps serving")
        seen = patience.ask(service.describe)
        now = primary(seen or {}) or {}
        arrived = now.get("taskDefinition") == before.task_definition and created(seen, str(now.get("id"))) >= before.at
        if arrived or clock.now() - begun > SETTLE_SECONDS:
            return
        clock.wait(POLL_SECONDS)

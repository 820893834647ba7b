"""How long the scheduler holds back after tasks that never ran.

AWS, "Service throttle logic" (ECS developer guide): tasks that repeatedly fail before RUNNING are retried ever slower,
up to 15 minutes; those that reached RUNNING are not held back; a new deployment starts afresh. How the waits grow is
not documented: here they double.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from emulator.cloud.settings import shortened

LONGEST_WAIT_SECONDS = 900.0


def back_off(failed_starts: int) -> float:
    """How long the next start waits after so many failed ones, in seconds. AWS tells only its end, 15 minutes."""
    return min(2.0 ** min(failed_starts - 2, 10), LONGEST_WAIT_SECONDS) if failed_starts > 1 else 0.0


@dataclasses.dataclass
class Wait:
    """What the scheduler remembers of one service."""

    deployment: str = ""
    failed_starts: int = 0
    until: float = 0.0

    def begin(self, deployment: str) -> None:
        """Another deployment is PRIMARY."""
        if self.deployment != deployment:
            self.deployment, self.failed_starts, self.until = deployment, 0, 0.0

    def fail(self, task: dict[str, Any], service: dict[str, Any]) -> None:
        """A task of its deployment failed, and counts once."""
        if task.get("_counted"):
            return
        task["_counted"] = True
        for one in service["deployments"]:
            if one["id"] == task.get("_deployment_id"):
                one["failedTasks"] = int(one["failedTasks"]) + 1

    def failed_start(self, now: float) -> None:
        """It never ran: the next one waits twice as long."""
        self.failed_starts += 1
        if self.failed_starts > 1:
            self.until = now + shortened(back_off(self.failed_starts))

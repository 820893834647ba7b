"""Stop the tasks of a step: those that time out, and all of them after Ctrl-C.

IAM: as for sluice.aws.tasks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sluice.aws.patience import Patience
from sluice.aws.tasks import EcsTasks, Place
from sluice.clock import Halt
from sluice.duration import short_time
from sluice.errors import GateError, Interrupted
from sluice.inputs.step import Step
from sluice.migration.records.deployer import Deployer
from sluice.migration.step.shard import Shard
from sluice.migration.step.step_attempts import Attempts
from sluice.migration.step.step_screen import Screen

STOP_SECONDS = 190.0
"""The longest that a stop takes: the highest stopTimeout (120 s), and the removal of the network interface."""
ASK_AGAIN_SECONDS = 20.0
"""Seconds after which StopTask is called again for a task that has not stopped."""
CANCELLED = "Sluice: cancelled by the user"


class ShardStop:
    """Stop the tasks of one step.

    Args:
        until: the deploy's deadline in seconds since the epoch; it also ends a step whose own timeout is later.
    """

    def __init__(
        self,
        to: Deployer,
        step: Step,
        place: Place,
        patience: Patience,
        attempts: Attempts,
        screen: Screen,
        until: float | None,
    ) -> None:
        self._clock = to.clock
        self._step = step
        self._patience = patience
        self._attempts = attempts
        self._screen = screen
        self._until = until
        self._tasks = EcsTasks(to.ecs, place.cluster)
        self._asked = f"asked to stop, and may run up to {place.stop_seconds} s more"

    def out_of_time(self) -> bool:
        """Return whether the deadline of all steps together has passed."""
        return self._until is not None and self._clock.now() >= self._until

    def ends(self, shards: Sequence[Shard]) -> list[float]:
        """Return when the shards that are not being stopped time out, in seconds since the epoch."""
        ends = [
            self._attempts.started_at(shard) + self._step.timeout
            for shard in shards
            if shard.task and not shard.stopping
        ]
        return ends + ([self._until] if self._until is not None else [])

    def expire(self, shards: Sequence[Shard]) -> None:
        """Stop the shards that have timed out.

        Raises:
            GateError: a task did not stop.
            Unknown: AWS did not answer.
        """
        now = self._clock.now()
        for shard in shards:
            if not shard.task or shard.outcome is not None:
                continue
            limit = self._step.timeout
            running = now - self._attempts.started_at(shard)
            if not shard.stopping and (running >= limit or self.out_of_time()):
                shard.stopping = f"timed out after {short_time(min(limit, running))}"
                if running < limit:
                    shard.stopping += ", at the deadline of all steps together"
                self._screen.say(f"{shard.stopping}: stopping the task", shard)
                self._patience.ask(self._tasks.stop, shard.task, f"Sluice: {shard.stopping}")
                shard.stop_asked = shard.changed_at = now
                shard.asked_again = now
            elif shard.stopping and now - shard.stop_asked > STOP_SECONDS:
                # The record stays open, so that the next deployer finds the task before it starts another.
                raise GateError(
                    f"migration step '{self._step.name}' {shard.stopping}, and task {shard.task.rpartition('/')[2]} "
                    f"has not stopped {STOP_SECONDS:.0f} s after ECS was asked to stop it. The service was not "
                    "changed. Check the task in ECS; the next `pulumi up` waits until it has stopped"
                )
            elif shard.stopping and now - shard.asked_again > ASK_AGAIN_SECONDS:
                shard.asked_again = now  # ECS may not have known the task yet
                self._patience.ask(self._tasks.stop, shard.task, f"Sluice: {shard.stopping}")

    def heed_interruption(self, shards: Sequence[Shard]) -> None:
        """Raise Interrupted after Ctrl-C, once the tasks were asked to stop, or when the deployer is dying."""
        halt = self._clock.halted()
        if halt is None:
            return
        live = [shard for shard in shards if shard.task and shard.outcome is None]
        ids = ", ".join(shard.task.rpartition("/")[2] for shard in live)
        if halt is Halt.ABANDON:
            raise Interrupted(
                f"the deployer is gone; left running for the next `pulumi up` to adopt: {ids or 'nothing'}"
            )
        deaf = [shard for shard in live if not self._stop(shard)]
        names = f"tasks {ids} were" if len(live) > 1 else f"task {ids} was"
        stopped = f"{names} {self._asked}" if ids else "no task was running"
        if deaf:
            left = ", ".join(shard.task.rpartition("/")[2] for shard in deaf)
            stopped = f"AWS did not accept the stop of task {left}, which keeps running; all tasks: {ids}"
        raise Interrupted(
            f"migration step '{self._step.name}' was cancelled: {stopped}. The service was not changed. "
            "The next `pulumi up` waits until the task has stopped and runs the step again"
        )

    def _stop(self, shard: Shard) -> bool:
        """Ask ECS to stop one shard. A failure is reported and must not keep the other shards running."""
        try:
            self._patience.ask(self._tasks.stop, shard.task, CANCELLED)
        except (GateError, BotoCoreError, ClientError) as error:
            self._screen.say(f"could not stop the task: {error}", shard)
            return False
        self._screen.say(f"the task was {self._asked}", shard)
        return True


def cancelled_by_us(task: Mapping[str, Any]) -> bool:
    """Return whether a deployer's Ctrl-C stopped the task."""
    return str(task.get("stoppedReason") or "").startswith(CANCELLED)

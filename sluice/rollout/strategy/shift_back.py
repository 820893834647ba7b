"""Rollback after ECS has stopped the old tasks: a deployment of the previous version, continued at its pauses."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from sluice.errors import Interrupted
from sluice.rollout.deployment.judge import State, Version
from sluice.rollout.diagnosis.rollout_failure import RolloutFailed
from sluice.rollout.revert import POLL_SECONDS, Revert
from sluice.rollout.strategy.lifecycle.service_deployment import ServiceDeployment
from sluice.rollout.strategy.shift_watch import ShiftWatch


class ShiftBack(Revert):
    """Rolls a service that shifts traffic back to the previous version."""

    force = None  # UpdateService gets cluster, service and task definition alone

    def complete(self, back: str, previous: Version, text: str, deadline: int, show: Callable[[str], None]) -> NoReturn:
        """Await the deployment *back* and continue its pauses: the previous version was proven when it was released.
        Raises RolloutFailed with *text* and what serves in the end, or Interrupted."""
        name = previous.task_definition.rpartition("/")[2]
        begun = self._clock.now()
        watch = ShiftWatch(self._service, self._patience, self._clock, back, "", begun)
        while True:
            state = watch.observe().judgement.state
            if state is State.COMPLETED:
                raise RolloutFailed(f"{text}\n  {name} serves again.")
            if state is not State.IN_PROGRESS or self._clock.now() - begun > deadline:
                raise RolloutFailed(
                    f"{text}\n  The rollback to {name} did not complete ({state.value}): see the service in ECS now."
                )
            if self._clock.halted():
                raise Interrupted(
                    f"{text}\n  Cancelled during the rollback to {name}, which waits at its next pause: run `sluice "
                    "rollback` to finish it."
                )
            if watch.seen is not None:
                self._let_through(watch.seen)
                show(f"rolling back: {watch.seen.progress()}")
            self._clock.wait(POLL_SECONDS)

    def _let_through(self, seen: ServiceDeployment) -> None:
        if seen.ongoing:
            for pause in seen.pauses:
                self._mover.proceed(seen.arn, pause.hook, forward=False)

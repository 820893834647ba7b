"""Roll back to the previous version: by ECS where it knows the deployment, else by a deployment; await the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NoReturn

from sluice.aws.patience import Patience
from sluice.clock import Clock
from sluice.errors import Interrupted
from sluice.rollout.deployment.deployment_watch import DeploymentWatch
from sluice.rollout.deployment.judge import State, Version, primary, progress
from sluice.rollout.deployment.load_balancers import fitting
from sluice.rollout.deployment.service import Service
from sluice.rollout.deployment.shape import Shape
from sluice.rollout.diagnosis.rollout_failure import RolloutFailed, Witness
from sluice.rollout.mover import Mover

POLL_SECONDS = 1.0


class Revert:
    """Rolls the service back to the previous version. *log* takes a line, and whether it is only progress.

    Attributes:
        force: argument ``forceNewDeployment`` of UpdateService; None: left out.
    """

    force: bool | None = False

    def __init__(
        self,
        service: Service,
        patience: Patience,
        clock: Clock,
        log: Callable[[str, bool], None],
        witness: Witness,
        mover: Mover,
    ) -> None:
        self._service = service
        self._patience = patience
        self._clock = clock
        self._log = log
        self._witness = witness
        self._mover = mover

    def interrupt(self, previous: Version, deployment: str) -> None:
        """Begin to roll back a deployment in progress, without waiting. Raises Superseded.

        StopServiceDeployment restores everything that the deployment changed. ECS refuses it once the deployment has
        ended.
        """
        if not deployment or not self._mover.stop(deployment):
            self.deploy(previous)

    def deploy(self, previous: Version) -> str:
        """Deploy *previous* with its own network and load balancers. Return the deployment's id."""
        seen = self._patience.ask(self._service.describe) or {}
        there = Shape.of(seen, primary(seen) or {})
        had = replace(previous.shape, load_balancers=self._load_balancers(previous, there))
        return self._mover.deploy(seen, previous.task_definition, self.force, had.missing_in(there))

    def _load_balancers(self, previous: Version, there: Shape) -> tuple[Mapping[str, Any], ...]:
        """Return the load balancers that *previous* had; else those that are *there*, at a port of its revision."""
        if previous.shape.load_balancers or not there.load_balancers:
            return previous.shape.load_balancers
        read = self._service.readings.definition
        definition = self._witness.ask([], "task definition", read, previous.task_definition)
        return fitting(there.load_balancers, definition or {})

    def complete(self, back: str, previous: Version, text: str, deadline: int, show: Callable[[str], None]) -> NoReturn:
        """Await the deployment *back*, at most *deadline* seconds.

        Args:
            text: of the error so far; what serves in the end is added.
            show: takes the progress.

        Raises:
            RolloutFailed: always, unless interrupted.
            Interrupted: Ctrl-C; ECS continues.
        """
        name = previous.task_definition.rpartition("/")[2]
        begun = self._clock.now()
        watch = DeploymentWatch(self._service, self._patience, self._clock, back, "", begun)
        while True:
            observed = watch.observe()
            state = observed.judgement.state
            if state is State.COMPLETED:
                raise RolloutFailed(f"{text}\n  {name} serves again.")
            if state is not State.IN_PROGRESS or self._clock.now() - begun > deadline:
                raise RolloutFailed(
                    f"{text}\n  The rollback to {name} did not complete ({state.value}): see the service in ECS now."
                )
            if self._clock.halted():
                raise Interrupted(f"{text}\n  Cancelled during the rollback to {name}, which ECS continues.")
            show(f"rolling back: {progress(observed.service, back)}")
            self._clock.wait(POLL_SECONDS)

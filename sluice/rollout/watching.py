"""A deployment in progress, and what ends it early: Ctrl-C, the deadline, another deployer, a failure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sluice.aws.patience import Patience
from sluice.clock import Clock, Halt
from sluice.duration import short_time
from sluice.errors import GateError, Interrupted
from sluice.rollout.deployment.deployment_watch import DeploymentWatch, Observation
from sluice.rollout.deployment.judge import Judgement, State, Version
from sluice.rollout.deployment.service import Service
from sluice.rollout.diagnosis.rollout_failure import RolloutFailed, Witness
from sluice.rollout.journal import Journal
from sluice.rollout.revert import POLL_SECONDS, Revert

SUSPENDED_SECONDS = 10.0
"""A wait that took so many seconds longer than asked for: the process was suspended."""
PROGRESS_SECONDS = 1.0


class Watcher(Protocol):
    """Observes a deployment."""

    def observe(self) -> Observation: ...


class UnderWay:
    """Watches one rollout's deployment until it completes, fails, or must end early.

    Args:
        deployment: ECS's id.
        previous: the version to roll back to.
        begun: when it was started, seconds since the epoch.
        seconds: deadline of the whole rollout, from *begun*.
        log: takes a line, and whether it is only progress.
        watch: observes the deployment; None: by DescribeServices.
    """

    def __init__(
        self,
        deployment: str,
        previous: Version,
        begun: float,
        seconds: int,
        *,
        service: Service,
        patience: Patience,
        clock: Clock,
        log: Callable[[str, bool], None],
        journal: Journal,
        witness: Witness,
        revert: Revert,
        watch: Watcher | None = None,
    ) -> None:
        self.deployment = deployment
        self.previous = previous
        self.begun = begun
        self.seconds = seconds
        self._clock = clock
        self._log = log
        self._journal = journal
        self._witness = witness
        self._revert = revert
        self._watch: Watcher = watch or DeploymentWatch(
            service, patience, clock, deployment, previous.task_definition, begun
        )
        self._progress_at = 0.0

    def observe(self) -> Observation:
        """Return the state of the deployment, as far as it is believed. Raises Unknown."""
        return self._watch.observe()

    def still_ours(self) -> Mapping[str, Any]:
        """Return the service. Raises RolloutFailed or Superseded when another deployment replaced this one."""
        while (observed := self._watch.observe()).doubted:
            self.heed_interruption()
            self.wait()
        if observed.judgement.state not in (State.COMPLETED, State.IN_PROGRESS, State.FAILED):
            raise self.failure(observed.judgement)
        return observed.service

    def heed_interruption(self) -> None:
        """Return unless the rollout is to end early. Raises Interrupted after the rollback has begun."""
        halt, previous = self._clock.halted(), self.previous
        if halt is Halt.ABANDON:
            raise Interrupted("the deployer is gone; the rollout was left to ECS, the next `pulumi up` judges it")
        if halt is Halt.STOP:
            if not previous:
                first = "" if self._journal.first is False else "this was the first deployment, so "
                raise Interrupted(f"cancelled; {first}there is no version to roll back to")
            self._revert.interrupt(previous, self.deployment)
            raise Interrupted(
                f"cancelled: the service rolls back to {short_name(previous.task_definition)}; "
                "run `pulumi up` to roll out again"
            )

    def fail(self, reason: str) -> None:
        """Begin the rollback, then explain the failure, await the rollback, and raise RolloutFailed."""
        self.still_ours()  # a newer deployment is its own deployer's to undo
        why, previous = Judgement(State.FAILED, reason), self.previous
        if not previous:
            raise RolloutFailed(self._explain(why))
        back = self._revert.deploy(previous)
        self._log(f"{reason}; rolling back to {short_name(previous.task_definition)} with deployment {back}", False)
        text = self._explain(why, returning=True)
        self._revert.complete(back, previous, text, self.seconds, self.show)

    def failure(self, why: Judgement) -> GateError:
        """Return the error for a deployment that ECS ended. It names the deployer that caused it, if any."""
        found = self._journal.taken_over() if why.state in (State.SUPERSEDED, State.ROLLED_BACK) else None
        if found is not None:
            return self._journal.lost(found)
        return RolloutFailed(self._explain(why))

    def late(self) -> bool:
        """Return whether the deadline has passed."""
        return self._clock.now() - self.begun > self.seconds

    def wait(self) -> None:
        """Wait until the next poll. After a suspension, check that the service is still this deployer's."""
        begun = self._clock.now()
        self._clock.wait(POLL_SECONDS)
        if self._clock.now() - begun > SUSPENDED_SECONDS:
            self._journal.check()

    @property
    def due(self) -> bool:
        """Whether the last line of progress is old enough for another one."""
        return self._clock.now() - self._progress_at >= PROGRESS_SECONDS

    def show(self, text: str) -> None:
        """Log a line of progress, when one is due."""
        if self.due:
            self._progress_at = self._clock.now()
            self._log(f"{text}, {short_time(self._progress_at - self.begun)}", True)

    def _explain(self, why: Judgement, returning: bool = False) -> str:
        previous = self.previous.task_definition
        return self._witness.explain(why, self.deployment, previous, returning, self._journal.first)


def short_name(task_definition: str) -> str:
    """``FAMILY:REVISION`` of a revision's ARN."""
    return task_definition.rpartition("/")[2]

"""A deployment that is under way, and what ends it early: Ctrl-C, the deadline, another deployer, a failure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sluice.aws.patience import Patience
from sluice.clock import Clock, Halt
from sluice.duration import short_time
from sluice.errors import GateError, Interrupted
from sluice.rollout.deployment.deployment_watch import DeploymentWatch, Look
from sluice.rollout.deployment.judge import Judgement, State, Version
from sluice.rollout.deployment.service import Service
from sluice.rollout.diagnosis.rollout_failure import RolloutFailed, Witness
from sluice.rollout.journal import Journal
from sluice.rollout.revert import POLL_SECONDS, WayBack

SUSPENDED_SECONDS = 10.0
"""A wait that took so much longer than meant: the process did not run all the time."""
PROGRESS_SECONDS = 1.0


class Watcher(Protocol):
    """What looks at a deployment."""

    def look(self) -> Look: ...


class UnderWay:
    """Of one rollout.

    Args:
        deployment: ECS's id.
        previous: the version to roll back to.
        begun: when it was started, seconds since the epoch.
        seconds: deadline of the whole rollout, from *begun*.
        log: takes a line, and whether it is only progress.
        watch: looks at the deployment; None: by DescribeServices.
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
        way_back: WayBack,
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
        self._way_back = way_back
        self._watch: Watcher = watch or DeploymentWatch(
            service, patience, clock, deployment, previous.task_definition, begun
        )
        self._progress_at = 0.0

    def look(self) -> Look:
        """What became of the deployment, as far as it is believed. Raises Unknown."""
        return self._watch.look()

    def still_ours(self) -> Mapping[str, Any]:
        """The service as it is now. Raises RolloutFailed or Superseded when another deployment took the place of this
        one."""
        while (look := self._watch.look()).doubted:
            self.heed_interruption()
            self.wait()
        if look.judgement.state not in (State.COMPLETED, State.IN_PROGRESS, State.FAILED):
            raise self.failure(look.judgement)
        return look.service

    def heed_interruption(self) -> None:
        """Returns while nobody wants the rollout to end. Raises Interrupted; the service is being rolled back then."""
        halt, previous = self._clock.halted(), self.previous
        if halt is Halt.ABANDON:
            raise Interrupted("the deployer is gone; the rollout was left to ECS, the next `pulumi up` judges it")
        if halt is Halt.STOP:
            if not previous:
                first = "" if self._journal.first is False else "this was the first deployment, so "
                raise Interrupted(f"cancelled; {first}there is no version to roll back to")
            self._way_back.interrupt(previous, self.deployment)
            raise Interrupted(
                f"cancelled: the service goes back to {short_name(previous.task_definition)}; "
                "run `pulumi up` to roll out again"
            )

    def fail(self, reason: str) -> None:
        """Goes back to the previous revision first, then explains, awaits it, and fails. Raises RolloutFailed."""
        self.still_ours()  # a newer deployment of somebody else's is not ours to undo
        why, previous = Judgement(State.FAILED, reason), self.previous
        if not previous:
            raise RolloutFailed(self._explain(why))
        back = self._way_back.deploy(previous)
        self._log(f"{reason}; going back to {short_name(previous.task_definition)} with deployment {back}", False)
        text = self._explain(why, returning=True)
        self._way_back.complete(back, previous, text, self.seconds, self.show)

    def failure(self, why: Judgement) -> GateError:
        """The error for a deployment that ECS ended; one that another deployer has brought about names it."""
        found = self._journal.taken_over() if why.state in (State.SUPERSEDED, State.ROLLED_BACK) else None
        if found is not None:
            return self._journal.lost(found)
        return RolloutFailed(self._explain(why))

    def late(self) -> bool:
        """Whether the deadline has passed."""
        return self._clock.now() - self.begun > self.seconds

    def wait(self) -> None:
        """Until the next look. A process that was suspended meanwhile looks whether the service is still its own."""
        begun = self._clock.now()
        self._clock.wait(POLL_SECONDS)
        if self._clock.now() - begun > SUSPENDED_SECONDS:
            self._journal.check()

    @property
    def due(self) -> bool:
        """Whether the last line of progress is old enough for another one."""
        return self._clock.now() - self._progress_at >= PROGRESS_SECONDS

    def show(self, text: str) -> None:
        """A line of progress, when one is due."""
        if self.due:
            self._progress_at = self._clock.now()
            self._log(f"{text}, {short_time(self._progress_at - self.begun)}", True)

    def _explain(self, why: Judgement, returning: bool = False) -> str:
        previous = self.previous.task_definition
        return self._witness.explain(why, self.deployment, previous, returning, self._journal.first)


def short_name(task_definition: str) -> str:
    """``FAMILY:REVISION`` of a revision's ARN."""
    return task_definition.rpartition("/")[2]

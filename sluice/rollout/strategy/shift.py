"""A deployment that shifts traffic, in progress: what ends it early, and how ECS rolls it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sluice.aws.patience import Patience
from sluice.clock import Clock, Halt
from sluice.errors import GateError, Interrupted
from sluice.rollout.deployment.deployment_watch import DeploymentWatch, Observation
from sluice.rollout.deployment.judge import Judgement, State, Version
from sluice.rollout.deployment.service import Service
from sluice.rollout.diagnosis.rollout_diagnosis import AGAIN, Diagnosis
from sluice.rollout.diagnosis.rollout_failure import RolloutFailed, Witness
from sluice.rollout.journal import Journal
from sluice.rollout.mover import Mover
from sluice.rollout.revert import Revert
from sluice.rollout.strategy.lifecycle.reasons import explained
from sluice.rollout.strategy.lifecycle.service_deployment import ServiceDeployment, percent
from sluice.rollout.strategy.shift_watch import ShiftWatch
from sluice.rollout.watching import UnderWay, short_name

ENDS_SECONDS = 300.0
"""How long the last stage of a deployment may take, in which ECS stops the old tasks."""


class Shift(UnderWay):
    """Of one rollout that shifts traffic. Until ECS has stopped the old tasks, a rollback is ECS's own and instant;
    after that it is a deployment of the previous version.

    Attributes:
        exposed: the largest share of the users that reached the new version, in percent.
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
        mover: Mover,
        name: str,
    ) -> None:
        self.shift_watch = ShiftWatch(service, patience, clock, deployment, previous.task_definition, begun)
        super().__init__(
            deployment,
            previous,
            begun,
            seconds,
            service=service,
            patience=patience,
            clock=clock,
            log=log,
            journal=journal,
            witness=witness,
            revert=revert,
            watch=self.shift_watch,
        )
        self._service = service
        self._patience = patience
        self._mover = mover
        self._name = name
        self._afterwards = DeploymentWatch(service, patience, clock, deployment, previous.task_definition, begun)
        self._waited = 0.0
        self.exposed = 0.0

    @property
    def seen(self) -> ServiceDeployment | None:
        """ECS's last answer about the service deployment."""
        return self.shift_watch.seen

    def observe(self) -> Observation:
        """Return the state of the deployment, as far as it is believed. Raises Unknown."""
        found = super().observe()
        if self.seen is not None:
            self.exposed = max(self.exposed, self.seen.production)
        return found

    def let_in(self, share: float) -> None:
        """Note the percentage of users that may reach the new version from now on: a poll may be too late."""
        self.exposed = max(self.exposed, share)

    def still_ours(self) -> Mapping[str, Any]:
        """Return the service. Raises RolloutFailed or Superseded when the deployment has failed or was replaced."""
        while (observed := self.observe()).doubted:
            self.heed_interruption()
            self.wait()
        if observed.judgement.state is State.COMPLETED:
            return self._still_serving()
        if observed.judgement.state is not State.IN_PROGRESS:
            raise self.failure(observed.judgement)
        return self._patience.ask(self._service.describe) or {}

    def _still_serving(self) -> Mapping[str, Any]:
        """A service deployment that was successful stays so: whether another one followed, DescribeServices says."""
        while (observed := self._afterwards.observe()).doubted:
            self.heed_interruption()
            self.wait()
        if observed.judgement.state in (State.SUPERSEDED, State.ROLLED_BACK, State.GONE):
            raise self.failure(observed.judgement)
        return observed.service

    def heed_interruption(self) -> None:
        """Return unless the rollout is to end early. Raises Interrupted after ECS began to roll back."""
        halt, seen = self._clock.halted(), self.seen
        if halt is Halt.ABANDON:
            raise Interrupted(
                "the deployer is gone; the rollout was left to ECS, which rolls back when its pause times out. A "
                "`pulumi up` before that takes it over"
            )
        if halt is not Halt.STOP:
            return
        if seen is not None and seen.ended:
            raise Interrupted(
                f"cancelled after {self._name} had reached all users: it keeps serving; run `pulumi up` to finish"
            )
        if not self._take_back():
            raise Interrupted(
                "cancelled, but ECS could not be asked to roll back: it rolls back when its pause times out; "
                "`sluice status` shows it"
            )
        old = short_name(self.previous.task_definition) if self.previous else "nothing, as this was the first version"
        raise Interrupted(f"cancelled: ECS rolls back to {old}; run `pulumi up` to roll out again")

    def _take_back(self) -> bool:
        """Have ECS roll back. Raises Superseded."""
        seen = self.seen
        if seen is None:
            return self._mover.stop(self.deployment)
        if seen.returning:
            return True
        return self._mover.roll_back(seen.arn, seen.pauses[0].hook if len(seen.pauses) == 1 else "")

    def fail(self, reason: str, found: Diagnosis | None = None) -> None:
        """Have ECS roll back, then explain the failure, await the rollback, and raise RolloutFailed.

        Args:
            found: cause and fix, where *reason* is more than ECS can say.
        """
        self._witness.found = found
        self.still_ours()  # a newer deployment is its own deployer's to undo
        seen = self.seen
        if seen is None or seen.status == "SUCCESSFUL":
            super().fail(reason)
            return
        asked = self._take_back()
        if not asked and self._completes():
            super().fail(reason)
            return
        old = short_name(self.previous.task_definition) if self.previous else "no version"
        self._log(f"{reason}; ECS rolls back to {old}" if asked else f"{reason}; ECS refused to roll back", False)
        text = self._explain(Judgement(State.FAILED, reason), returning=True)
        raise RolloutFailed(f"{text}\n  {self._returned(asked)}")

    def _completes(self) -> bool:
        """Whether a deployment that ECS does not roll back any more comes to its end soon."""
        begun = self._clock.now()
        while self._clock.now() - begun <= ENDS_SECONDS:
            if self.observe().judgement.state is not State.IN_PROGRESS:
                break
            self.heed_interruption()
            self.wait()
        return self.seen is not None and self.seen.status == "SUCCESSFUL"

    def _returned(self, asked: bool) -> str:
        """Return how the rollback ended, and what users got."""
        begun = self._clock.now()
        while True:
            state = self.observe().judgement.state
            if state is State.ROLLED_BACK or (state is State.FAILED and not self.previous):
                return self._serving()
            if state is not State.IN_PROGRESS or not asked or self._clock.now() - begun > self.seconds:
                told = self.seen.progress() if self.seen is not None else state.value
                return f"The rollback did not end well ({state.value}; {told}): see the service in ECS now."
            if self._clock.halted():
                raise Interrupted("cancelled while ECS rolls back, which goes on without this deployer")
            self.show("ECS rolls back")
            self.wait()

    def _serving(self) -> str:
        users = f"up to {percent(self.exposed)} of users' requests reached" if self.exposed else "no user reached"
        if not self.previous:
            return f"Nothing serves: this was the first deployment; {users} {self._name}."
        again = "serves again" if self.exposed else "keeps serving"
        return f"{short_name(self.previous.task_definition)} {again}; {users} {self._name}."

    def failure(self, why: Judgement) -> GateError:
        """Return the error for a deployment that ECS ended: what its reason means, and what users got."""
        ended = why.state in (State.ROLLED_BACK, State.FAILED)
        answer = self._journal.approval(self.seen.arn) if ended and self.seen is not None else None
        if answer is not None and answer.action == "ROLLBACK":
            why = Judgement(why.state, f"{answer.author} aborted it" + (f": {answer.reason}" if answer.reason else ""))
            cause = f"{answer.author} ended the rollout with `sluice abort`"
            self._witness.found = Diagnosis("aborted", cause, "run `pulumi up` again when this version is wanted")
        if answer is not None and answer.action == "CONTINUE":
            self.let_in(100.0)  # the last poll may have been too late to see it
        if self._witness.found is None and ended and (known := explained(why.reason)) is not None:
            name, advice = known
            fix = advice.remedy if "`pulumi up" in advice.remedy else f"{advice.remedy}; {AGAIN}"
            self._witness.found = Diagnosis(name, advice.cause, fix)
        return super().failure(why)

    def _explain(self, why: Judgement, returning: bool = False) -> str:
        """Of a rollback that ECS has completed, the weights say what serves, and not how many tasks run."""
        rolled_back = why.state is State.ROLLED_BACK and self.seen is not None and self.seen.status != "ROLLBACK_FAILED"
        text = super()._explain(why, returning or rolled_back)
        return f"{text}\n  {self._serving()}" if rolled_back else text

    def late(self) -> bool:
        """Return whether the deadline has passed, without the time of waiting for a person."""
        return self._clock.now() - self.begun - self._waited > self.seconds

    def wait_for_a_person(self) -> None:
        """Wait until the next poll, outside the deadline."""
        begun = self._clock.now()
        self.wait()
        self._waited += self._clock.now() - begun

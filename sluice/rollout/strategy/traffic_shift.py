"""Brings a version to its users pause by pause: ECS shifts the traffic, the gate proves the version and answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from sluice.aws.patience import Unknown
from sluice.clock import Clock
from sluice.duration import short_time
from sluice.errors import GateError, Interrupted, Superseded
from sluice.inputs.strategy import Strategy
from sluice.rollout.deployment.judge import State
from sluice.rollout.diagnosis.rollout_diagnosis import AGAIN, Diagnosis
from sluice.rollout.journal import Journal
from sluice.rollout.mover import Mover
from sluice.rollout.strategy.decision import Action, Known, Meaning, Situation, asks_approval, meaning, next_action
from sluice.rollout.strategy.lifecycle.hooks import own_stages
from sluice.rollout.strategy.lifecycle.service_deployment import Pause, ServiceDeployment, percent
from sluice.rollout.strategy.lifecycle.stages import POST_TEST, PRE_PRODUCTION
from sluice.rollout.strategy.new_version import NewVersion
from sluice.rollout.strategy.shift import Shift
from sluice.rollout.strategy.step_analysis import Comparison
from sluice.rollout.strategy.steps import Steps

LOST_SECONDS = 15.0
"""A pause that still waits so long after it was continued was not: the call is made again."""


class TrafficShift:
    """Of one rollout.

    Args:
        back: to an earlier release, which is wanted quickly: it was proven before, and a person asked for it.
        log: takes a line, and whether it is only progress.
    """

    def __init__(
        self,
        strategy: Strategy,
        shift: Shift,
        version: NewVersion,
        steps: Steps,
        *,
        back: bool,
        clock: Clock,
        journal: Journal,
        mover: Mover,
        log: Callable[[str, bool], None],
    ) -> None:
        self._strategy = strategy
        self._shift = shift
        self._version = version
        self._steps = steps
        self._clock = clock
        self._journal = journal
        self._mover = mover
        self._log = log
        self._approve = "automatic" if back else strategy.approve
        self._analysis = strategy.analysis is not None and not back
        self._known = Known()
        self._answered: dict[str, float] = {}
        self._stage = ""
        self._announced = ""
        self._awaited = ""
        self._approved_at: ServiceDeployment | None = None

    def run(self) -> str:
        """Returns the deep health path that the version has answered, once ECS is done and all users reach it. Raises
        RolloutFailed, Interrupted, Superseded or Unknown."""
        shift = self._shift
        while True:
            shift.heed_interruption()
            observed = shift.observe()
            if observed.judgement.state is State.COMPLETED:
                break
            if observed.judgement.state is not State.IN_PROGRESS:
                raise shift.failure(observed.judgement)
            seen = shift.seen
            if seen is None or observed.doubted:
                shift.wait()
                continue
            self._mark(seen)
            self._name_approval(seen)
            if self._steps.notice(seen):
                self._known = replace(self._known, verdict=None, exhausted=False)
            waits = self._act(seen)
            shift.show(seen.progress() + (", waiting for approval" if waits else ""))
            if shift.late() and not waits:
                shift.fail(*_late(shift.seconds, seen))
            shift.wait_for_a_person() if waits else shift.wait()
        if shift.seen is not None:
            self._mark(shift.seen)
            self._steps.notice(shift.seen)
        if not self._known.proven_for_users:
            self._version.prove_for_users()
        self._version.check_for_users(last=True)
        return self._version.path()

    def _mark(self, seen: ServiceDeployment) -> None:
        """Adds what is new to the timeline."""
        if seen.stage != self._stage and not seen.returning:
            self._stage = seen.stage
            self._journal.moment("stage", seen.stage)
        if seen.production != self._steps.share and not seen.returning:
            self._journal.moment("users", f"{percent(seen.production)} of users")

    def _act(self, seen: ServiceDeployment) -> bool:
        """Does what is to be done now. Returns whether a person is waited for."""
        means = meaning(seen, own_stages(self._strategy))
        if means.situation is Situation.FOREIGN_PAUSE:
            self._name_foreign_pause(seen)
        if means.pause is not None and self._just_answered(means.pause):
            return False
        while True:
            # The commands that answer find a stack by its outputs, which there are after its first `pulumi up`.
            approval = bool(self._shift.previous) and asks_approval(self._strategy.kind, self._approve, seen)
            # The service's first version has no old one to compare with.
            analysis = self._analysis and bool(seen.sources)
            self._known = replace(self._known, approval=approval, analysis=analysis)
            action = next_action(seen, means, self._known)
            if action is Action.CHECK_REVISION:
                self._version.admit(seen)
                self._known = replace(self._known, admitted=True)
            elif action is Action.PROVE:
                self._prove(seen, means)
            elif action is Action.PROVE_FOR_USERS:
                self._version.prove_for_users()
                self._known = replace(self._known, proven_for_users=True)
            elif action is Action.CHECK_FOR_USERS:
                self._version.check_for_users()
                return False
            elif action is Action.ANALYSE and means.pause is not None:
                judged = self._steps.analyse(means.pause, self._version.group(seen))
                if judged is None:
                    return False
                self._known = replace(self._known, verdict=judged[0], exhausted=judged[1])
                if judged[0].comparison is not Comparison.INCONCLUSIVE or judged[1]:
                    self._journal.moment("figures", judged[0].short)
            elif action is Action.ROLL_BACK and self._known.verdict is not None:
                self._shift.fail(*self._steps.complaint(self._known.verdict))
            elif action is Action.CONTINUE and means.pause is not None:
                self._continue(seen, means.pause)
                return False
            elif action is Action.AWAIT_APPROVAL and means.pause is not None:
                self._announce(seen, means.pause)
                self._version.check_waiting()
                return True
            else:
                return False

    def _prove(self, seen: ServiceDeployment, means: Meaning) -> None:
        if means.exposed:
            self._log(
                f"{percent(seen.production)} of users reach {self._version.name}, and this deployer has not proven it "
                "yet: it is asked now",
                False,
            )
        self._version.prove(seen)
        self._known = replace(self._known, proven=True)

    def _announce(self, seen: ServiceDeployment, pause: Pause) -> None:
        """Says, and writes down, that the proofs are done and a person is waited for."""
        if self._announced == pause.hook:
            return
        self._announced = self._awaited = pause.hook
        self._approved_at = seen
        self._journal.awaits_approval(pause.hook)
        self._log(
            f"{self._version.name} waits for approval at {seen.stage}{until(pause)}: `sluice continue` lets users in, "
            "`sluice abort` rolls back; without an answer ECS rolls back",
            False,
        )

    def _name_approval(self, seen: ServiceDeployment) -> None:
        """Says who approved, once the pause that a person was waited for is gone."""
        if not self._awaited or self._awaited in (one.hook for one in seen.pauses) or not seen.ongoing:
            return
        found = self._journal.approval(seen.arn)
        known = found is not None and found.hook == self._awaited
        self._awaited = ""
        author = f"{found.author}{f': {found.reason}' if found.reason else ''}" if found and known else "not recorded"
        self._log(f"approved by {author}", False)
        self._shift.let_in(next_share(self._strategy, self._approved_at or seen))

    def _name_foreign_pause(self, seen: ServiceDeployment) -> None:
        names = ", ".join(f"{one.hook}{until(one)}" for one in seen.pauses)
        if self._announced != names:
            self._announced = names
            self._log(f"warning: a pause at {seen.stage} is not the gate's: {names}; whoever made it answers it", False)

    def _just_answered(self, pause: Pause) -> bool:
        """Whether this deployer has answered the pause, and ECS may not show it yet."""
        answered = self._answered.get(pause.hook)
        return answered is not None and self._clock.now() - answered < LOST_SECONDS

    def _continue(self, seen: ServiceDeployment, pause: Pause) -> None:
        """Raises Superseded, Unknown or RolloutFailed."""
        try:
            continued = self._mover.proceed(seen.arn, pause.hook, forward=True)
        except (Interrupted, Superseded, Unknown):
            raise
        except GateError as error:
            reason = str(error).partition("\n")[0]
            fix = "run `pulumi up` again: it runs the migration steps first"
            self._shift.fail(reason, Diagnosis("schema not proven", reason, fix))
            return
        self._answered[pause.hook] = self._clock.now()
        self._shift.let_in(next_share(self._strategy, seen))
        if continued:
            self._log(f"{seen.stage}: ECS goes on", False)


def _late(seconds: int, seen: ServiceDeployment) -> tuple[str, Diagnosis | None]:
    """Why a rollout ends at its deadline, and what to do where its version is not the reason."""
    reason = f"not completed within the deadline of {short_time(seconds)}: {seen.progress()}"
    if not seen.exposed:
        return reason, None
    return reason, Diagnosis(
        "deadline",
        "the steps, their analyses and the bake time took longer than service.deadline",
        f"raise service.deadline, or lower service.stepMinutes or service.bakeMinutes; {AGAIN}",
    )


def next_share(strategy: Strategy, seen: ServiceDeployment) -> float:
    """The share of the users, in percent, that reach the new version once this pause is continued."""
    if seen.stage == POST_TEST and not strategy.steps:
        return 100.0
    if seen.stage != PRE_PRODUCTION:
        return seen.production
    if strategy.kind == "canary":
        return 100.0 if seen.production else strategy.step_percent
    return min(100.0, seen.production + strategy.step_percent)


def until(pause: Pause) -> str:
    """When a pause ends by itself, as the rest of a sentence; empty when ECS does not say."""
    if not pause.expires:
        return ""
    return datetime.fromtimestamp(pause.expires, UTC).strftime(" until %Y-%m-%d %H:%M:%S UTC")

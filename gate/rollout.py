"""Brings a revision to the users and proves it: deploy, watch that deployment, check targets, ask it, or go back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from gate.clock import Clock, Halt
from gate.compatibility import OldVersion, Soak, soak
from gate.errors import GateError, Interrupted
from gate.evidence import event_ids
from gate.explain import short_time
from gate.in_use import InUse
from gate.journal import Journal
from gate.judge import (
    Impossible,
    Judgement,
    State,
    Version,
    Watch,
    created,
    judge,
    next_step,
    primary,
    progress,
    serving,
)
from gate.patience import Patience, Unknown
from gate.release_record import ReleaseRecords
from gate.rollout_failure import Answered, RolloutFailed, Witness
from gate.service import Service
from gate.shape import Shape
from gate.smoke import Answer, Ask, Smoke, complaint
from gate.way_back import LISTED_SECONDS, POLL_SECONDS, WayBack, lists

PROGRESS_SECONDS = 1.0
SMOKE_PAUSE_SECONDS = 1.0


@dataclass(frozen=True)
class Wanted:
    """What is to be rolled out.

    Attributes:
        task_definition: revision ARN.
        previous: revision that the engine remembers as served before; used when ECS no longer lists it.
        deadline: seconds for the whole rollout.
        target_groups: ARNs whose targets must be healthy.
        shape: the service's network, platform version and load balancers; ECS' going back takes them back too.
        soak: how the version that serves must first prove that it can live with the new schema; None: not at all.
        digest: ``repository@sha256:…``, for the records.
    """

    task_definition: str
    previous: str
    deadline: int
    target_groups: tuple[str, ...]
    smoke: Smoke | None
    shape: Shape | None = None
    soak: Soak | None = None
    digest: str = ""


@dataclass(frozen=True)
class Done:
    """A proven rollout; *completed_at* in seconds since the epoch."""

    deployment: str
    previous: str
    completed_at: int


class Rollout:
    """One rollout.

    Args:
        service: the service to deploy to.
        log: takes a line, and whether it is only progress.
        ask: sends the smoke request.
        records: where the rollout under way and the proven ones are written down; None: nowhere.
        in_use: says in the registry what runs; None: nobody needs to know.
    """

    def __init__(
        self,
        service: Service,
        wanted: Wanted,
        clock: Clock,
        log: Callable[[str, bool], None],
        ask: Ask,
        records: ReleaseRecords | None = None,
        in_use: InUse | None = None,
    ) -> None:
        self._service = service
        self._wanted = wanted
        self._clock = clock
        self._log = log
        self._ask = ask
        self._patience = Patience(clock, "watching the rollout")
        self._begun = clock.now()
        self._progress_at = 0.0
        self._witness = Witness(service, self._patience, wanted.task_definition, wanted.target_groups, self._begun)
        self._way_back = WayBack(service, self._patience, clock, log, self._witness)
        self._journal = Journal(records, self._patience, log, wanted.digest, wanted.task_definition)
        self._in_use = in_use

    def run(self) -> Done:
        """Rolls out and returns once the version is proven. Raises RolloutFailed, Incompatible, Interrupted or
        Unknown."""
        try:
            done = self._run()
        except (Interrupted, Unknown):
            raise  # no verdict: whoever comes next needs to know what was under way
        except GateError:
            self._journal.close()
            raise
        self._journal.proven(done.deployment, done.completed_at)
        self._mark_proven()
        return done

    def _run(self) -> Done:
        wanted = self._wanted
        seen = self._patience.ask(self._service.describe)
        step = next_step(seen, wanted.task_definition, wanted.shape)
        if isinstance(step, Impossible):
            raise RolloutFailed(f"the service cannot be deployed to: {step.reason}")
        if self._in_use is not None:  # before ECS starts any task of it
            self._patience.ask(self._in_use.begin, wanted.digest)
        previous = self._journal.previous(serving(seen, wanted.task_definition, wanted.shape), wanted.previous)
        if self._clock.halted():
            raise Interrupted("cancelled before the rollout began: the version before keeps serving")
        if isinstance(step, Watch):
            deployment = step.deployment
            self._journal.adopted()
            self._witness.since = created(seen, deployment) or self._witness.since
            self._log(
                f"deployment {deployment} of {_short(wanted.task_definition)} is there already: watching it", False
            )
        else:
            self._soak(seen, previous)
            self._warn_of_alarms(seen)
            # Read again: the soak took its time, and only the events from here on are this deployment's.
            self._witness.known_events = event_ids(self._patience.ask(self._service.describe))
            self._begun = self._witness.since = self._clock.now()
            self._journal.begin(previous, round(self._begun))
            deployment = self._patience.ask(
                self._service.deploy, wanted.task_definition, step.force, dict(step.changes)
            )
            before = f", {_short(previous.task_definition)} served before" if previous else ""
            self._log(f"deployment {deployment} of {_short(wanted.task_definition)} started{before}", False)
            self._journal.started(deployment)
        self._watch(deployment, previous)
        self._check_targets(deployment, previous)
        self._check_smoke(deployment, previous)
        # Somebody may have deployed while the targets and the answer were awaited.
        self._still_ours(deployment, previous)
        taken = short_time(self._clock.now() - self._begun)
        self._log(f"{_short(wanted.task_definition)} serves and is healthy, after {taken}", False)
        return Done(deployment, previous.task_definition, round(self._clock.now()))

    # -- before

    def _soak(self, seen: dict[str, Any] | None, previous: Version) -> None:
        """The version that serves, on the new schema; not when it is the wanted one, or ill without a schema's help."""
        wanted = self._wanted
        if not wanted.soak or not previous or previous.task_definition == wanted.task_definition:
            return
        now = primary(seen or {}) or {}
        if now.get("taskDefinition") != previous.task_definition:
            return  # another rollout goes on, or has failed: what serves now is a mixture
        old = OldVersion(self._service, self._patience, wanted.target_groups, now)
        soak(
            wanted.soak, _short(previous.task_definition), self._clock, self._log, self._ask, old.targets, old.replaced
        )

    def _warn_of_alarms(self, seen: dict[str, Any] | None) -> None:
        ringing = self._witness.ask([], "alarms", self._service.ringing, seen)
        if ringing:
            self._log(f"warning: {', '.join(ringing)} is in ALARM already: ECS ignores it for this deployment", False)

    def _mark_proven(self) -> None:
        """What is done is not undone by a tag: until the next rollout a few images more than needed are kept."""
        if self._in_use is None:
            return
        try:
            self._patience.ask(self._in_use.proven, self._wanted.digest)
        except (GateError, BotoCoreError, ClientError) as error:
            self._log(f"warning: the image's tags in ECR still say what served before: {error}", False)

    # -- the three proofs

    def _watch(self, deployment: str, previous: Version) -> None:
        listed = False
        while True:
            self._heed_interruption(previous)
            seen = self._patience.ask(self._service.describe)
            listed = listed or lists(seen, deployment)
            judgement = judge(seen, deployment, previous.task_definition)
            if not listed and self._clock.now() - self._begun < LISTED_SECONDS:
                # ECS is eventually consistent: an answer from before the deployment says nothing about it.
                self._clock.wait(POLL_SECONDS)
                continue
            if judgement.state is State.COMPLETED:
                return
            if judgement.state is not State.IN_PROGRESS:
                raise RolloutFailed(self._explain(judgement, deployment, previous))
            if self._due():
                self._show(progress(seen or {}, deployment, self._healthy()))
            if self._late():
                why = Judgement(
                    State.FAILED, f"not completed within the deadline of {short_time(self._wanted.deadline)}"
                )
                self._fail_and_return(why, deployment, previous)
            self._clock.wait(POLL_SECONDS)

    def _check_targets(self, deployment: str, previous: Version) -> None:
        """COMPLETED counts tasks; users are served by targets. Every one must be healthy."""
        for group in self._wanted.target_groups:
            while True:
                self._heed_interruption(previous)
                seen = self._still_ours(deployment, previous)
                wanted = int(seen.get("desiredCount", 0))
                state = self._patience.ask(self._service.targets, group)
                if int(seen.get("runningCount", 0)) >= wanted and state.all_healthy(at_least=max(1, wanted)):
                    break
                self._show(f"targets: {state}")
                if self._late():
                    why = Judgement(State.FAILED, f"targets are not healthy within the deadline: {state}")
                    self._fail_and_return(why, deployment, previous)
                self._clock.wait(POLL_SECONDS)

    def _check_smoke(self, deployment: str, previous: Version) -> None:
        smoke = self._wanted.smoke
        if smoke is None:
            return
        right = bad = 0
        while right < smoke.answers:
            self._heed_interruption(previous)
            answer: Answer = self._ask(smoke.url, smoke.timeout)
            wrong = complaint(smoke, answer)
            if not wrong:
                right += 1
                continue
            right, bad = 0, bad + 1
            if bad >= smoke.attempts:
                self._witness.answered = Answered(smoke, answer)
                self._fail_and_return(Judgement(State.FAILED, f"smoke request: {wrong}"), deployment, previous)
            self._clock.wait(SMOKE_PAUSE_SECONDS)
        self._log(f"GET {smoke.url} answered {answer.status}, {smoke.answers} times in a row", False)

    # -- when it does not end well

    def _late(self) -> bool:
        return self._clock.now() - self._begun > self._wanted.deadline

    def _heed_interruption(self, previous: Version) -> None:
        halt = self._clock.halted()
        if halt is Halt.ABANDON:
            raise Interrupted("the deployer is gone; the rollout was left to ECS, the next `pulumi up` judges it")
        if halt is Halt.STOP:
            if not previous:
                raise Interrupted("cancelled; this was the first deployment, so there is no version to go back to")
            self._way_back.interrupt(previous)
            raise Interrupted(
                f"cancelled: the service goes back to {_short(previous.task_definition)}; "
                "run `pulumi up` to roll out again"
            )

    def _fail_and_return(self, why: Judgement, deployment: str, previous: Version) -> None:
        """Goes back to the previous revision first, then explains, awaits it, and fails."""
        self._still_ours(deployment, previous)  # a newer deployment of somebody else's is not ours to undo
        if not previous:
            raise RolloutFailed(self._explain(why, deployment, previous))
        back = self._way_back.deploy(previous)
        self._log(f"{why.reason}; going back to {_short(previous.task_definition)} with deployment {back}", False)
        text = self._explain(why, deployment, previous, returning=True)
        self._way_back.complete(back, previous, text, self._wanted.deadline, self._show)

    def _still_ours(self, deployment: str, previous: Version) -> dict[str, Any]:
        """The service as it is now. Raises RolloutFailed when another deployment took the place of this one."""
        seen = self._patience.ask(self._service.describe)
        judgement = judge(seen, deployment, previous.task_definition)
        if judgement.state not in (State.COMPLETED, State.IN_PROGRESS, State.FAILED):
            raise RolloutFailed(self._explain(judgement, deployment, previous))
        return seen or {}

    def _explain(self, why: Judgement, deployment: str, previous: Version, returning: bool = False) -> str:
        return self._witness.explain(why, deployment, previous.task_definition, returning)

    def _healthy(self) -> int | None:
        """How many targets are healthy; None when there are none to ask, or nobody answers."""
        groups = self._wanted.target_groups
        states = [self._witness.ask([], "targets", self._service.targets, group) for group in groups]
        known = [state.states.get("healthy", 0) for state in states if state is not None]
        return min(known) if known else None

    def _due(self) -> bool:
        return self._clock.now() - self._progress_at >= PROGRESS_SECONDS

    def _show(self, text: str) -> None:
        if self._due():
            self._progress_at = self._clock.now()
            self._log(f"{text}, {short_time(self._progress_at - self._begun)}", True)


def _short(task_definition: str) -> str:
    return task_definition.rpartition("/")[2]

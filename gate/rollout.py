"""Brings a revision to the users and proves it: deploy, watch that deployment, check targets, ask it, or go back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from gate.clock import Clock, Halt
from gate.compatibility import OldVersion, soak
from gate.deployment_watch import DeploymentWatch
from gate.digest import short
from gate.errors import GateError, Interrupted, Superseded
from gate.evidence import event_ids
from gate.explain import short_time
from gate.in_use import InUse
from gate.journal import Journal, waiting
from gate.judge import (
    Deploy,
    Impossible,
    Judgement,
    State,
    Version,
    Watch,
    created,
    next_step,
    primary,
    progress,
    serving,
)
from gate.mover import Mover
from gate.observation import CONFIRM_SECONDS, GONE_SECONDS, Confirmation
from gate.patience import Patience, Unknown
from gate.records import Records
from gate.release_record import ReleaseRecords, RolloutRecord
from gate.rollout_failure import RolloutFailed, Witness
from gate.service import Service
from gate.smoke import Answer, Ask, complaint
from gate.smoke_diagnosis import Answered
from gate.wanted import Wanted
from gate.way_back import POLL_SECONDS, WayBack
from gate.who import Identity, identity

SETTLE_SECONDS = 60.0
"""How long a call of another deployer may be on its way before it counts as never made."""
SUSPENDED_SECONDS = 10.0
"""A wait that took so much longer than meant: the process did not run all the time."""
PROGRESS_SECONDS = 1.0
SMOKE_PAUSE_SECONDS = 1.0


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
        records: where this rollout and the proven ones are written down; None: nowhere, so nothing is fenced.
        in_use: says in the registry what runs; None: nobody needs to know.
        runs: the stack's runs, looked at for those since *wanted.proof*.
        me: this deployer.
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
        runs: Records | None = None,
        me: Identity | None = None,
    ) -> None:
        self._service = service
        self._wanted = wanted
        self._clock = clock
        self._log = log
        self._ask = ask
        self._patience = Patience(clock, "watching the rollout")
        self._begun = clock.now()
        self._progress_at = 0.0
        self._witness = Witness(service, self._patience, wanted.task_definition, wanted.target_groups)
        self._journal = Journal(records, self._patience, log, wanted, me or identity(), runs)
        self._mover = Mover(service, self._patience, clock, self._journal, log)
        self._way_back = WayBack(service, self._patience, clock, log, self._witness, self._mover)
        self._in_use = in_use

    def run(self) -> Done:
        """Rolls out and returns once the version is proven.

        Raises:
            RolloutFailed: the version is not what users get, or is not proven.
            Incompatible: the version that serves cannot live with the new schema.
            Interrupted: Ctrl-C, or the deployer is dying.
            Superseded: another deployer took the service over; nothing more was moved.
            Unknown: AWS cannot be asked any more.
            GateError: the schema may have been changed since it was proven.
        """
        try:
            done = self._run()
            self._journal.proven(done.deployment, done.completed_at)
        except (Superseded, Unknown):
            raise  # no verdict of this deployer's: whoever comes next needs to know what was under way
        except Interrupted as interruption:
            self._journal.end("cancelled", _first_line(interruption))
            raise
        except GateError as failure:
            self._journal.end("failed", _first_line(failure))
            raise
        self._mark_proven()
        return done

    def _run(self) -> Done:
        wanted, journal = self._wanted, self._journal
        seen, step = self._first_look()
        journal.open()
        previous = journal.previous(serving(seen, wanted.task_definition, wanted.shape), wanted.previous)
        if self._clock.halted():
            raise Interrupted("cancelled before the rollout began: the version before keeps serving")
        journal.claim(previous, self._clock.now())
        if journal.unsettled and journal.before is not None:
            self._settle(journal.before)
            seen, step = self._first_look()
        if self._in_use is not None:  # before ECS starts any task of it
            self._patience.ask(self._in_use.begin, wanted.digest)
        if isinstance(step, Watch):
            deployment = step.deployment
            journal.started(deployment)
            self._log(
                f"deployment {deployment} of {_short(wanted.task_definition)} is there already: watching it", False
            )
        else:
            deployment = self._deploy(step, seen, previous)
        self._begin_watch(deployment, previous)
        self._watch_to_its_end(deployment, previous)
        self._check_targets(deployment, previous)
        self._check_smoke(deployment, previous)
        # Somebody may have deployed while the targets and the answer were awaited.
        self._still_ours(deployment, previous)
        taken = short_time(self._clock.now() - self._begun)
        self._log(f"{_short(wanted.task_definition)} serves and is healthy, after {taken}", False)
        return Done(deployment, previous.task_definition, round(self._clock.now()))

    def _first_look(self) -> tuple[dict[str, Any] | None, Watch | Deploy]:
        """The service, and what brings the version to it. Raises RolloutFailed when there is none to deploy to, which
        one answer does not prove."""
        doubt = Confirmation()
        while True:
            seen = self._patience.ask(self._service.describe)
            step = next_step(seen, self._wanted.task_definition, self._wanted.shape)
            if not isinstance(step, Impossible):
                return seen, step
            seconds = GONE_SECONDS if seen is None else CONFIRM_SECONDS
            if doubt.confirmed(step.reason, self._clock.now(), seconds):
                raise RolloutFailed(f"the service cannot be deployed to: {step.reason}")
            if self._clock.halted():
                raise Interrupted("cancelled before the rollout began: the version before keeps serving")
            self._clock.wait(POLL_SECONDS)

    def _deploy(self, step: Deploy, seen: dict[str, Any] | None, previous: Version) -> str:
        wanted = self._wanted
        self._soak(seen, previous)
        self._warn_of_alarms(seen)
        # Read again: the soak took its time, and only the events from here on are this deployment's.
        seen = self._patience.ask(self._service.describe)
        self._witness.known_events = event_ids(seen)
        self._begun = self._clock.now()
        deployment = self._mover.deploy(seen, wanted.task_definition, step.force, dict(step.changes), forward=True)
        before = f", {_short(previous.task_definition)} served before" if previous else ""
        self._log(f"deployment {deployment} of {_short(wanted.task_definition)} started{before}", False)
        self._journal.started(deployment)
        return deployment

    def _begin_watch(self, deployment: str, previous: Version) -> None:
        self._watch = DeploymentWatch(
            self._service, self._patience, self._clock, deployment, previous.task_definition, self._begun
        )

    def _settle(self, before: RolloutRecord) -> None:
        """Waits for a call of another deployer that may be on its way."""
        self._log(waiting(before, SETTLE_SECONDS), False)
        begun = self._clock.now()
        while True:
            if self._clock.halted():
                raise Interrupted("cancelled before the rollout began: the version before keeps serving")
            seen = self._patience.ask(self._service.describe)
            now = primary(seen or {}) or {}
            arrived = (
                now.get("taskDefinition") == before.task_definition and created(seen, str(now.get("id"))) >= before.at
            )
            if arrived or self._clock.now() - begun > SETTLE_SECONDS:
                return
            self._clock.wait(POLL_SECONDS)

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
            wanted.soak,
            _short(previous.task_definition),
            self._clock,
            self._log,
            self._ask,
            old.targets,
            old.replaced,
            short(wanted.digest),
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

    def _watch_to_its_end(self, deployment: str, previous: Version) -> None:
        while True:
            self._heed_interruption(previous, deployment)
            look = self._watch.look()
            if look.judgement.state is State.COMPLETED:
                return
            if look.judgement.state is not State.IN_PROGRESS:
                raise self._failed(look.judgement, deployment, previous)
            if self._due() and not look.doubted:
                self._show(progress(look.service, deployment, self._healthy()))
            if self._late() and not look.doubted:
                why = Judgement(
                    State.FAILED, f"not completed within the deadline of {short_time(self._wanted.deadline)}"
                )
                self._fail_and_return(why, deployment, previous)
            self._wait()

    def _wait(self) -> None:
        """Until the next look. A process that was suspended meanwhile looks whether the service is still its own."""
        begun = self._clock.now()
        self._clock.wait(POLL_SECONDS)
        if self._clock.now() - begun > SUSPENDED_SECONDS:
            self._journal.check()

    def _check_targets(self, deployment: str, previous: Version) -> None:
        """COMPLETED counts tasks; users are served by targets. Every one must be healthy."""
        for group in self._wanted.target_groups:
            while True:
                self._heed_interruption(previous, deployment)
                seen = self._still_ours(deployment, previous)
                wanted = int(seen.get("desiredCount", 0))
                state = self._patience.ask(self._service.targets, group)
                if int(seen.get("runningCount", 0)) >= wanted and state.all_healthy(at_least=max(1, wanted)):
                    break
                self._show(f"targets: {state}")
                if self._late():
                    why = Judgement(State.FAILED, f"targets are not healthy within the deadline: {state}")
                    self._fail_and_return(why, deployment, previous)
                self._wait()

    def _check_smoke(self, deployment: str, previous: Version) -> None:
        smoke = self._wanted.smoke
        if smoke is None:
            return
        right = bad = 0
        while right < smoke.answers:
            self._heed_interruption(previous, deployment)
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

    def _heed_interruption(self, previous: Version, deployment: str) -> None:
        halt = self._clock.halted()
        if halt is Halt.ABANDON:
            raise Interrupted("the deployer is gone; the rollout was left to ECS, the next `pulumi up` judges it")
        if halt is Halt.STOP:
            if not previous:
                first = "" if self._journal.first is False else "this was the first deployment, so "
                raise Interrupted(f"cancelled; {first}there is no version to roll back to")
            self._way_back.interrupt(previous, deployment)
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

    def _still_ours(self, deployment: str, previous: Version) -> Mapping[str, Any]:
        """The service as it is now. Raises RolloutFailed or Superseded when another deployment took the place of this
        one."""
        while (look := self._watch.look()).doubted:
            self._heed_interruption(previous, deployment)
            self._wait()
        if look.judgement.state not in (State.COMPLETED, State.IN_PROGRESS, State.FAILED):
            raise self._failed(look.judgement, deployment, previous)
        return look.service

    def _failed(self, why: Judgement, deployment: str, previous: Version) -> GateError:
        """The failure; one that another deployer has brought about names it."""
        found = self._journal.taken_over() if why.state in (State.SUPERSEDED, State.ROLLED_BACK) else None
        if found is not None:
            return self._journal.lost(found)
        return RolloutFailed(self._explain(why, deployment, previous))

    def _explain(self, why: Judgement, deployment: str, previous: Version, returning: bool = False) -> str:
        return self._witness.explain(why, deployment, previous.task_definition, returning, self._journal.first)

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


def _first_line(error: GateError) -> str:
    return str(error).partition("\n")[0]

"""Brings a revision to the users and proves it: deploy, watch that deployment, check targets, ask it, or go back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sluice.author import Identity, identity
from sluice.aws.observation import CONFIRM_SECONDS, GONE_SECONDS, Confirmation
from sluice.aws.patience import Patience, Unknown
from sluice.clock import Clock
from sluice.duration import short_time
from sluice.errors import GateError, Interrupted, Superseded
from sluice.inputs.strategy import Strategy
from sluice.migration.records.records import Records
from sluice.release.approval import Approvals
from sluice.release.in_use import InUse
from sluice.release.release_record import ReleaseRecords, RolloutRecord
from sluice.rollout.deployment.http_answer import Ask
from sluice.rollout.deployment.judge import Deploy, Version, Watch, created, next_step, primary, serving
from sluice.rollout.deployment.service import Service
from sluice.rollout.diagnosis.evidence import event_ids
from sluice.rollout.diagnosis.rollout_failure import RolloutFailed, Witness
from sluice.rollout.journal import Journal, waiting
from sluice.rollout.mover import Mover
from sluice.rollout.proof.question import Question, directly
from sluice.rollout.proof.soak_before import SoakBefore
from sluice.rollout.proofs import Proofs
from sluice.rollout.request import Wanted
from sluice.rollout.revert import POLL_SECONDS, WayBack
from sluice.rollout.strategy.on_test_traffic import OnTestTraffic
from sluice.rollout.strategy.readiness import Await, Step, Undo
from sluice.rollout.strategy.shift_back import ShiftBack
from sluice.rollout.strategy.shifting import Shifting
from sluice.rollout.unwired import check_unwiring
from sluice.rollout.watching import UnderWay, short_name

SETTLE_SECONDS = 60.0
"""How long a call of another deployer may be on its way before it counts as never made."""


@dataclass(frozen=True)
class Done:
    """A proven rollout.

    Attributes:
        completed_at: seconds since the epoch.
        path: deep health path that the version answered with 200; empty: none.
    """

    deployment: str
    previous: str
    completed_at: int
    path: str = ""


class Rollout:
    """One rollout.

    Args:
        service: the service to deploy to.
        log: takes a line, and whether it is only progress.
        ask: sends a request from here.
        records: where this rollout and the proven ones are written down; None: nowhere, so nothing is fenced.
        in_use: says in the registry what runs; None: nobody needs to know.
        runs: the stack's runs, looked at for those since *wanted.proof*.
        me: this deployer.
        question: asks in place of *ask*, from elsewhere; None: nobody does.
        traffic: who asks the new version on test traffic; needed where *wanted* has a strategy.
        approvals: what people answer to a pause; None: it is not written down.
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
        question: Question | None = None,
        traffic: OnTestTraffic | None = None,
        approvals: Approvals | None = None,
    ) -> None:
        self._service = service
        self._wanted = wanted
        self._clock = clock
        self._log = log
        self._question = question or directly(ask)
        self._patience = Patience(clock, "watching the rollout")
        self._begun = clock.now()
        self._witness = Witness(service, self._patience, wanted.task_definition, wanted.target_groups)
        self._journal = Journal(records, self._patience, log, wanted, me or identity(), runs, approvals)
        self._mover = Mover(service, self._patience, clock, self._journal, log)
        back = ShiftBack if wanted.strategy else WayBack
        self._way_back = back(service, self._patience, clock, log, self._witness, self._mover)
        self._soak = SoakBefore(wanted, self._journal, service, self._patience, clock, self._question, log)
        self._in_use = in_use
        self._shifting = self._shifted(wanted.strategy, traffic) if wanted.strategy else None

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
            self._journal.proven(done.deployment, done.completed_at, done.path)
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
        while isinstance(step, Undo):
            self._undo(step)
            seen, step = self._first_look()
        if self._in_use is not None:  # before ECS starts any task of it
            self._patience.ask(self._in_use.begin, wanted.digest)
        if isinstance(step, Watch):
            deployment = step.deployment
            journal.started(deployment)
            self._log(
                f"deployment {deployment} of {short_name(wanted.task_definition)} is there already: watching it", False
            )
        else:
            deployment = self._deploy(step, seen, previous)
        under_way: UnderWay
        if self._shifting is not None:
            under_way = shift = self._shifting.under_way(deployment, previous, self._begun)
            path = self._shifting.prove(shift)
        else:
            under_way = self._under_way(deployment, previous)
            path = self._prove(under_way)
        # Somebody may have deployed while the targets and the answer were awaited.
        under_way.still_ours()
        taken = short_time(self._clock.now() - self._begun)
        self._log(f"{short_name(wanted.task_definition)} serves and is healthy, after {taken}", False)
        return Done(deployment, previous.task_definition, round(self._clock.now()), path)

    def _under_way(self, deployment: str, previous: Version) -> UnderWay:
        return UnderWay(
            deployment,
            previous,
            self._begun,
            self._wanted.deadline,
            service=self._service,
            patience=self._patience,
            clock=self._clock,
            log=self._log,
            journal=self._journal,
            witness=self._witness,
            way_back=self._way_back,
        )

    def _prove(self, under_way: UnderWay) -> str:
        """Returns the deep health path that the version has answered; empty: none. Raises RolloutFailed and others."""
        proofs = Proofs(
            under_way,
            self._wanted.target_groups,
            service=self._service,
            patience=self._patience,
            clock=self._clock,
            witness=self._witness,
            question=self._question,
            log=self._log,
        )
        proofs.completed()
        proofs.targets()
        if self._wanted.smoke is not None:
            proofs.answers(self._wanted.smoke)
        return proofs.path(self._wanted.smoke, self._wanted.soak)

    def _shifted(self, strategy: Strategy, traffic: OnTestTraffic | None) -> Shifting:
        if traffic is None:
            raise ValueError("a rollout with a strategy needs somebody who asks on test traffic")
        return Shifting(
            strategy,
            traffic,
            self._wanted,
            service=self._service,
            patience=self._patience,
            clock=self._clock,
            log=self._log,
            journal=self._journal,
            witness=self._witness,
            mover=self._mover,
            way_back=self._way_back,
            question=self._question,
        )

    def _next_step(self, seen: dict[str, Any] | None) -> Step:
        if self._shifting is not None:
            return self._shifting.next_step(seen)
        return next_step(seen, self._wanted.task_definition, self._wanted.shape)

    def _undo(self, step: Undo) -> None:
        """Has ECS roll back what users reach of an earlier rollout. Raises RolloutFailed when that takes too long."""
        if self._clock.now() - self._begun > self._wanted.deadline:
            raise RolloutFailed(f"the service cannot be deployed to: {step.reason}, and ECS does not roll it back")
        if self._shifting is not None:
            self._shifting.undo(step)
        self._clock.wait(POLL_SECONDS)

    def _first_look(self) -> tuple[dict[str, Any] | None, Watch | Deploy | Undo]:
        """The service, and what brings the version to it. Raises RolloutFailed when there is none to deploy to, which
        one answer does not prove."""
        doubt = Confirmation()
        while True:
            seen = self._patience.ask(self._service.describe)
            step = self._next_step(seen)
            if isinstance(step, Watch | Deploy | Undo):
                return seen, step
            seconds = GONE_SECONDS if seen is None else CONFIRM_SECONDS
            if isinstance(step, Await):
                self._log(f"waiting: {step.reason}", True)
                seconds = float(self._wanted.deadline)
            if doubt.confirmed(step.reason, self._clock.now(), seconds):
                raise RolloutFailed(f"the service cannot be deployed to: {step.reason}")
            if self._clock.halted():
                raise Interrupted("cancelled before the rollout began: the version before keeps serving")
            self._clock.wait(POLL_SECONDS)

    def _deploy(self, step: Deploy, seen: dict[str, Any] | None, previous: Version) -> str:
        wanted = self._wanted
        self._journal.moment("stage", "before the deployment")
        self._soak.run(seen, previous)
        if ringing := self._witness.ask([], "alarms", self._service.ringing, seen):
            self._log(f"warning: {', '.join(ringing)} is in ALARM already: ECS ignores it for this deployment", False)
        if self._shifting is None:
            name = short_name(wanted.task_definition)
            check_unwiring(self._service, self._patience, seen, step.changes, name)
        elif previous:
            self._shifting.check_weights(seen)
        # Read again: the soak took its time, and only the events from here on are this deployment's.
        seen = self._patience.ask(self._service.describe)
        self._witness.known_events = event_ids(seen)
        self._begun = self._clock.now()
        # Where ECS shifts traffic, UpdateService gets nothing that it does not need: it refuses many other arguments.
        force = step.force or (None if self._shifting is not None else False)
        deployment = self._mover.deploy(seen, wanted.task_definition, force, dict(step.changes), forward=True)
        before = f", {short_name(previous.task_definition)} served before" if previous else ""
        self._log(f"deployment {deployment} of {short_name(wanted.task_definition)} started{before}", False)
        self._journal.moment("stage", "deployment")
        self._journal.started(deployment)
        return deployment

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

    def _mark_proven(self) -> None:
        """What is done is not undone by a tag: until the next rollout a few images more than needed are kept."""
        if self._in_use is None:
            return
        try:
            self._patience.ask(self._in_use.proven, self._wanted.digest)
        except (GateError, BotoCoreError, ClientError) as error:
            self._log(f"warning: the image's tags in ECR still say what served before: {error}", False)


def _first_line(error: GateError) -> str:
    return str(error).partition("\n")[0]

"""Roll out a revision and prove it: deploy, watch that deployment, check targets, send requests, or roll back."""

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
from sluice.release.release_record import ReleaseRecords
from sluice.rollout.deployment.http_answer import Ask
from sluice.rollout.deployment.judge import Deploy, Version, Watch, next_step, version_before
from sluice.rollout.deployment.service import Service
from sluice.rollout.diagnosis.evidence import event_ids
from sluice.rollout.diagnosis.rollout_failure import RolloutFailed, Witness
from sluice.rollout.in_flight import await_in_flight
from sluice.rollout.journal import Journal
from sluice.rollout.mover import Mover
from sluice.rollout.proof.question import Question, directly
from sluice.rollout.proof.soak_before import SoakBefore
from sluice.rollout.proofs import Proofs
from sluice.rollout.request import Wanted
from sluice.rollout.revert import POLL_SECONDS, Revert
from sluice.rollout.strategy.on_test_traffic import OnTestTraffic
from sluice.rollout.strategy.readiness import Await, Step, Undo
from sluice.rollout.strategy.shift_back import ShiftBack
from sluice.rollout.strategy.shifting import Shifting
from sluice.rollout.unwired import check_unwiring
from sluice.rollout.watching import UnderWay, short_name


@dataclass(frozen=True)
class Done:
    """A proven rollout.

    Attributes:
        deployment: ECS's id.
        previous: the revision that served before; empty on a first deployment.
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
        records: of this rollout and of the releases; None: nothing is recorded, and nothing is fenced.
        in_use: tags the images in use in the registry; None: nothing is tagged.
        runs: the stack's runs; those after *wanted.proof* are read.
        me: this deployer.
        question: sends requests in place of *ask*, from elsewhere; None: *ask* sends them.
        traffic: sends requests on test traffic; required where *wanted* has a strategy.
        approvals: people's answers to a pause; None: not recorded.
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
        back = ShiftBack if wanted.strategy else Revert
        self._revert = back(service, self._patience, clock, log, self._witness, self._mover)
        self._soak = SoakBefore(wanted, self._journal, service, self._patience, clock, self._question, log)
        self._in_use = in_use
        self._shifting = self._shifted(wanted.strategy, traffic) if wanted.strategy else None

    def run(self) -> Done:
        """Roll out, and return once the version is proven.

        Raises:
            RolloutFailed: the version does not serve, or is not proven.
            Incompatible: the serving version cannot work with the new schema.
            Interrupted: Ctrl-C, or the deployer is dying.
            Superseded: another deployer took over the service; this one changed nothing more.
            Unknown: AWS cannot be reached any more.
            GateError: the schema may have been changed since it was proven.
        """
        try:
            done = self._run()
            self._journal.proven(done.deployment, done.completed_at, done.path)
        except (Superseded, Unknown):
            raise  # without a verdict the record stays open, so that the next deployer sees what was in progress
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
        seen, step = self._first_step()
        journal.open()
        previous = journal.previous(version_before(seen, wanted.task_definition, wanted.shape), wanted.previous)
        if self._clock.halted():
            raise Interrupted("cancelled before the rollout began: the version before keeps serving")
        journal.claim(previous, self._clock.now())
        if journal.unsettled and journal.before is not None:
            await_in_flight(journal.before, self._service, self._patience, self._clock, self._log)
            seen, step = self._first_step()
        while isinstance(step, Undo):
            self._undo(step)
            seen, step = self._first_step()
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
            under_way = UnderWay(
                deployment,
                previous,
                self._begun,
                wanted.deadline,
                service=self._service,
                patience=self._patience,
                clock=self._clock,
                log=self._log,
                journal=journal,
                witness=self._witness,
                revert=self._revert,
            )
            path = self._prove(under_way)
        # Another deployment may have started while the targets and the answer were awaited.
        under_way.still_ours()
        taken = short_time(self._clock.now() - self._begun)
        self._log(f"{short_name(wanted.task_definition)} serves and is healthy, after {taken}", False)
        return Done(deployment, previous.task_definition, round(self._clock.now()), path)

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
            revert=self._revert,
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

    def _first_step(self) -> tuple[dict[str, Any] | None, Watch | Deploy | Undo]:
        """Return the service and what brings the version to it. One answer does not prove that there is no service.

        Raises:
            RolloutFailed: the service cannot be deployed to.
            Interrupted: Ctrl-C.
        """
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
        if in_alarm := self._witness.ask([], "alarms", self._service.in_alarm, seen):
            self._log(f"warning: {', '.join(in_alarm)} is in ALARM already: ECS ignores it for this deployment", False)
        if self._shifting is None:
            name = short_name(wanted.task_definition)
            check_unwiring(self._service, self._patience, seen, step.changes, name)
        elif previous:
            self._shifting.check_weights(seen)
        # Read again after the soak: only the events from here on are this deployment's.
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

    def _mark_proven(self) -> None:
        """Tag the images in use. A failure is a warning: until the next rollout a few more images are kept."""
        if self._in_use is None:
            return
        try:
            self._patience.ask(self._in_use.proven, self._wanted.digest)
        except (GateError, BotoCoreError, ClientError) as error:
            self._log(f"warning: the tags in ECR still name the images of the former release: {error}", False)


def _first_line(error: GateError) -> str:
    return str(error).partition("\n")[0]

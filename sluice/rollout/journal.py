"""The records of a rollout: what it writes, what it reads of earlier rollouts, and whether it may continue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from sluice.author import Identity
from sluice.aws.patience import Patience
from sluice.duration import short_time
from sluice.errors import GateError, Superseded
from sluice.migration.entitlement import overtaken, unproven
from sluice.migration.records.ownership import FRESH_SECONDS, FRESH_TRIES
from sluice.migration.records.plan import describe_run
from sluice.migration.records.record import RunRecord
from sluice.migration.records.records import Records
from sluice.release.approval import Approval, Approvals
from sluice.release.release_record import Moment, Release, ReleaseRecords, RolloutRecord, RolloutState, names_of
from sluice.rollout.deployment.judge import Version
from sluice.rollout.previous import previous
from sluice.rollout.request import Wanted
from sluice.rollout.timeline import Kind, kept


class Journal:
    """The records of one rollout.

    Args:
        records: the stack's releases and its last rollout; None: nothing is written, known or fenced.
        runs: the stack's runs; not read where *wanted* names no proof.
        me: this deployer.
        approvals: people's answers to a pause; None: not recorded.
    """

    def __init__(
        self,
        records: ReleaseRecords | None,
        patience: Patience,
        log: Callable[[str, bool], None],
        wanted: Wanted,
        me: Identity,
        runs: Records | None = None,
        approvals: Approvals | None = None,
    ) -> None:
        self._approvals = approvals
        self._records = records
        self._patience = patience
        self._log = log
        self._me = me
        self._proof = wanted.proof
        self._runs = runs if wanted.proof else None
        self._names = wanted.names
        self._rollout = RolloutRecord(
            wanted.digest, wanted.task_definition, "", 0, owner=me.owner, author=me.author, by=wanted.by
        )
        self._moments: list[Moment] = []
        self._claimed = False
        self.before: RolloutRecord | None = None
        self.releases: Sequence[Release] = ()

    def open(self) -> None:
        """Read the earlier records. Raises Superseded when another deployer began after this one."""
        if self._records is None:
            return
        self.before = self._patience.ask(self._records.rollout)
        newest = self.before.release if self.before else 0
        self.releases = self._patience.ask(self._records.recent, newest)
        self._entitled(self.releases)

    def previous(self, found: Version, remembered: str) -> Version:
        """Return the version to roll back to: see sluice.rollout.previous."""
        return previous(found, remembered, self._rollout.task_definition, self.releases, self.before)

    @property
    def first(self) -> bool | None:
        """Whether the stack has no release yet; None where there are no records."""
        return None if self._records is None else not self.releases

    @property
    def unsettled(self) -> bool:
        """Whether another deployer may be about to move the service: its record is open and has no deployment."""
        before = self.before
        return (
            before is not None
            and before.state == "running"
            and not before.deployment
            and before.owner not in ("", self._me.owner)
        )

    def claim(self, served: Version, at: float, deployment: str = "") -> None:
        """Take over the service: the deployer that had it stops before its next call. A record that cannot be written
        is an error, and nothing has been changed yet."""
        newest = self.releases[-1].number if self.releases else 0
        self._rollout = replace(
            self._rollout, previous=served.task_definition, at=round(at), deployment=deployment, release=newest
        )
        if self._records is not None:
            self._patience.ask(self._records.write, self._rollout)
        self._claimed = True

    def check(self, moving: bool = False) -> None:
        """Return while the service is this deployer's to move.

        Args:
            moving: to a version whose migrations another run may have undone.

        Raises:
            Superseded: another deployer took over the service.
            GateError: the schema is not proven any more.
        """
        for _ in range(FRESH_TRIES):
            asked = self._patience.now()
            found = self.taken_over()
            if found is not None:
                raise Superseded(self._lost(found))
            if moving:
                self._entitled(())
            if self._patience.now() - asked <= FRESH_SECONDS:
                return

    def taken_over(self) -> RolloutRecord | None:
        """Return the record of the deployer that moves the service now; None while that is this one."""
        if self._records is None or not self._claimed:
            return None
        found = self._patience.ask(self._records.rollout)
        return found if found is not None and found.owner != self._me.owner else None

    def lost(self, found: RolloutRecord) -> Superseded:
        return Superseded(self._lost(found))

    def moment(self, kind: Kind, text: str) -> None:
        """Add a moment to the timeline, which the next write of the record includes."""
        self._moments.append((max(0, round(self._patience.now()) - self._rollout.at), kind, text))
        self._rollout = replace(self._rollout, moments=kept(self._moments))

    def started(self, deployment: str) -> None:
        self._rollout = replace(self._rollout, deployment=deployment)
        self._write("the deployment's id", lambda records: records.write(self._rollout))

    def awaits_approval(self, hook: str) -> None:
        """Record that the proofs at the pause *hook* are done: `sluice continue` refuses any other pause."""
        self._rollout = replace(self._rollout, approval=hook)

        def write(records: ReleaseRecords) -> None:
            if self.taken_over() is None:
                records.write(self._rollout)

        self._write("that a person is waited for", write)

    def approval(self, deployment: str) -> Approval | None:
        """Return a person's answer to the service deployment with this ARN; None: none, or it cannot be read."""
        if self._approvals is None:
            return None
        try:
            found = self._patience.ask(self._approvals.last)
        except (GateError, BotoCoreError, ClientError) as error:
            self._log(f"warning: who answered could not be read: {error}", False)
            return None
        return found if found is not None and found.deployment == deployment else None

    def path_of(self, task_definition: str) -> str | None:
        """Return the deep health path that a release answered when it was proven; empty: none; None: not known."""
        found = (one for one in reversed(self.releases) if one.task_definition == task_definition)
        return next((one.path for one in found), None)

    def proven(self, deployment: str, at: int, path: str = "") -> None:
        """Record the release, which is part of its success.

        Args:
            path: deep health path that it answered; empty: none.

        Raises:
            Superseded: another deployer took over the service.
            Unknown: AWS cannot be reached.
        """
        self.check()
        ours, records = self._rollout, self._records
        if records is None:
            return
        last = self.releases[-1] if self.releases else None
        if last is not None and (last.deployment, last.task_definition) == (deployment, ours.task_definition):
            release = last  # by a deployer that was killed before it could say so
        else:
            release = self._patience.ask(
                records.add,
                ours.digest,
                ours.task_definition,
                at,
                deployment,
                ours.release,
                ours.author,
                ours.by,
                self._names or names_of(self.releases, ours.digest),
                path,
            )
        self.end("proven", f"release {release.number}", release.number)

    def end(self, state: RolloutState, message: str, release: int = 0) -> None:
        """Record how the rollout ended. The record of another deployer is left alone."""
        if not self._claimed:
            return
        self.moment("end", state)
        self._rollout = replace(self._rollout, state=state, message=message, release=release or self._rollout.release)

        def write(records: ReleaseRecords) -> None:
            if self.taken_over() is None:
                records.write(self._rollout)

        self._write("the end of the rollout", write)

    def _entitled(self, releases: Sequence[Release]) -> None:
        """Raise Superseded, or GateError when an operator may have changed the schema since it was proven."""
        runs: Sequence[RunRecord] = self._patience.ask(self._runs.since, self._proof) if self._runs else ()
        if by := overtaken(runs, releases, self._me):
            raise Superseded(_superseded(self._rollout, f"{by}, after this `pulumi up` had begun"))
        touched = unproven(runs, self._proof)
        if touched is not None:
            raise GateError(
                f"{_name(self._rollout)} was not rolled out: {describe_run(touched)} may have changed the schema since "
                f"run {self._proof} proved it. What served before keeps serving.\n"
                "  fix:   run `pulumi up` again: it runs the migration steps first"
            )

    def _lost(self, found: RolloutRecord) -> str:
        since = datetime.fromtimestamp(found.at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        digest = found.digest.rpartition("@")[2][:19]
        return _superseded(self._rollout, f"{found.author} rolls out {digest} since {since}")

    def _write(self, what: str, write: Callable[[ReleaseRecords], object]) -> None:
        """Write a record. A failure is a warning: what is done is neither undone nor hidden by it."""
        if self._records is None:
            return
        try:
            self._patience.ask(write, self._records)
        except (GateError, BotoCoreError, ClientError) as error:
            self._log(f"warning: {what} could not be written down: {error}", False)


def waiting(before: RolloutRecord, seconds: float) -> str:
    """Return why a rollout waits before it begins."""
    return (
        f"the rollout that {before.author} began has no recorded end: waiting up to {short_time(seconds)} for a "
        "deployment that it may just have started"
    )


def _superseded(mine: RolloutRecord, by: str) -> str:
    return (
        f"the rollout of {_name(mine)} was stopped: {by}. Nothing more was moved or recorded by this deployer.\n"
        "  cause: the stack's lock was released (`pulumi cancel`) while this deployer was slow, or an operator rolled "
        "back\n  fix:   see what the other deployer does (`sluice status`); after its end, run `pulumi up` if this "
        "version is still wanted"
    )


def _name(mine: RolloutRecord) -> str:
    return mine.task_definition.rpartition("/")[2]

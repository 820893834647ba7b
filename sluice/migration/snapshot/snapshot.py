"""Takes a snapshot of the database before the first step of a run, and waits until it can be restored.

Sources: RDS CreateDBSnapshot (the instance must be available or in storage-optimization), "Viewing DB instance status",
"Creating a DB snapshot for a Single-AZ DB instance". The IAM actions are in snapshot_source.py.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sluice.aws.patience import Patience, Unknown
from sluice.aws.tasks import EcsTasks, Place
from sluice.clock import Halt
from sluice.diagnosis.log_place import LogPlace
from sluice.diagnosis.verdict import StepFailed, essential
from sluice.duration import short_time
from sluice.errors import Interrupted, NotPrepared
from sluice.inputs.snapshot import PENDING, SnapshotRequest
from sluice.inputs.step import Step
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.record import RunRecord
from sluice.migration.snapshot.snapshot_copy import COPY_TO, Copies
from sluice.migration.snapshot.snapshot_name import RECORDS, snapshot_name, snapshot_tags, surplus
from sluice.migration.snapshot.snapshot_source import SnapshotSource, code
from sluice.migration.step.shard import poll_seconds
from sluice.migration.step.step_run import StepRun

_READY = ("available", "storage-optimization")
_BROKEN = ("failed", "stopped", "stopping", "deleting", "storage-full", "restore-error")
_BROKEN_STARTS = ("incompatible-", "inaccessible-", "insufficient-")
"""States of an instance that are not transient."""


class Snapshot:
    """Called with a run before its first step.

    Args:
        place: cluster and network of the probe, as of the migrations.
        until: the deploy's deadline in seconds since the epoch.
        copies: in another account; None for none.

    Attributes:
        taken: name of the snapshot that can be restored; empty when none was needed.
    """

    def __init__(
        self,
        to: Deployer,
        rds: Any,
        request: SnapshotRequest,
        place: Place,
        until: float | None = None,
        copies: Copies | None = None,
    ) -> None:
        self._to = to
        self._request = request
        self._place = place
        self._until = until
        self._copies = copies
        self._source = SnapshotSource(rds, request.cluster or request.instance, bool(request.cluster))
        self._patience = Patience(to.clock, f"taking a snapshot of {self._source.noun}")
        self.taken = ""

    def __call__(self, run: RunRecord) -> None:
        """Take the snapshot of this run, or wait for the one that an earlier deployer requested.

        Raises:
            NotPrepared: there is no snapshot; nothing was started.
            Interrupted: Ctrl-C, or a dying deployer; RDS completes the snapshot, the next `pulumi up` waits for it.
        """
        if (probe := self._request.probe) and self._nothing_pending(run, probe):
            self._to.log("snapshot: no migration is pending, none is needed", False)
            return
        name = snapshot_name(self._to.records.prefix, run)
        try:
            self._take(name, run)
            copying = self._copied(name, run)
            if copying is not None:
                self._prune(name, copying)
        except ClientError as error:
            raise NotPrepared(self._refused(name, error)) from error
        self.taken = name

    # Whether a snapshot is needed

    def _nothing_pending(self, run: RunRecord, step: Step) -> bool:
        place = replace(self._place, task_definition=step.task_definition or self._place.task_definition)
        definition = self._patience.ask(EcsTasks(self._to.ecs, place.cluster).definition, place.task_definition)
        containers = definition["containerDefinitions"]
        own = next((one for one in containers if one["name"] == place.container), None)
        probe = StepRun(
            self._to,
            run,
            step,
            place,
            essential(containers) | {place.container},
            LogPlace.of(own) if own else None,
            f"before the first step ({PENDING})",
            self._until,
        )
        try:
            probe.run()
        except StepFailed as failure:
            outcome = failure.outcomes[0]
            if outcome.exit_code is None:
                why = f"it is unknown whether a migration is pending ({outcome.title})"
            else:
                why = f"`{' '.join(step.command)}` ended with exit code {outcome.exit_code}: a migration is pending"
            self._to.log(f"snapshot: {why}", False)
            return False
        return True

    # Taking it

    def _take(self, name: str, run: RunRecord) -> None:
        begun = self._to.clock.now()
        end = begun + self._request.timeout
        end = min(end, self._until) if self._until is not None else end
        status, percent = self._patience.ask(self._source.snapshot, name)
        if status:
            age = short_time(begun - run.started)  # later writes are not in the snapshot
            self._to.log(f"snapshot {name} was requested by an earlier deployer, at most {age} ago", False)
        else:
            self._ask_for(name, run, begun, end)
            status, percent = self._patience.ask(self._source.snapshot, name)
        while status != "available":
            if status in ("failed", "deleting", "deleted"):
                raise NotPrepared(
                    f"snapshot {name} of {self._source.noun} ended as {status!r}, so no step was started. Fix: read "
                    "the events of the database in RDS (aws rds describe-events), then run `pulumi up` again"
                )
            self._pause(begun, end, f"snapshot {name}: {status or 'not listed yet'}, {percent} %", name)
            status, percent = self._patience.ask(self._source.snapshot, name)
        self._to.log(f"snapshot {name} is available after {short_time(self._to.clock.now() - begun)}", False)

    def _ask_for(self, name: str, run: RunRecord, begun: float, end: float) -> None:
        """Wait until the database is available, then request the snapshot; another change may come in between."""
        tags = self._tags(run)
        while True:
            status, cluster = self._patience.ask(self._source.state)
            if cluster:  # an instance of a cluster has no snapshots of its own
                self._source = replace(self._source, identifier=cluster, cluster=True)
                if self._patience.ask(self._source.snapshot, name)[0]:
                    return
                continue
            if not status:
                raise NotPrepared(
                    f"the {self._source.noun} does not exist, so there is no snapshot and no step was started. Fix: "
                    "correct its identifier, or run `pulumi refresh` if it was deleted"
                )
            if status in _BROKEN or status.startswith(_BROKEN_STARTS):
                raise NotPrepared(
                    f"{self._source.noun} is {status!r}: no snapshot can be taken, so no step was started. Fix: bring "
                    "it back to 'available' (RDS console, its events), then run `pulumi up` again"
                )
            if status in _READY:
                try:
                    self._patience.ask(self._source.create, name, tags)
                except ClientError as error:
                    if code(error) in ("DBSnapshotAlreadyExists", "DBClusterSnapshotAlreadyExists"):
                        return  # this deployer's own call, whose answer was lost
                    if code(error) not in ("InvalidDBInstanceState", "InvalidDBClusterState"):
                        raise
                else:
                    self._to.log(f"snapshot {name} of {self._source.noun} started, before the first step", False)
                    return
            self._pause(begun, end, f"snapshot: waiting until {self._source.noun} is available; it is {status}", "")

    def _pause(self, begun: float, end: float, progress: str, name: str) -> None:
        clock = self._to.clock
        now = clock.now()
        self._to.log(f"{progress} ({short_time(now - begun)})", True)
        self._heed_interruption(name)
        if now >= end:
            goes_on = f"RDS completes snapshot {name}" if name else "no snapshot was started"
            raise NotPrepared(
                f"no snapshot of {self._source.noun} within {short_time(now - begun)} ({progress}); {goes_on} and no "
                "step was started. Fix: run `pulumi up` again when the database is available, or raise "
                "snapshot.timeout (and migrationDeadline, if it is set)"
            )
        clock.wait(max(0.01, min(poll_seconds(now - begun), end - now)))
        self._heed_interruption(name)

    def _heed_interruption(self, name: str) -> None:
        halt = self._to.clock.halted()
        if halt is None:
            return
        what = f"snapshot {name}, which RDS completes" if name else f"{self._source.noun}"
        cause = "the deployer is gone" if halt is Halt.ABANDON else "cancelled"
        raise Interrupted(
            f"{cause} while waiting for {what}. No step was started; the next `pulumi up` waits for it and continues"
        )

    # Copying it

    def _tags(self, run: RunRecord) -> dict[str, str]:
        to = self._request.copy_to
        return snapshot_tags(self._to.records.prefix, run) | ({COPY_TO: to.account} if to else {})

    def _copied(self, name: str, run: RunRecord) -> set[str] | None:
        """Start the copy in another account. Return the earlier snapshots that running copies need; None: unknown."""
        if self._copies is None:
            return set()
        tags = self._tags(run)
        self._copies.begin(self._source, name, tags)
        try:
            found = sorted(self._patience.ask(self._source.all), key=lambda one: (one.created, one.name))
        except (ClientError, Unknown, BotoCoreError) as error:
            self._to.log(f"warning: earlier snapshots of this stack cannot be listed: {error}", False)
            return None
        older = {
            one.name: one.tags
            for one in found
            if one.name != name and one.status == "available"
            and all(one.tags.get(key) == tags[key] for key in (RECORDS, COPY_TO))
        }  # fmt: skip
        return self._copies.unfinished(self._source, list(older), older)

    def report_copy(self) -> None:
        """Report the progress of the snapshot's copy, after the last step. Raises nothing."""
        if self._copies is not None and self.taken:
            self._copies.report(self._source, self.taken)

    # Deleting old ones

    def _prune(self, newest: str, copying: Collection[str]) -> None:
        """Delete surplus snapshots, except those in *copying*, because a copy needs its source. Errors are warnings."""
        deleted: list[str] = []
        old: list[str] = []
        try:
            found = self._patience.ask(self._source.all)
            surplus_names = surplus(found, self._to.records.prefix, newest, self._request.keep)
            old = [name for name in surplus_names if name not in copying]
            for name in old:
                if self._to.clock.halted():
                    return
                self._patience.ask(self._source.delete, name)
                deleted.append(name)
        except ClientError as error:
            if old and code(error).startswith("AccessDenied"):
                self._to.log(_kept(self._source, old), False)
            else:
                self._to.log(f"warning: older snapshots of this stack could not be deleted: {error}", False)
        except (Unknown, BotoCoreError) as error:
            self._to.log(f"warning: older snapshots of this stack could not be deleted: {error}", False)
        if deleted:
            self._to.log(f"deleted older snapshots of this stack: {', '.join(deleted)}", False)

    def _refused(self, name: str, error: ClientError) -> str:
        detail = error.response.get("Error", {})
        remedies: Sequence[tuple[str, str]] = (
            ("Quota", "delete unneeded snapshots, lower snapshot.keep, or request a higher quota"),
            ("AccessDenied", "allow the deployer the IAM actions of sluice/migration/snapshot/snapshot_source.py"),
            ("KMSKey", "allow the deployer to use the database's KMS key"),
        )
        fitting = (remedy for part, remedy in remedies if part in str(detail.get("Code")))
        remedy = next(fitting, "correct that, then run `pulumi up` again")
        return (
            f"AWS refused snapshot {name} of {self._source.noun} ({error.operation_name}: {detail.get('Code')}), so no "
            "step was started\n"
            f"  cause: {detail.get('Message')}\n"
            f"  fix:   {remedy}"
        )


def _kept(source: SnapshotSource, old: Sequence[str]) -> str:
    """Return the note for a deployer that may not delete snapshots, such as production's.

    Args:
        old: names of the surplus snapshots.
    """
    kind = "cluster-" if source.cluster else ""
    return (
        f"{len(old)} older snapshots of this stack are kept: this deployer may not delete them. An administrator can,"
        f" before they reach RDS's quota of manual snapshots: aws rds delete-db-{kind}snapshot"
        f" --db-{kind}snapshot-identifier NAME, for {', '.join(old[:10])}{', …' if len(old) > 10 else ''}"
    )

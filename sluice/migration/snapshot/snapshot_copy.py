"""Copies each snapshot to another account, where the deploy role of this one cannot delete it.

The run waits for the snapshot and for two calls: the snapshot is shared with the other account, and a role there starts
to copy it under that account's own key. The run does not wait for the copy. A failure of the copy does not stop the
migration, because the snapshot itself exists. It is logged and published to the topic: at the start, after the last
step, and before the next run, which starts a missing copy again.

Sources: "Sharing encrypted snapshots for Amazon RDS" (no snapshot under the key aws/rds; the key's policy must let the
other account use it), CopyDBSnapshot (by the ARN of a shared snapshot, with a KmsKeyId of the copying account; tags are
not copied from another account), "Copying a DB snapshot for Amazon RDS" (the source must outlive the copying).

IAM here: rds:ModifyDBSnapshotAttribute on ``snapshot:sluice-PROJECT-STACK-run-*`` (a cluster:
rds:ModifyDBClusterSnapshotAttribute), sts:AssumeRole on the role there. Of that role: rds:CopyDBSnapshot
(rds:CopyDBClusterSnapshot), rds:AddTagsToResource, rds:DescribeDBSnapshots and its keys, as docs/snapshot-copies.md has
them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sluice.clock import Clock
from sluice.errors import GateError
from sluice.inputs.copy_to import CopyTo
from sluice.migration.snapshot.snapshot_source import SnapshotSource, code

SHARED_SECONDS = 30.0
"""Seconds until the other account sees a shared snapshot; AWS documents no limit."""
LOOKED_AT = 10
"""Number of earlier copies that a run checks, one call each: where snapshots are not deleted there can be a hundred,
and a migration must not wait for so many answers. Older copies started at least ten runs ago and count as finished."""
COPY_TO = "sluice:copyTo"
"""Key of the tag that names the account which a snapshot is copied to."""


class CopyFailed(GateError):
    """A copy in the other account failed or could not start. It does not stop the run."""


class Copies:
    """The copies of a stack's snapshots in another account.

    Args:
        there: returns an RDS client of the role in the other account; may raise botocore's errors.
        tell: publishes a failure to the topic.
    """

    def __init__(
        self,
        request: CopyTo,
        there: Callable[[], Any],
        clock: Clock,
        log: Callable[[str, bool], None],
        tell: Callable[[CopyFailed], None],
    ) -> None:
        self._request = request
        self._there = there
        self._clock = clock
        self._log = log
        self._tell = tell

    def begin(self, source: SnapshotSource, name: str, tags: Mapping[str, str]) -> None:
        """Share an available snapshot, and let the other account start to copy it. Raises nothing."""
        try:
            self._begin(source, name, tags)
        except (ClientError, BotoCoreError) as error:
            self._failed(
                f"the copy of snapshot {name} to account {self._request.account} did not start ({_in_words(error)})",
                f"{_remedy(error)}. The next run starts this copy again; the snapshot itself is available",
            )

    def _begin(self, source: SnapshotSource, name: str, tags: Mapping[str, str]) -> None:
        source.share(name, self._request.account)
        there = SnapshotSource(self._there(), source.identifier, source.cluster)
        end = self._clock.now() + SHARED_SECONDS
        while True:
            try:
                there.copy(source.arn(name), name, self._request.key, tags)
            except ClientError as error:
                if code(error) in ("DBSnapshotAlreadyExists", "DBClusterSnapshotAlreadyExists"):
                    break  # this deployer's own call, whose answer was lost, or an earlier deployer's
                unseen = code(error) in ("DBSnapshotNotFound", "DBClusterSnapshotNotFound")
                if not unseen or self._clock.now() >= end or self._clock.halted():
                    raise
                self._clock.wait(2.0)
            else:
                break
        self._log(f"snapshot {name} is being copied to account {self._request.account}; nobody waits for it", False)

    def unfinished(self, source: SnapshotSource, own: Sequence[str], tags: Mapping[str, Mapping[str, str]]) -> set[str]:
        """Return the snapshots that must be kept because they are being copied, or the state of their copy is unknown.

        Reports failed copies, and starts a missing copy of the newest snapshot. Raises nothing.

        Args:
            own: names of available snapshots that have a copy tag, oldest first; without the one just taken.
            tags: of each of them.
        """
        own = own[-LOOKED_AT:]
        if not own:
            return set()
        try:
            states = {name: self._state(source, name) for name in own}
        except (ClientError, BotoCoreError) as error:
            self._failed(
                f"whether earlier snapshots were copied to account {self._request.account} cannot be read"
                f" ({_in_words(error)})",
                f"{_remedy(error)}. Until then no older snapshot is deleted",
            )
            return set(own)
        for name in (one for one in own if states[one] == "failed"):
            self._failed(
                f"the copy of snapshot {name} in account {self._request.account} failed",
                f"have an administrator of that account look at its events (aws rds describe-events) and delete"
                f" {name} there; copy it again by hand as docs/snapshot-copies.md says",
            )
        if not states[own[-1]]:
            self._log(f"snapshot {own[-1]} has no copy in account {self._request.account}: it is started again", False)
            self.begin(source, own[-1], tags[own[-1]])
            return {own[-1]} | {name for name in own if states[name] not in ("available", "failed", "")}
        return {name for name in own if states[name] not in ("available", "failed", "")}

    def report(self, source: SnapshotSource, name: str) -> None:
        """Report the progress of the copy, after the last step. Raises nothing."""
        try:
            there = SnapshotSource(self._there(), source.identifier, source.cluster)
            status, percent = there.snapshot(name)
        except (ClientError, BotoCoreError) as error:
            self._log(f"warning: how far the copy of snapshot {name} is cannot be read: {_in_words(error)}", False)
            return
        if status == "failed":
            self._failed(
                f"the copy of snapshot {name} in account {self._request.account} failed",
                "have an administrator of that account look at its events (aws rds describe-events), then copy it"
                " again as docs/snapshot-copies.md says",
            )
        elif status == "available":
            self._log(f"snapshot {name} is copied to account {self._request.account}", False)
        elif status:
            self._log(f"the copy of snapshot {name} is {status}, {percent} %; RDS completes it", False)

    def _state(self, source: SnapshotSource, name: str) -> str:
        return SnapshotSource(self._there(), source.identifier, source.cluster).snapshot(name)[0]

    def _failed(self, what: str, fix: str) -> None:
        text = f"{what}. The migration continues\n  fix: {fix}"
        self._log(f"warning: {text}", False)
        self._tell(CopyFailed(text))


def _in_words(error: Exception) -> str:
    if isinstance(error, ClientError):
        detail = error.response.get("Error", {})
        return f"{error.operation_name}: {detail.get('Code')}: {detail.get('Message')}"
    return str(error)


def _remedy(error: Exception) -> str:
    """Return the fix for the errors of a wrong set-up."""
    operation = error.operation_name if isinstance(error, ClientError) else ""
    name = code(error) if isinstance(error, ClientError) else ""
    if operation == "AssumeRole":
        return "let the role there trust the deploy role, and name it in snapshotCopies of bootstrap/Pulumi.STACK.yaml"
    if "KMSKey" in name:
        return "let that account use the database's key, and its role both keys (docs/snapshot-copies.md)"
    if "Quota" in name:
        return "have an administrator of that account delete unneeded copies, or raise the quota"
    if operation.startswith("Modify") and not name.startswith("AccessDenied"):
        return "AWS shares no snapshot under its own key aws/rds: set database.kmsKey (docs/snapshot-copies.md)"
    return "compare the grants of both accounts with docs/snapshot-copies.md"

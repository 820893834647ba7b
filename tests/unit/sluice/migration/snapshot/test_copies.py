"""The copies in another account: every request, log line and notice, for an instance and for a cluster."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from sluice.clock import Halt
from sluice.inputs.copy_to import CopyTo
from sluice.migration.snapshot.snapshot_copy import Copies
from sluice.migration.snapshot.snapshot_source import SnapshotSource
from tests.unit.sluice.migration.simulation import Clock, client_error
from tests.unit.sluice.migration.snapshot.rds_calls import RdsCalls

ACCOUNT = "999988887777"
TO = CopyTo(f"arn:aws:iam::{ACCOUNT}:role/sluice-copies", f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1a2b")
COPYING = f"snapshot s is being copied to account {ACCOUNT}; nobody waits for it"
KINDS = [(False, "DBSnapshot", "db_snapshot"), (True, "DBClusterSnapshot", "db_cluster_snapshot")]
GUIDE = "docs/snapshot-copies.md"
GRANTS = f"compare the grants of both accounts with {GUIDE}"


def refused(code: str, operation: str = "CopyDBSnapshot") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "because"}}, operation)


class Copying:
    """Copies of one database's snapshots.

    Attributes:
        here, there: RDS of both accounts.
        said: lines that stay.
        notices: what is published to the topic.
    """

    def __init__(self, cluster: bool = False, **there: list[Any]) -> None:
        self.clock = Clock()
        found = [{"DBClusterSnapshotArn": "arn:s", "DBSnapshotArn": "arn:s"}]
        answer = [{"DBClusterSnapshots": found, "DBSnapshots": found}]
        self.here = RdsCalls(describe_db_snapshots=answer, describe_db_cluster_snapshots=answer)
        self.there = RdsCalls(**there)
        self.source = SnapshotSource(self.here, "db-1", cluster)
        self.said: list[str] = []
        self.notices: list[str] = []
        self.copies = Copies(
            TO, lambda: self.there, self.clock, self._log, lambda failed: self.notices.append(str(failed))
        )

    def _log(self, text: str, ephemeral: bool) -> None:
        assert ephemeral is False
        self.said.append(text)

    def unfinished(self, *names: str) -> set[str]:
        return self.copies.unfinished(self.source, names, {name: {"of": name} for name in names})

    def warned(self, *texts: str) -> bool:
        """Whether exactly these failures were logged and published."""
        return self.notices == list(texts) and self.said == [f"warning: {text}" for text in texts]


@pytest.mark.parametrize(("cluster", "kind", "operation"), KINDS)
def test_a_copy_is_three_requests(cluster: bool, kind: str, operation: str) -> None:
    stage = Copying(cluster)
    stage.copies.begin(stage.source, "s", {"k": "v"})
    share = {f"{kind}Identifier": "s", "AttributeName": "restore", "ValuesToAdd": [ACCOUNT]}
    copy = {
        f"Source{kind}Identifier": "arn:s",
        f"Target{kind}Identifier": "s",
        "KmsKeyId": TO.key,
        "Tags": [{"Key": "k", "Value": "v"}],
    }
    assert stage.here.asked == [
        (f"modify_{operation}_attribute", share),
        (f"describe_{operation}s", {f"{kind}Identifier": "s"}),
    ]
    assert stage.there.asked == [(f"copy_{operation}", copy)]
    assert (stage.said, stage.notices) == ([COPYING], [])


@pytest.mark.parametrize(("cluster", "kind", "operation"), KINDS)
def test_a_copy_that_exists_is_in_progress(cluster: bool, kind: str, operation: str) -> None:
    stage = Copying(cluster, **{f"copy_{operation}": [refused(f"{kind}AlreadyExistsFault")]})
    stage.copies.begin(stage.source, "s", {})
    assert (len(stage.there.asked), stage.said, stage.notices) == (1, [COPYING], [])


@pytest.mark.parametrize(("cluster", "kind", "operation"), KINDS)
@pytest.mark.parametrize(("unseen", "begun"), [(15, True), (16, False)])
def test_a_shared_snapshot_is_asked_for_every_two_seconds_for_half_a_minute(
    cluster: bool, kind: str, operation: str, unseen: int, begun: bool
) -> None:
    missing = refused(f"{kind}NotFoundFault")
    stage = Copying(cluster, **{f"copy_{operation}": [*[missing] * unseen, {}]})
    stage.copies.begin(stage.source, "s", {})
    assert (len(stage.there.asked), stage.clock.elapsed) == (16, 30)
    assert (stage.said == [COPYING]) is begun
    assert len(stage.notices) == (0 if begun else 1)


def test_ctrl_c_ends_the_waiting_for_a_shared_snapshot() -> None:
    stage = Copying(copy_db_snapshot=[refused("DBSnapshotNotFound")])
    stage.clock.halts = {0: Halt.STOP}
    stage.copies.begin(stage.source, "s", {})
    assert (len(stage.there.asked), stage.clock.elapsed) == (1, 0)


TRUST = "let the role there trust the deploy role, and name it in snapshotCopies of bootstrap/Pulumi.STACK.yaml"
NO_NETWORK = EndpointConnectionError(endpoint_url="https://rds")
FAILURES: list[tuple[Exception, str, str]] = [
    (refused("AccessDenied", "AssumeRole"), "AssumeRole: AccessDenied: because", TRUST),
    (
        refused("KMSKeyNotAccessibleFault"),
        "CopyDBSnapshot: KMSKeyNotAccessibleFault: because",
        f"let that account use the database's key, and its role both keys ({GUIDE})",
    ),
    (
        refused("SnapshotQuotaExceeded"),
        "CopyDBSnapshot: SnapshotQuotaExceeded: because",
        "have an administrator of that account delete unneeded copies, or raise the quota",
    ),
    (
        refused("InvalidParameterValue", "ModifyDBSnapshotAttribute"),
        "ModifyDBSnapshotAttribute: InvalidParameterValue: because",
        f"AWS shares no snapshot under its own key aws/rds: set database.kmsKey ({GUIDE})",
    ),
    (
        refused("AccessDenied", "ModifyDBSnapshotAttribute"),
        "ModifyDBSnapshotAttribute: AccessDenied: because",
        GRANTS,
    ),
    (refused("AccessDenied"), "CopyDBSnapshot: AccessDenied: because", GRANTS),
    (ClientError({}, "CopyDBSnapshot"), "CopyDBSnapshot: None: None", GRANTS),
    (NO_NETWORK, 'Could not connect to the endpoint URL: "https://rds"', GRANTS),
]


@pytest.mark.parametrize(("error", "words", "fix"), FAILURES, ids=[one[1] for one in FAILURES])
def test_a_copy_that_did_not_start_is_logged_and_published_with_its_fix(error: Exception, words: str, fix: str) -> None:
    stage = Copying(copy_db_snapshot=[error])
    stage.copies.begin(stage.source, "s", {})
    assert stage.warned(
        f"the copy of snapshot s to account {ACCOUNT} did not start ({words}). The migration continues\n"
        f"  fix: {fix}. The next run starts this copy again; the snapshot itself is available"
    )


# -- the copies of earlier runs


def status(*states: str) -> list[Any]:
    missing = refused("DBSnapshotNotFound", "DescribeDBSnapshots")
    return [{"DBSnapshots": [{"Status": one, "PercentProgress": 34}]} if one else missing for one in states]


def failed(name: str) -> str:
    return (
        f"the copy of snapshot {name} in account {ACCOUNT} failed. The migration continues\n"
        "  fix: have an administrator of that account look at its events (aws rds describe-events) and delete"
        f" {name} there; copy it again by hand as {GUIDE} says"
    )


@pytest.mark.parametrize(
    ("states", "kept"),
    [
        (["available"], set()),
        (["creating"], {"s0"}),
        (["failed"], set()),
        (["", "creating", "available", "failed"], {"s1"}),
        (["copying", "creating"], {"s0", "s1"}),
    ],
)
def test_snapshots_that_are_being_copied_are_kept(states: list[str], kept: set[str]) -> None:
    stage = Copying(describe_db_snapshots=status(*states))
    names = [f"s{number}" for number in range(len(states))]
    assert stage.unfinished(*names) == kept
    assert stage.there.asked == [("describe_db_snapshots", {"DBSnapshotIdentifier": name}) for name in names]
    assert stage.warned(*(failed(name) for name, state in zip(names, states, strict=True) if state == "failed"))
    assert stage.here.asked == []


def test_no_earlier_snapshot_is_no_request() -> None:
    stage = Copying()
    assert stage.unfinished() == set()
    assert stage.there.asked == []


def test_a_missing_copy_of_the_newest_snapshot_is_started_with_that_ones_tags() -> None:
    stage = Copying(describe_db_snapshots=status("creating", "available", "failed", "", ""))
    assert stage.unfinished("s0", "s1", "s2", "s3", "s") == {"s0", "s"}
    assert stage.said == [
        f"warning: {failed('s2')}",
        f"snapshot s has no copy in account {ACCOUNT}: it is started again",
        COPYING,
    ]
    [(operation, asked)] = [one for one in stage.there.asked if one[0] != "describe_db_snapshots"]
    assert operation == "copy_db_snapshot"
    assert asked["TargetDBSnapshotIdentifier"] == "s"
    assert asked["Tags"] == [{"Key": "of", "Value": "s"}]


def test_with_unknown_copies_every_earlier_snapshot_is_kept() -> None:
    stage = Copying(describe_db_snapshots=[refused("AccessDenied", "AssumeRole")])
    assert stage.unfinished("s0", "s1") == {"s0", "s1"}
    assert stage.warned(
        f"whether earlier snapshots were copied to account {ACCOUNT} cannot be read"
        " (AssumeRole: AccessDenied: because). The migration continues\n"
        f"  fix: {TRUST}. Until then no older snapshot is deleted"
    )


def test_the_ten_newest_copies_are_asked_for() -> None:
    stage = Copying(describe_db_snapshots=status("available"))
    names = [f"s{number}" for number in range(12)]
    stage.unfinished(*names)
    assert [asked["DBSnapshotIdentifier"] for _, asked in stage.there.asked] == names[2:]


def test_the_copies_of_a_clusters_snapshots_are_asked_for_as_such() -> None:
    answer = [{"DBClusterSnapshots": [{"Status": "creating"}]}]
    stage = Copying(cluster=True, describe_db_cluster_snapshots=answer)
    assert stage.unfinished("s0") == {"s0"}
    stage.copies.report(stage.source, "s0")
    asked = ("describe_db_cluster_snapshots", {"DBClusterSnapshotIdentifier": "s0"})
    assert stage.there.asked == [asked, asked]


# -- after the last step


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (status("available")[0], [f"snapshot s is copied to account {ACCOUNT}"]),
        (status("creating")[0], ["the copy of snapshot s is creating, 34 %; RDS completes it"]),
        (status("")[0], []),
        (
            refused("AccessDenied", "AssumeRole"),
            [
                "warning: how far the copy of snapshot s is cannot be read: AssumeRole: AccessDenied: because",
            ],
        ),
    ],
)
def test_the_progress_of_a_copy_is_one_line(answer: Any, said: list[str]) -> None:
    stage = Copying(describe_db_snapshots=[answer])
    stage.copies.report(stage.source, "s")
    assert (stage.said, stage.notices) == (said, [])
    assert stage.there.asked == [("describe_db_snapshots", {"DBSnapshotIdentifier": "s"})]


def test_a_copy_that_failed_during_the_steps_is_logged_and_published() -> None:
    stage = Copying(describe_db_snapshots=status("failed"))
    stage.copies.report(stage.source, "s")
    assert stage.warned(
        f"the copy of snapshot s in account {ACCOUNT} failed. The migration continues\n"
        "  fix: have an administrator of that account look at its events (aws rds describe-events), then copy it"
        f" again as {GUIDE} says"
    )


def test_nothing_else_is_an_error_of_aws() -> None:
    """A fault of this program is not hidden as a warning."""
    stage = Copying(copy_db_snapshot=[client_error("DBSnapshotNotFound", "CopyDBSnapshot"), ZeroDivisionError()])
    with pytest.raises(ZeroDivisionError):
        stage.copies.begin(stage.source, "s", {})

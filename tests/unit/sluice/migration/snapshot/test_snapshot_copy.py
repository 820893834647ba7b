"""The copy of a snapshot in another account: what it asks for, what it never stops, and what it tells."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber

from sluice.errors import GateError
from sluice.inputs.copy_to import CopyTo
from sluice.inputs.snapshot import SnapshotRequest
from sluice.inputs.step import Step
from sluice.migration.fingerprint import MigrationSubject
from sluice.migration.records.deployer import Deployer
from sluice.migration.run import migrate
from sluice.migration.snapshot.snapshot import Snapshot
from sluice.migration.snapshot.snapshot_copy import COPY_TO, LOOKED_AT, SHARED_SECONDS, Copies
from sluice.migration.snapshot.snapshot_name import IMAGE, RECORDS, RUN, snapshot_tags
from sluice.migration.snapshot.snapshot_source import SnapshotSource
from tests.unit.sluice.migration.simulation import Clock, client_error
from tests.unit.sluice.migration.snapshot.rds_stage import PLACE, RECORD_PATH, Stage, run_record

ACCOUNT = "999988887777"
TO = CopyTo(f"arn:aws:iam::{ACCOUNT}:role/sluice-copies", f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1a2b")
OLD = "sluice-notes-prod-run-0-old"


class Elsewhere:
    """RDS in the other account: what was asked of it, and the states of its copies."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.asked: list[dict[str, Any]] = []
        self.states: dict[str, str] = {}
        self.refuses: list[Exception] = []
        self.unreadable: Exception | None = None
        self.looked = 0

    def copy_db_snapshot(self, **asked: Any) -> None:
        if self.refuses:
            raise self.refuses.pop(0)
        self.asked.append({**asked, "at": self.clock.elapsed})
        self.states[asked["TargetDBSnapshotIdentifier"]] = "creating"

    def copy_db_cluster_snapshot(self, **asked: Any) -> None:
        self.asked.append(asked)

    def describe_db_snapshots(self, DBSnapshotIdentifier: str) -> dict[str, Any]:  # noqa: N803 -- AWS' name
        self.looked += 1
        if self.unreadable:
            raise self.unreadable
        if DBSnapshotIdentifier not in self.states:
            raise client_error("DBSnapshotNotFound", "DescribeDBSnapshots")
        return {"DBSnapshots": [{"Status": self.states[DBSnapshotIdentifier], "PercentProgress": 34}]}


class CopyStage(Stage):
    """A deploy of one step after a snapshot that is copied."""

    def __init__(self, **rds: Any) -> None:
        super().__init__(**rds)
        self.elsewhere = Elsewhere(self.clock)
        self.shared: list[tuple[str, str]] = []
        self.told: list[str] = []
        self.rds.modify_db_snapshot_attribute = self._share  # type: ignore[attr-defined]
        self.share_refused: ClientError | None = None
        describe = self.rds.describe_db_snapshots

        def with_arn(**asked: Any) -> dict[str, Any]:
            found = describe(**asked)["DBSnapshots"]
            return {"DBSnapshots": [{**one, "DBSnapshotArn": f"arn:{one['DBSnapshotIdentifier']}"} for one in found]}

        self.rds.describe_db_snapshots = with_arn  # type: ignore[assignment, method-assign]

    def _share(self, DBSnapshotIdentifier: str, AttributeName: str, ValuesToAdd: list[str]) -> None:  # noqa: N803
        assert AttributeName == "restore"
        if self.share_refused:
            raise self.share_refused
        self.shared += [(DBSnapshotIdentifier, account) for account in ValuesToAdd]

    def old(self, name: str = OLD, at: float = 0, copied_to: str = ACCOUNT) -> None:
        tags = snapshot_tags(RECORD_PATH, run_record(image="sha256:old")) | ({COPY_TO: copied_to} if copied_to else {})
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        self.rds.snapshots[name] = {"DBSnapshotIdentifier": name, "TagList": listed, "at": at}

    def migrate(self, keep: int = 5) -> str:
        to = Deployer(self.ecs, self.ecs, self.records, self.clock, self._log, "ann@host")  # type: ignore[arg-type]
        wish = SnapshotRequest("db-1", keep=keep, copy_to=TO)
        copies = Copies(TO, lambda: self.elsewhere, self.clock, self._log, lambda failed: self.told.append(str(failed)))
        before = Snapshot(to, self.rds, wish, PLACE, None, copies)
        subject = MigrationSubject(
            "repo@sha256:aa", (Step("master", ("migrate", "master"), timeout=60),), {}, {}, "db-1"
        )
        migrate(to, subject, "before", PLACE, deadline=0, prepare=lambda run, _: before(run))
        before.report_copy()
        return before.taken


def test_the_snapshot_is_shared_and_the_other_account_copies_it_under_its_own_key() -> None:
    stage = CopyStage()
    name = stage.migrate()
    assert stage.shared == [(name, ACCOUNT)]
    [asked] = stage.elsewhere.asked
    assert asked["SourceDBSnapshotIdentifier"] == f"arn:{name}"
    assert asked["TargetDBSnapshotIdentifier"] == name
    assert asked["KmsKeyId"] == TO.key
    tags = {tag["Key"]: tag["Value"] for tag in asked["Tags"]}
    assert tags == {RECORDS: RECORD_PATH, RUN: "1", IMAGE: "sha256:aa", COPY_TO: ACCOUNT}
    assert stage.told == []


def test_nobody_waits_for_the_copy_and_the_log_says_how_far_it_is() -> None:
    stage, without = CopyStage(), Stage()
    stage.migrate()
    without.deploy()
    assert stage.clock.elapsed == without.clock.elapsed, "a copy delays the migration by no second"
    assert any(line.endswith("is creating, 34 %; RDS completes it") for line in stage.lines)


REFUSALS: list[tuple[Exception, str]] = [
    (client_error("AccessDenied", "AssumeRole"), "let the role there trust the deploy role"),
    (client_error("KMSKeyNotAccessibleFault", "CopyDBSnapshot"), "let that account use the database's key"),
    (
        client_error("SnapshotQuotaExceeded", "CopyDBSnapshot"),
        "have an administrator of that account delete unneeded copies",
    ),
    (EndpointConnectionError(endpoint_url="https://rds"), "compare the grants"),
]


@pytest.mark.parametrize(("error", "remedy"), REFUSALS)
def test_a_copy_that_cannot_begin_stops_no_migration_and_is_told(error: Exception, remedy: str) -> None:
    stage = CopyStage()
    stage.elsewhere.refuses = [error]
    assert stage.migrate() == stage.name()
    assert stage.commands == ["master"]
    [told] = stage.told
    assert f"to account {ACCOUNT} did not start" in told
    assert "The migration continues" in told
    assert f"fix: {remedy}" in told
    assert f"warning: {told}" in stage.lines


def test_a_snapshot_under_aws_own_key_is_not_shared_and_the_remedy_names_the_setting() -> None:
    stage = CopyStage()
    stage.share_refused = client_error("InvalidParameterValue", "ModifyDBSnapshotAttribute")
    stage.migrate()
    assert stage.elsewhere.asked == []
    assert "set database.kmsKey" in stage.told[0]


def test_what_was_shared_a_moment_ago_may_not_be_seen_yet() -> None:
    stage = CopyStage()
    stage.elsewhere.refuses = [client_error("DBSnapshotNotFound", "CopyDBSnapshot")] * 3
    stage.migrate()
    assert len(stage.elsewhere.asked) == 1
    assert stage.told == []


def test_what_stays_unseen_is_given_up_after_half_a_minute() -> None:
    stage, without = CopyStage(), Stage()
    stage.elsewhere.refuses = [client_error("DBSnapshotNotFound", "CopyDBSnapshot")] * 99
    stage.migrate()
    without.deploy()
    assert stage.clock.elapsed - without.clock.elapsed <= SHARED_SECONDS + 2
    assert "did not start" in stage.told[0]


def test_a_copy_of_an_earlier_attempt_is_not_begun_twice() -> None:
    stage = CopyStage()
    stage.elsewhere.refuses = [client_error("DBSnapshotAlreadyExists", "CopyDBSnapshot")]
    stage.migrate()
    assert stage.told == []
    assert stage.elsewhere.asked == []


def test_the_next_run_tells_of_a_copy_that_failed_meanwhile() -> None:
    stage = CopyStage()
    stage.old()
    stage.elsewhere.states[OLD] = "failed"
    stage.migrate()
    [told] = stage.told
    assert told.startswith(f"the copy of snapshot {OLD} in account {ACCOUNT} failed")
    assert len(stage.elsewhere.asked) == 1, "this run's own copy is begun all the same"


def test_the_next_run_makes_up_for_a_copy_that_never_began() -> None:
    stage = CopyStage()
    stage.old("older", at=0)
    stage.old(at=1)
    name = stage.migrate()
    begun = [asked["TargetDBSnapshotIdentifier"] for asked in stage.elsewhere.asked]
    assert begun == [name, OLD], "the newest alone: older copies may have been deleted there, on purpose"


def test_a_snapshot_is_not_deleted_while_it_is_being_copied() -> None:
    for state, deleted in (("creating", []), ("available", [OLD]), ("failed", [OLD])):
        stage = CopyStage()
        stage.old()
        stage.elsewhere.states[OLD] = state
        stage.migrate(keep=1)
        assert stage.rds.deleted == deleted, state


def test_nothing_is_deleted_while_nobody_knows_what_was_copied() -> None:
    stage = CopyStage()
    stage.old()
    stage.elsewhere.unreadable = client_error("AccessDenied", "AssumeRole")
    stage.migrate(keep=1)
    assert stage.rds.deleted == []
    assert any("cannot be read" in told and "no older snapshot is deleted" in told for told in stage.told)


def test_a_run_looks_at_the_newest_copies_alone() -> None:
    """Production deletes no snapshot: a hundred answers would delay the migration."""
    stage = CopyStage()
    for number in range(100):
        stage.old(f"old-{number:03}", at=number)
        stage.elsewhere.states[f"old-{number:03}"] = "failed" if number < 50 else "available"
    stage.migrate(keep=50)
    assert stage.told == []
    assert stage.elsewhere.looked <= LOOKED_AT + 1


def test_a_snapshot_that_was_to_be_copied_nowhere_is_not_missed() -> None:
    stage = CopyStage()
    stage.old(copied_to="")
    stage.old("to-another", copied_to="111122223333")
    stage.migrate()
    assert stage.told == []
    assert len(stage.elsewhere.asked) == 1


def test_a_failure_during_the_steps_is_told_after_them() -> None:
    stage = CopyStage()
    begin = stage.elsewhere.copy_db_snapshot

    def fails(**asked: Any) -> None:
        begin(**asked)
        stage.elsewhere.states[asked["TargetDBSnapshotIdentifier"]] = "failed"

    stage.elsewhere.copy_db_snapshot = fails  # type: ignore[method-assign]
    name = stage.migrate()
    assert [told.partition("\n")[0] for told in stage.told] == [
        f"the copy of snapshot {name} in account {ACCOUNT} failed. The migration continues"
    ]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({}, "copyTo.role is ''"),
        ({"role": TO.role}, "copyTo.key is ''"),
        ({"role": TO.key, "key": TO.key}, "must be the ARN of a role"),
        ({"role": TO.role, "key": "alias/copies"}, "must be the ARN of a key"),
        ({"role": TO.role, "key": TO.key, "vault": "v"}, "unknown key 'vault'"),
        ("999988887777", "must be an object"),
    ],
)
def test_wrong_wishes(raw: Any, says: str) -> None:
    with pytest.raises(GateError, match=says):
        SnapshotRequest.parse({"instance": "db-1", "copyTo": raw})


def test_what_goes_to_rds_for_an_instance_and_for_a_cluster() -> None:
    """botocore's own model of the four calls: no parameter of ours is unknown to it."""
    rds = boto3.client("rds", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(rds) as stub:
        for cluster, kind in ((False, "DBSnapshot"), (True, "DBClusterSnapshot")):
            operation = "db_cluster_snapshot" if cluster else "db_snapshot"
            stub.add_response(
                f"modify_{operation}_attribute",
                {},
                {f"{kind}Identifier": "s", "AttributeName": "restore", "ValuesToAdd": [ACCOUNT]},
            )
            stub.add_response(
                f"copy_{operation}",
                {},
                {
                    f"Source{kind}Identifier": "arn:s",
                    f"Target{kind}Identifier": "s",
                    "KmsKeyId": TO.key,
                    "Tags": [{"Key": "a", "Value": "b"}],
                },
            )
            stub.add_response(
                f"describe_{operation}s", {f"{kind}s": [{f"{kind}Arn": "arn:s"}]}, {f"{kind}Identifier": "s"}
            )
            source = SnapshotSource(rds, "db", cluster)
            source.share("s", ACCOUNT)
            source.copy("arn:s", "s", TO.key, {"a": "b"})
            assert source.arn("s") == "arn:s"
        stub.assert_no_pending_responses()

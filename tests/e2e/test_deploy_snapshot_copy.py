"""The snapshot before a migration is copied to another account, with the policies of docs/snapshot-copies.md.

A stack of its own: its database has another key from the beginning.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator.cloud import emulator
from emulator.cloud.key import of
from local import environment
from tests.e2e.stage import Stage, until
from tests.unit.bootstrap.policies_of_page import policy_of

BACKUP, STRANGER = "999988887777", "555544443333"
PAGE = "src/notes/page.html"


@dataclass
class Copied:
    """A stack and its accounts. key: of the database; copy_key: of the copies."""

    stage: Stage
    key: str
    copy_key: str

    def client(self, service: str, account: str) -> Any:
        """An administrator's client of any account."""
        return boto3.client(
            service,
            endpoint_url=self.stage.env["AWS_ENDPOINT_URL"],
            region_name=environment.REGION,
            aws_access_key_id=account,
            aws_secret_access_key=of(self.stage.place.local).secret(account),
        )

    @property
    def account(self) -> str:
        return self.stage.cloud.account

    def snapshots(self, account: str) -> list[dict[str, Any]]:
        """Oldest first."""
        found = self.client("rds", account).describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
        return sorted(found, key=lambda one: int(tags(one)["sluice:run"]))

    def open_key(self, *, lent: bool) -> None:
        """Gives the database's key a policy with the two statements of the page, or without."""
        own = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{self.account}:root"}, "Action": "kms:*"}
        more = policy_of("key", self.account, BACKUP, environment.REGION) if lent else []
        policy = {"Version": "2012-10-17", "Statement": [{**own, "Resource": "*"}, *more]}
        self.client("kms", self.account).put_key_policy(KeyId=self.key, PolicyName="default", Policy=json.dumps(policy))


def tags(snapshot: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in snapshot["TagList"]}


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copied]:
    folder: Path = tmp_path_factory.mktemp("copied")
    try:
        stage = Stage(folder)
        made = Copied(stage, "", "")
        made.key = made.client("kms", made.account).create_key()["KeyMetadata"]["Arn"]
        made.copy_key = made.client("kms", BACKUP).create_key()["KeyMetadata"]["Arn"]
        made.open_key(lent=True)
        given = (made.account, BACKUP, environment.REGION)
        iam = made.client("iam", BACKUP)
        iam.create_role(RoleName="sluice-copies", AssumeRolePolicyDocument=json.dumps(policy_of("trust", *given)))
        database_key, copy_key = made.key.rpartition("/")[2], made.copy_key.rpartition("/")[2]
        policy = json.dumps(policy_of("role", *given, DATABASE_KEY=database_key, COPY_KEY=copy_key))
        iam.put_role_policy(RoleName="sluice-copies", PolicyName="copies", PolicyDocument=policy)
        text = stage.settings.read_text()
        settings = (
            "  snapshot:\n    before: true\n    copyTo:\n"
            f"      role: arn:aws:iam::{BACKUP}:role/sluice-copies\n      key: {made.copy_key}\n"
            "  notify:\n    email: [ops@example.com]\n"
        )
        text = text.replace("  migrations:\n", f"{settings}  migrations:\n", 1)
        stage.settings.write_text(text.replace("  database:\n", f"  database:\n    kmsKey: {made.key}\n", 1))
        yield made
    finally:
        emulator.stop(folder / "local")


def test_the_other_account_gets_a_copy_that_the_run_does_not_wait_for(copied: Copied) -> None:
    said = copied.stage.up().output
    assert said.index("is available after") < said.index(f"is being copied to account {BACKUP}")
    assert said.index(f"is being copied to account {BACKUP}") < said.index("bootstrap: task ")
    [own], [copy] = copied.snapshots(copied.account), copied.snapshots(BACKUP)
    assert copy["DBSnapshotIdentifier"] == own["DBSnapshotIdentifier"]
    assert (own["KmsKeyId"], copy["KmsKeyId"]) == (copied.key, copied.copy_key)
    assert tags(copy) == {key: value for key, value in tags(own).items() if key.startswith("sluice:")}
    assert tags(copy)["sluice:copyTo"] == BACKUP
    until(lambda: copied.snapshots(BACKUP)[0]["Status"] == "available", 60, "the copy is available")


def test_only_who_may_use_the_key_can_do_anything_with_a_shared_snapshot(copied: Copied) -> None:
    """IAM has no condition on whom a snapshot is shared with: the deploy role could share it with anybody."""
    [own] = copied.snapshots(copied.account)
    name, rds = own["DBSnapshotIdentifier"], copied.client("rds", copied.account)
    stranger = copied.client("rds", STRANGER)
    theirs = copied.client("kms", STRANGER).create_key()["KeyMetadata"]["Arn"]

    def stolen() -> str:
        with pytest.raises(ClientError) as refused:
            stranger.copy_db_snapshot(
                SourceDBSnapshotIdentifier=own["DBSnapshotArn"], TargetDBSnapshotIdentifier="mine", KmsKeyId=theirs
            )
        return str(refused.value.response["Error"]["Code"])

    assert stolen() == "DBSnapshotNotFound"
    rds.modify_db_snapshot_attribute(DBSnapshotIdentifier=name, AttributeName="restore", ValuesToAdd=[STRANGER])
    assert stolen() == "KMSKeyNotAccessibleFault"
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        rds.modify_db_snapshot_attribute(DBSnapshotIdentifier=name, AttributeName="restore", ValuesToAdd=["all"])
    rds.modify_db_snapshot_attribute(DBSnapshotIdentifier=name, AttributeName="restore", ValuesToRemove=[STRANGER])
    [shared] = rds.describe_db_snapshot_attributes(DBSnapshotIdentifier=name)["DBSnapshotAttributesResult"][
        "DBSnapshotAttributes"
    ]
    assert shared["AttributeValues"] == [BACKUP]


def test_a_copy_that_cannot_begin_stops_no_deploy_and_the_next_run_makes_up_for_it(copied: Copied) -> None:
    stage = copied.stage
    sqs, topic = stage.client("sqs"), stage.outputs()["topic"]
    queue = sqs.create_queue(QueueName="copies")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    stage.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    copied.open_key(lent=False)
    stage.edit(PAGE, "</body>", "<!-- one --></body>")
    said = stage.up().output
    assert f"to account {BACKUP} did not start (CopyDBSnapshot: KMSKeyNotAccessibleFault" in said
    assert "let that account use the database's key" in said
    assert len(copied.snapshots(BACKUP)) == 1
    [message] = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=10, MaxNumberOfMessages=10)["Messages"]
    notice = json.loads(message["Body"])
    assert notice["Subject"].startswith("Sluice: snapshot copy failed in sluice/local: the copy of snapshot ")
    assert "The migration continues" in notice["Message"]

    copied.open_key(lent=True)
    stage.edit(PAGE, "</body>", "<!-- two --></body>")
    said = stage.up().output
    assert "it is started again" in said
    names = [one["DBSnapshotIdentifier"] for one in copied.snapshots(copied.account)]
    assert [one["DBSnapshotIdentifier"] for one in copied.snapshots(BACKUP)] == names
    assert len(names) == 3


def test_a_source_that_is_deleted_meanwhile_fails_its_copy(copied: Copied) -> None:
    """What the gate avoids: the local AWS does what the user guide warns of."""
    rds, backup = copied.client("rds", copied.account), copied.client("rds", BACKUP)
    source = copied.snapshots(copied.account)[-1]
    backup.copy_db_snapshot(
        SourceDBSnapshotIdentifier=source["DBSnapshotArn"],
        TargetDBSnapshotIdentifier="by-hand",
        KmsKeyId=copied.copy_key,
    )
    rds.delete_db_snapshot(DBSnapshotIdentifier=source["DBSnapshotIdentifier"])
    [found] = backup.describe_db_snapshots(DBSnapshotIdentifier="by-hand")["DBSnapshots"]
    assert found["Status"] == "failed"

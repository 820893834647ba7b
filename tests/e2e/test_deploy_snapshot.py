"""Before a migration: is anything pending, and if so a snapshot; after a failed one: a notice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.stage import Stage

PAGE = "src/notes/page.html"
SETTINGS = """\
  snapshot:
    before: true
    # Exits with 0 when every database has this image's newest revision.
    pending: [migrate, verify]
  notify:
    email: [ops@example.com]
"""


@pytest.fixture
def careful(deployed: Stage) -> Iterator[Stage]:
    text = deployed.settings.read_text()
    deployed.settings.write_text(text.replace("  migrations:\n", f"{SETTINGS}  migrations:\n", 1))
    yield deployed
    deployed.settings.write_text(text)


def snapshots(stage: Stage) -> list[dict[str, Any]]:
    return list(stage.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"])


def test_a_snapshot_only_when_something_is_pending_and_a_notice_when_it_fails(careful: Stage) -> None:
    careful.edit(PAGE, "</body>", "<!-- nothing to migrate --></body>")
    finished = careful.up()
    assert "snapshot: no migration is pending, none is needed" in finished.output
    assert snapshots(careful) == []

    # A queue hears what a person would read.
    sqs, sns, topic = careful.client("sqs"), careful.client("sns"), careful.outputs()["topic"]
    queue = sqs.create_queue(QueueName="notices")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    broken = careful.add_migration(9050, "import sys\nprint('tenant 42 has no owner', flush=True)\nsys.exit(3)")
    finished = careful.up(expect=None)
    broken.unlink()
    assert finished.code != 0
    [taken] = snapshots(careful)
    assert taken["Status"] == "available"
    tags = {tag["Key"]: tag["Value"] for tag in taken["TagList"]}
    assert taken["DBSnapshotIdentifier"].startswith(f"sluice-sluice-local-run-{tags['sluice:run']}-")
    said = finished.output
    assert "a migration is pending" in said
    assert said.index("is available after") < said.index("master: task ", said.index("a migration is pending"))

    # EventBridge tells of the task as well, in case that the gate itself is gone.
    messages = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=10, MaxNumberOfMessages=10)["Messages"]
    notices = {notice["Subject"]: notice for notice in (json.loads(message["Body"]) for message in messages)}
    [notice] = [notice for subject, notice in notices.items() if subject.startswith("Sluice:")]
    assert notice["Subject"].startswith("Sluice: migration failed in sluice/local: migration step 'master'")
    assert len(notice["Subject"]) < 100
    for part in ("exit code 3", "tenant 42 has no owner", "log group /sluice/sluice/local/migration", "@sha256:"):
        assert part in notice["Message"], notice["Message"]

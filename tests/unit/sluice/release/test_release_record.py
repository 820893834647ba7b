"""Releases and the rollout under way, in an SSM that moto plays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest
from moto import mock_aws

from sluice.aws.answers import StaleAnswer
from sluice.release.names import Names
from sluice.release.release_record import KEPT, Release, ReleaseRecords, RolloutRecord, deployer, mover, names_of
from tests.unit.sluice.aws.parameters import Ssm


@pytest.fixture
def records(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReleaseRecords]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield ReleaseRecords(
            boto3.client(
                "ssm",
                region_name="eu-west-1",
                aws_access_key_id="testing",
                aws_secret_access_key="testing",
            ),
            "/sluice/notes/prod/",
        )


def test_the_last_rollout(records: ReleaseRecords) -> None:
    assert records.rollout() is None
    begun = RolloutRecord("repo@sha256:1", "arn:td/n:2", "arn:td/n:1", 1_000, owner="a", author="ann@host", release=3)
    records.write(begun)
    assert records.rollout() == begun
    ended = replace(begun, deployment="ecs-svc/1", state="failed", message="x" * 5_000)
    records.write(ended)
    found = records.rollout()
    assert found is not None
    assert (found.state, found.deployment, len(found.message)) == ("failed", "ecs-svc/1", 500)


def test_releases_count_up_and_the_same_deployment_is_one(records: ReleaseRecords) -> None:
    assert records.all() == []
    first = records.add("repo@sha256:1", "arn:td/n:1", 10, "ecs-svc/1", 0)
    assert first == Release(1, "repo@sha256:1", "arn:td/n:1", 10, "ecs-svc/1")
    assert records.add("repo@sha256:1", "arn:td/n:1", 99, "ecs-svc/1", 0) == first, "an answer that was lost"
    second = records.add("repo@sha256:2", "arn:td/n:2", 20, "ecs-svc/2", 1)
    assert records.all() == [first, second]


def test_a_release_keeps_who_what_and_how_it_is_called(records: ReleaseRecords) -> None:
    made = records.add("repo@sha256:1", "td", 10, "ecs-svc/1", 0, "ann@host", "rollback", Names("2.4", "a" * 40))
    assert records.all() == [made]
    assert str(made.names) == "version 2.4, revision aaaaaaaaaaaa"
    assert deployer(made) == "`sluice rollback` by ann@host"


@pytest.mark.parametrize("author", ["", "ann@host"])
def test_a_release_of_an_older_version_is_read(records: ReleaseRecords, author: str) -> None:
    content = {"digest": "repo@sha256:1", "task_definition": "td", "at": 10, "deployment": "d"}
    value = json.dumps(content | ({"author": author} if author else {}))
    records._parameters.create("/sluice/notes/prod/releases/1", value)
    (old,) = records.all()
    assert (old.by, old.version, bool(old.names)) == ("", "", False)
    assert deployer(old) == (author or "an older version of Sluice")


def test_an_images_names_are_those_of_its_newest_release_that_knows_them() -> None:
    first = Release(1, "repo@sha256:1", "td:1", 10, "d1", version="2.4")
    other = Release(2, "repo@sha256:2", "td:2", 20, "d2", version="2.5")
    unnamed = Release(3, "repo@sha256:1", "td:1", 30, "d3")
    assert names_of([first, other, unnamed], "elsewhere@sha256:1") == Names("2.4")
    assert names_of([first, other, unnamed], "sha256:3") == Names()


MOVED: list[tuple[str, list[Release], RolloutRecord | None, str]] = [
    ("a stranger", [], None, "the service runs n:9, which Sluice did not deploy"),
    (
        "a rollout that goes on",
        [],
        RolloutRecord("d", "arn:td/n:9", "", 1_000, author="ann@host", by="up"),
        "n:9 is being rolled out by `pulumi up` by ann@host since 1970-01-01 00:16:40 UTC",
    ),
    (
        "one that has ended",
        [Release(4, "repo@sha256:1", "arn:td/n:9", 1_000, "d", "ci@runner", "up")],
        RolloutRecord("d", "arn:td/n:9", "", 900, author="ann@host", by="up", state="proven"),
        "the service runs n:9, release 4: `pulumi up` by ci@runner deployed it at 1970-01-01 00:16:40 UTC",
    ),
]


@pytest.mark.parametrize(("releases", "rollout", "text"), [one[1:] for one in MOVED], ids=[one[0] for one in MOVED])
def test_what_moved_the_service(releases: list[Release], rollout: RolloutRecord | None, text: str) -> None:
    assert mover("arn:td/n:9", releases, rollout) == text


def test_a_number_that_another_took_is_left_to_it(records: ReleaseRecords) -> None:
    """The newest known release is from a listing that lags behind."""
    theirs = records.add("repo@sha256:1", "arn:td/n:1", 10, "ecs-svc/1", 0)
    mine = records.add("repo@sha256:2", "arn:td/n:2", 20, "ecs-svc/2", 0)
    assert records.all() == [theirs, mine]
    assert mine.number == 2


def test_the_recent_ones_are_one_request_away(records: ReleaseRecords) -> None:
    for number in range(15):
        records.add("repo@sha256:1", f"arn:td/n:{number}", number, f"ecs-svc/{number}", number)
    assert [one.number for one in records.recent(14)] == list(range(6, 16))
    assert [one.number for one in records.recent(2)] == list(range(1, 16)), "known of long ago: on to the newest"
    assert [one.number for one in records.recent(0)] == list(range(1, 16))


def test_only_the_newest_fifty_are_kept_and_their_numbers_are_not_reused(records: ReleaseRecords) -> None:
    for number in range(KEPT + 3):
        records.add("repo@sha256:1", "arn:td/n:1", number, f"ecs-svc/{number}", number)
    found = [one.number for one in records.all()]
    assert found == list(range(4, KEPT + 4))


def test_all_of_it_goes_with_the_stack(records: ReleaseRecords) -> None:
    records.add("repo@sha256:1", "arn:td/n:1", 10, "ecs-svc/1", 0)
    records.write(RolloutRecord("repo@sha256:1", "arn:td/n:2", "", 1_000))
    records.delete_all()
    assert records.all() == []
    assert records.rollout() is None


def test_an_answer_from_before_what_was_written_is_no_answer() -> None:
    ssm = Ssm()
    mine, theirs = ReleaseRecords(ssm, "/sluice/p/s"), ReleaseRecords(ssm, "/sluice/p/s")
    first = RolloutRecord("repo@sha256:1", "arn:td/n:2", "", 1_000, owner="a")
    mine.write(first)
    mine.write(replace(first, deployment="ecs-svc/1"))
    ssm.versions["/sluice/p/s/rollout"] = 1
    with pytest.raises(StaleAnswer, match="version 1 of /sluice/p/s/rollout, after version 2"):
        mine.rollout()
    assert theirs.rollout() is not None, "who has seen nothing newer takes what there is"
    ssm.parameters.clear()
    with pytest.raises(StaleAnswer, match="is missing, but was written"):
        mine.rollout()

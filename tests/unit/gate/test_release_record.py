"""Releases and the rollout under way, in an SSM that moto plays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest
from moto import mock_aws

from gate.answers import StaleAnswer
from gate.release_record import KEPT, Release, ReleaseRecords, RolloutRecord
from tests.unit.gate.parameters import Ssm


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
    begun = RolloutRecord("repo@sha256:1", "arn:td/n:2", "arn:td/n:1", 1_000, owner="a", who="ann@host", release=3)
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
    with pytest.raises(StaleAnswer, match="is not there, which was written"):
        mine.rollout()

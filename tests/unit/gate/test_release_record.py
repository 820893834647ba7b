"""Releases and the rollout under way, in an SSM that moto plays."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from gate.release_record import KEPT, Release, ReleaseRecords, UnderWay


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


def test_the_rollout_under_way(records: ReleaseRecords) -> None:
    assert records.under_way() is None
    under_way = UnderWay("repo@sha256:1", "arn:td/n:2", "arn:td/n:1", 1_000)
    records.begin(under_way)
    assert records.under_way() == under_way
    records.begin(UnderWay("repo@sha256:1", "arn:td/n:2", "arn:td/n:1", 1_000, "ecs-svc/1"))
    found = records.under_way()
    assert found is not None
    assert found.deployment == "ecs-svc/1"
    records.end()
    records.end()
    assert records.under_way() is None


def test_releases_count_up_and_the_same_deployment_is_one(records: ReleaseRecords) -> None:
    assert records.all() == []
    first = records.add("repo@sha256:1", "arn:td/n:1", 10, "ecs-svc/1")
    assert first == Release(1, "repo@sha256:1", "arn:td/n:1", 10, "ecs-svc/1")
    assert records.add("repo@sha256:1", "arn:td/n:1", 99, "ecs-svc/1") == first
    second = records.add("repo@sha256:2", "arn:td/n:2", 20, "ecs-svc/2")
    assert records.all() == [first, second]


def test_only_the_newest_fifty_are_kept_and_their_numbers_are_not_reused(records: ReleaseRecords) -> None:
    for number in range(KEPT + 3):
        records.add("repo@sha256:1", "arn:td/n:1", number, f"ecs-svc/{number}")
    found = [one.number for one in records.all()]
    assert found == list(range(4, KEPT + 4))


def test_all_of_it_goes_with_the_stack(records: ReleaseRecords) -> None:
    records.add("repo@sha256:1", "arn:td/n:1", 10, "ecs-svc/1")
    records.begin(UnderWay("repo@sha256:1", "arn:td/n:2", "", 1_000))
    records.delete_all()
    assert records.all() == []
    assert records.under_way() is None

"""What is asked of RDS about an instance or a cluster, and how its answers are read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from sluice.aws.answers import IncompleteAnswer
from sluice.migration.snapshot.snapshot_name import RECORDS, RUN, Taken, snapshot_tags
from sluice.migration.snapshot.snapshot_source import SnapshotSource, code
from tests.unit.sluice.migration.simulation import client_error
from tests.unit.sluice.migration.snapshot.rds_calls import RdsCalls
from tests.unit.sluice.migration.snapshot.rds_stage import RECORD_PATH, run_record

MADE = datetime(2026, 11, 27, tzinfo=UTC)
KINDS = [(False, "DBSnapshot", "db_snapshots"), (True, "DBClusterSnapshot", "db_cluster_snapshots")]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ([], ("", "")),
        ([{"DBInstanceStatus": "available"}], ("available", "")),
        ([{"DBInstanceStatus": "modifying", "DBClusterIdentifier": "c-1"}], ("modifying", "c-1")),
    ],
)
def test_the_state_of_an_instance(answer: list[dict[str, str]], state: tuple[str, str]) -> None:
    rds = RdsCalls(describe_db_instances=[{"DBInstances": answer}])
    assert SnapshotSource(rds, "db-1").state() == state
    assert rds.asked == [("describe_db_instances", {"DBInstanceIdentifier": "db-1"})]


@pytest.mark.parametrize(("answer", "state"), [([], ("", "")), ([{"Status": "available"}], ("available", ""))])
def test_the_state_of_a_cluster(answer: list[dict[str, str]], state: tuple[str, str]) -> None:
    rds = RdsCalls(describe_db_clusters=[{"DBClusters": answer}])
    assert SnapshotSource(rds, "c-1", cluster=True).state() == state
    assert rds.asked == [("describe_db_clusters", {"DBClusterIdentifier": "c-1"})]


@pytest.mark.parametrize(("cluster", "kind", "operation"), KINDS)
def test_the_state_of_a_snapshot(cluster: bool, kind: str, operation: str) -> None:
    found = [[], [{"Status": "creating"}], [{"Status": "creating", "PercentProgress": 34}]]
    answers: list[Any] = [*({f"{kind}s": one} for one in found), client_error(f"{kind}NotFoundFault", "Describe")]
    rds = RdsCalls(**{f"describe_{operation}": answers})
    source = SnapshotSource(rds, "db-1", cluster)
    assert [source.snapshot("s") for _ in range(4)] == [("", 0), ("creating", 0), ("creating", 34), ("", 0)]
    assert rds.asked == [(f"describe_{operation}", {f"{kind}Identifier": "s"})] * 4


@pytest.mark.parametrize(("cluster", "kind", "operation"), KINDS)
def test_an_arn_that_is_missing_is_an_incomplete_answer(cluster: bool, kind: str, operation: str) -> None:
    """So that the call is repeated, as after throttling."""
    for found in ([], [{"Status": "available"}], [{f"{kind}Arn": ""}]):
        rds = RdsCalls(**{f"describe_{operation}": [{f"{kind}s": found}]})
        with pytest.raises(IncompleteAnswer) as failure:
            SnapshotSource(rds, "db-1", cluster).arn("s")
        assert failure.value.kwargs == {"operation": f"Describe{kind}s", "lacking": f"{kind}Arn is missing"}


@pytest.mark.parametrize(("cluster", "kind", "operation"), KINDS)
def test_all_pages_of_the_databases_own_manual_snapshots_are_listed(cluster: bool, kind: str, operation: str) -> None:
    first = {f"{kind}Identifier": "a", "Status": "available", "SnapshotCreateTime": MADE}
    second = {f"{kind}Identifier": "b", "Status": "creating", "TagList": [{"Key": "k", "Value": "v"}]}
    rds = RdsCalls(**{f"describe_{operation}": [[{f"{kind}s": [first]}, {f"{kind}s": [second]}]]})
    assert SnapshotSource(rds, "db-1", cluster).all() == [
        Taken("a", "available", MADE.timestamp(), {}),
        Taken("b", "creating", 0, {"k": "v"}),
    ]
    own = {"DBClusterIdentifier" if cluster else "DBInstanceIdentifier": "db-1"}
    assert rds.asked == [(f"describe_{operation}", own | {"SnapshotType": "manual"})]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"Error": {"Code": "DBInstanceNotFoundFault"}}, "DBInstanceNotFound"),
        ({"Error": {"Code": "AccessDenied"}}, "AccessDenied"),
        ({"Error": {}}, ""),
        ({}, ""),
    ],
)
def test_a_code_has_no_suffix(answer: Any, expected: str) -> None:
    assert code(ClientError(answer, "DescribeDBInstances")) == expected


# -- against moto


@pytest.fixture
def rds(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        yield boto3.client("rds", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")


def test_what_goes_to_rds_and_comes_back(rds: Any) -> None:
    made = {"Engine": "postgres", "DBInstanceClass": "db.t4g.micro", "AllocatedStorage": 20}
    rds.create_db_instance(DBInstanceIdentifier="db-1", MasterUsername="a", MasterUserPassword="b" * 12, **made)
    source = SnapshotSource(rds, "db-1")
    assert source.state() == ("available", "")
    assert SnapshotSource(rds, "db-2").state() == ("", "")
    assert source.snapshot("s-1") == ("", 0)
    source.create("s-1", snapshot_tags(RECORD_PATH, run_record()))
    assert source.snapshot("s-1")[0] == "available"
    [found] = source.all()
    assert (found.name, found.status, found.tags[RECORDS], found.tags[RUN]) == ("s-1", "available", RECORD_PATH, "7")
    assert found.created > 1_600_000_000
    source.delete("s-1")
    assert source.all() == []


def test_the_same_for_a_cluster(rds: Any) -> None:
    rds.create_db_cluster(
        DBClusterIdentifier="c-1", Engine="aurora-postgresql", MasterUsername="a", MasterUserPassword="b" * 12
    )
    source = SnapshotSource(rds, "c-1", cluster=True)
    assert source.state() == ("available", "")
    assert SnapshotSource(rds, "c-2", cluster=True).state() == ("", "")
    assert source.snapshot("s-1") == ("", 0)
    source.create("s-1", {"a": "b"})
    assert source.snapshot("s-1")[0] == "available"
    assert [(one.name, one.tags) for one in source.all()] == [("s-1", {"a": "b"})]
    source.delete("s-1")
    assert source.all() == []

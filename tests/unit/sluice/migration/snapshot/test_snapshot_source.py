"""What is asked of RDS about an instance or a cluster, and how its answers are read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sluice.aws.answers import IncompleteAnswer
from sluice.migration.snapshot.snapshot_name import Taken
from sluice.migration.snapshot.snapshot_source import SnapshotSource, code
from tests.unit.sluice.migration.simulation import client_error
from tests.unit.sluice.migration.snapshot.rds_calls import RdsCalls

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

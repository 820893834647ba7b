"""The RDS API of an instance and its snapshots, or of an Aurora (or Multi-AZ) cluster and its snapshots.

IAM: rds:DescribeDBInstances, rds:DescribeDBClusters, rds:DescribeDBSnapshots, rds:DescribeDBClusterSnapshots on ``*``;
rds:CreateDBSnapshot on the instance and on ``snapshot:sluice-PROJECT-STACK-*`` (a cluster: rds:CreateDBClusterSnapshot
on the cluster and on ``cluster-snapshot:sluice-PROJECT-STACK-*``) with rds:AddTagsToResource for the tags;
rds:DeleteDBSnapshot (rds:DeleteDBClusterSnapshot) on these snapshots. For copies:
sluice/migration/snapshot/snapshot_copy.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from sluice.aws.answers import IncompleteAnswer
from sluice.migration.snapshot.snapshot_name import Taken


def code(error: ClientError) -> str:
    """Return AWS's error code, without the suffix ``Fault`` that RDS adds to some."""
    return str(error.response.get("Error", {}).get("Code", "")).removesuffix("Fault")


def _arn(found: Sequence[Mapping[str, Any]], key: str, operation: str) -> str:
    if not found or not found[0].get(key):
        raise IncompleteAnswer(operation=operation, lacking=f"{key} is missing")
    return str(found[0][key])


@dataclass(frozen=True)
class SnapshotSource:
    """The database that is copied.

    Attributes:
        identifier: of the instance or cluster.
        cluster: whether it is a cluster.
    """

    rds: Any
    identifier: str
    cluster: bool = False

    @property
    def noun(self) -> str:
        return f"{'cluster' if self.cluster else 'database instance'} {self.identifier}"

    def state(self) -> tuple[str, str]:
        """Return its status (empty: it does not exist), and the cluster that an instance belongs to."""
        try:
            if self.cluster:
                found = self.rds.describe_db_clusters(DBClusterIdentifier=self.identifier)["DBClusters"]
                return (found[0]["Status"] if found else ""), ""
            found = self.rds.describe_db_instances(DBInstanceIdentifier=self.identifier)["DBInstances"]
        except ClientError as error:
            if code(error) in ("DBInstanceNotFound", "DBClusterNotFound"):
                return "", ""
            raise
        return (found[0]["DBInstanceStatus"], found[0].get("DBClusterIdentifier", "")) if found else ("", "")

    def create(self, name: str, tags: Mapping[str, str]) -> None:
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        if self.cluster:
            self.rds.create_db_cluster_snapshot(
                DBClusterIdentifier=self.identifier, DBClusterSnapshotIdentifier=name, Tags=listed
            )
        else:
            self.rds.create_db_snapshot(DBInstanceIdentifier=self.identifier, DBSnapshotIdentifier=name, Tags=listed)

    def snapshot(self, name: str) -> tuple[str, int]:
        """Return status (empty: it does not exist) and percentage of one snapshot."""
        try:
            if self.cluster:
                found = self.rds.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier=name)["DBClusterSnapshots"]
            else:
                found = self.rds.describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"]
        except ClientError as error:
            if code(error) in ("DBSnapshotNotFound", "DBClusterSnapshotNotFound"):
                return "", 0
            raise
        return (found[0]["Status"], int(found[0].get("PercentProgress") or 0)) if found else ("", 0)

    def arn(self, name: str) -> str:
        """Return the ARN of an existing snapshot."""
        if self.cluster:
            found = self.rds.describe_db_cluster_snapshots(DBClusterSnapshotIdentifier=name)["DBClusterSnapshots"]
            return _arn(found, "DBClusterSnapshotArn", "DescribeDBClusterSnapshots")
        found = self.rds.describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"]
        return _arn(found, "DBSnapshotArn", "DescribeDBSnapshots")

    def share(self, name: str, account: str) -> None:
        """Let another account copy a manual snapshot, until the permission is revoked."""
        asked = {"AttributeName": "restore", "ValuesToAdd": [account]}
        if self.cluster:
            self.rds.modify_db_cluster_snapshot_attribute(DBClusterSnapshotIdentifier=name, **asked)
        else:
            self.rds.modify_db_snapshot_attribute(DBSnapshotIdentifier=name, **asked)

    def copy(self, arn: str, name: str, key: str, tags: Mapping[str, str]) -> None:
        """Start to copy the shared snapshot *arn* of another account to *name* under the KMS key *key*."""
        listed = [{"Key": tag, "Value": value} for tag, value in tags.items()]
        if self.cluster:
            self.rds.copy_db_cluster_snapshot(
                SourceDBClusterSnapshotIdentifier=arn,
                TargetDBClusterSnapshotIdentifier=name,
                KmsKeyId=key,
                Tags=listed,
            )
        else:
            self.rds.copy_db_snapshot(
                SourceDBSnapshotIdentifier=arn, TargetDBSnapshotIdentifier=name, KmsKeyId=key, Tags=listed
            )

    def all(self) -> list[Taken]:
        """Return every manual snapshot of this database, including those of others."""
        if self.cluster:
            pages = self.rds.get_paginator("describe_db_cluster_snapshots").paginate(
                DBClusterIdentifier=self.identifier, SnapshotType="manual"
            )
            listed = [one for page in pages for one in page["DBClusterSnapshots"]]
        else:
            pages = self.rds.get_paginator("describe_db_snapshots").paginate(
                DBInstanceIdentifier=self.identifier, SnapshotType="manual"
            )
            listed = [one for page in pages for one in page["DBSnapshots"]]
        key = "DBClusterSnapshotIdentifier" if self.cluster else "DBSnapshotIdentifier"
        return [
            Taken(
                name=one[key],
                status=one["Status"],
                created=one["SnapshotCreateTime"].timestamp() if one.get("SnapshotCreateTime") else 0,
                tags={tag["Key"]: tag["Value"] for tag in one.get("TagList") or ()},
            )
            for one in listed
        ]

    def delete(self, name: str) -> None:
        if self.cluster:
            self.rds.delete_db_cluster_snapshot(DBClusterSnapshotIdentifier=name)
        else:
            self.rds.delete_db_snapshot(DBSnapshotIdentifier=name)

"""The names of a stack's resources: the limits of what its deployers may touch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from infra import naming
from infra.policies import AccountRegion

BALANCER = 24
"""Characters of the stack's name in the names of load balancers and target groups: AWS allows 32, of which Pulumi's own
suffix takes 8 (components/network/load_balancer.py)."""

ALTERNATE = "-alt"
"""Suffix of a second target group's name (components/network/target_group.py)."""


@dataclass(frozen=True)
class Upstream:
    """The stack that another one promotes from.

    Attributes:
        account: id of its account; empty: this one.
    """

    stack: str
    account: str = ""


@dataclass(frozen=True)
class Scope:
    """One stack in one account and Region.

    Attributes:
        snapshot_copies: ARN of the role in another account that copies its snapshots; empty: none.
        bucket, bucket_key: name of the account's state bucket, ARN of the key that encrypts it.
        key: ARN of the key that encrypts the secrets in this stack's state.
        upstream: the stack that this one promotes from.
        existing: ARNs of what the stack uses and does not own: a cluster, listener, VPC, database and its security
            group, topic.
        zones: ids of the hosted zones that it writes records to.
        hosts: host names of these records.
        secrets: ARNs of further secrets that its tasks read.
        check_keys: whether the deploy role reads their values too, for the keys of their JSON.
        app: IAM actions that the policies of the application may contain.
        deletes_snapshots: whether the deploy role may delete the snapshots that it took.
        signing_key: ARN of the KMS key that the stack signs images with; empty: it signs none.
        trusted: ARNs of the keys that it verifies signatures with.
    """

    account: AccountRegion
    project: str
    stack: str
    bucket: str
    bucket_key: str
    key: str
    upstream: Upstream | None = None
    existing: Sequence[str] = ()
    zones: Sequence[str] = ()
    hosts: Sequence[str] = ()
    secrets: Sequence[str] = ()
    check_keys: bool = False
    app: Sequence[str] = ()
    deletes_snapshots: bool = True
    snapshot_copies: str = ""
    signing_key: str = ""
    trusted: Sequence[str] = ()

    @property
    def name(self) -> str:
        """Return the prefix of the stack's resource names; Pulumi appends a hyphen and seven characters."""
        return naming.prefix(self.project, self.stack)

    @property
    def balancer(self) -> str:
        """Return the prefix for load balancers and target groups."""
        return self.name[:BALANCER].rstrip("-")

    @property
    def target_groups(self) -> list[str]:
        """Return ARNs of the target group and of the second one that some strategies need.

        The second one's name leaves room for `-alt` (components/network/target_group.py).
        """
        alternate = f"{self.name[: BALANCER - len(ALTERNATE)].rstrip('-')}{ALTERNATE}"
        names = [self.balancer, *([] if alternate.startswith(f"{self.balancer}-") else [alternate])]
        return [self.arn("elasticloadbalancing", f"targetgroup/{name}-*") for name in names]

    @property
    def listener_rules(self) -> list[str]:
        """Return ARNs of the rules of the stack's own load balancer and of the existing listeners it uses."""
        used = self.used("elasticloadbalancing", "listener/app/")
        own = self.arn("elasticloadbalancing", f"listener-rule/app/{self.balancer}-*")
        return [own, *(f"{arn.replace(':listener/', ':listener-rule/')}/*" for arn in used)]

    @property
    def records(self) -> str:
        """Return the path above the stack's parameters and log groups."""
        return f"/sluice/{self.project}/{self.stack}"

    def states(self, path: str) -> str:
        """Return the ARN of the state bucket, or of an object in it (`/.pulumi/…`)."""
        return f"arn:{self.account.partition}:s3:::{self.bucket}{path}"

    def arn(self, service: str, resource: str, *, region: str | None = None, account: str | None = None) -> str:
        """Return an ARN in this account and Region; pass empty ones for services without them."""
        region = self.account.region if region is None else region
        account = self.account.id if account is None else account
        return f"arn:{self.account.partition}:{service}:{region}:{account}:{resource}"

    def globally(self, service: str, resource: str) -> str:
        """Return an ARN of a global service."""
        return self.arn(service, resource, region="")

    @property
    def roles(self) -> str:
        """Return the ARN pattern of the stack's roles."""
        return self.globally("iam", f"role{naming.role_path(self.project, self.stack)}*")

    @property
    def boundary(self) -> str:
        """Return the ARN of the policy that bounds the stack's roles."""
        return self.globally("iam", f"policy{naming.boundary(self.project, self.stack)}")

    @property
    def clusters(self) -> list[str]:
        """Return name patterns of the ECS clusters that the stack's tasks run in."""
        return [f"{self.name}-*", *(arn.partition("/")[2] for arn in self.used("ecs", "cluster/"))]

    @property
    def cluster_arns(self) -> list[str]:
        """Return the ARNs of these clusters."""
        return [self.arn("ecs", f"cluster/{self.name}-*"), *self.used("ecs", "cluster/")]

    @property
    def in_clusters(self) -> dict[str, dict[str, Any]]:
        """Return the condition "only in these clusters": the ARN of a task to start does not name one."""
        return {"ArnLike": {"ecs:cluster": self.cluster_arns}}

    @property
    def of_databases(self) -> dict[str, dict[str, Any]]:
        """Return the condition "only secrets that RDS keeps for the stack's own database, or for one it uses".

        Their names are `rds!db-` and unpredictable letters. RDS tags them with their database
        ("AmazonRDSServiceRolePolicy" in the AWS managed policy reference), and only RDS can set that tag.
        """
        instances = [self.arn("rds", f"db:{self.name}-*"), *self.used("rds", "db:")]
        return {"ArnLike": {"aws:ResourceTag/aws:rds:primaryDBInstanceArn": instances}}

    @property
    def of_database_clusters(self) -> dict[str, dict[str, Any]]:
        """Return the same condition for an existing database cluster, which the stack never creates."""
        return {"ArnLike": {"aws:ResourceTag/aws:rds:primaryDBClusterArn": self.used("rds", "cluster:")}}

    def used(self, service: str, kind: str) -> list[str]:
        """Return the ARNs of one kind among those that the stack uses and does not own."""
        return [arn for arn in self.existing if re.match(rf"arn:[^:]+:{service}:[^:]*:[^:]*:{kind}", arn)]

    @property
    def in_region(self) -> dict[str, dict[str, Any]]:
        """Return the condition "only in the stack's Region", for calls that name no resource."""
        return {"StringEquals": {"aws:RequestedRegion": self.account.region}}

    @property
    def new(self) -> dict[str, dict[str, Any]]:
        """Return the condition "only what is created with the stack's tags", the provider's default tags."""
        return {"StringEquals": {"aws:RequestTag/Project": self.project, "aws:RequestTag/Stack": self.stack}}

    @property
    def own(self) -> dict[str, dict[str, Any]]:
        """Return the condition "only what has the stack's tags"."""
        return {"StringEquals": {"aws:ResourceTag/Project": self.project, "aws:ResourceTag/Stack": self.stack}}

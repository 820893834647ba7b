"""What a stack's resources are called: the limits of what its deployers may touch."""

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
"""How the name of a second target group ends (components/network/target_group.py)."""


@dataclass(frozen=True)
class Upstream:
    """The stack that another one promotes from.

    Attributes:
        account: that holds it; empty: the same.
    """

    stack: str
    account: str = ""


@dataclass(frozen=True)
class Scope:
    """One stack in one account and Region.

    Attributes:
        snapshot_copies: ARN of the role of another account that copies its snapshots; empty: none does.
        bucket, bucket_key: where the account's states lie (name), and what encrypts them (ARN).
        key: ARN of what encrypts the secrets in this stack's state.
        upstream: the stack that this one promotes from.
        existing: ARNs of what the stack uses and does not own: a cluster, listener, VPC, database and its security
            group, topic.
        zones: ids of the hosted zones that it writes records to.
        hosts: the names of these records.
        secrets: ARNs of further secrets that its tasks read.
        check_keys: whether the deploy role reads their values too, for the keys of their JSON.
        app: IAM actions that the policies of the service's own code may hold.
        deletes_snapshots: whether the deploy role may delete the snapshots that it took.
        signing_key: ARN of the KMS key that the stack signs images with; empty: it signs none.
        trusted: ARNs of those that it verifies signatures with.
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
        """Return how the names of the stack's resources begin; Pulumi appends a hyphen and seven characters."""
        return naming.prefix(self.project, self.stack)

    @property
    def balancer(self) -> str:
        """The same for load balancers and target groups."""
        return self.name[:BALANCER].rstrip("-")

    @property
    def target_groups(self) -> list[str]:
        """ARNs of the target group and, where a `service.strategy` needs a second one, of that. Its name leaves room
        for `-alt` (components/network/target_group.py)."""
        alternate = f"{self.name[: BALANCER - len(ALTERNATE)].rstrip('-')}{ALTERNATE}"
        names = [self.balancer, *([] if alternate.startswith(f"{self.balancer}-") else [alternate])]
        return [self.arn("elasticloadbalancing", f"targetgroup/{name}-*") for name in names]

    @property
    def listener_rules(self) -> list[str]:
        """ARNs of the rules of the stack's own load balancer and of the existing listeners that it uses."""
        used = self.used("elasticloadbalancing", "listener/app/")
        own = self.arn("elasticloadbalancing", f"listener-rule/app/{self.balancer}-*")
        return [own, *(f"{arn.replace(':listener/', ':listener-rule/')}/*" for arn in used)]

    @property
    def records(self) -> str:
        """Parameters and log groups of the stack lie below it."""
        return f"/sluice/{self.project}/{self.stack}"

    def states(self, path: str) -> str:
        """The ARN of the bucket of states, or of an object in it (`/.pulumi/…`)."""
        return f"arn:{self.account.partition}:s3:::{self.bucket}{path}"

    def arn(self, service: str, resource: str, *, region: str | None = None, account: str | None = None) -> str:
        """An ARN in this account and Region; empty ones for services that know none."""
        region = self.account.region if region is None else region
        account = self.account.id if account is None else account
        return f"arn:{self.account.partition}:{service}:{region}:{account}:{resource}"

    def globally(self, service: str, resource: str) -> str:
        """An ARN of a service without Regions."""
        return self.arn(service, resource, region="")

    @property
    def roles(self) -> str:
        """Every role of the stack."""
        return self.globally("iam", f"role{naming.role_path(self.project, self.stack)}*")

    @property
    def boundary(self) -> str:
        """The policy that bounds them."""
        return self.globally("iam", f"policy{naming.boundary(self.project, self.stack)}")

    @property
    def clusters(self) -> list[str]:
        """Names of the ECS clusters that the stack's tasks run in, as patterns."""
        return [f"{self.name}-*", *(arn.partition("/")[2] for arn in self.used("ecs", "cluster/"))]

    @property
    def cluster_arns(self) -> list[str]:
        """The same clusters by their ARNs."""
        return [self.arn("ecs", f"cluster/{self.name}-*"), *self.used("ecs", "cluster/")]

    @property
    def in_clusters(self) -> dict[str, dict[str, Any]]:
        """Only in these clusters: of a task that is started, no ARN says where."""
        return {"ArnLike": {"ecs:cluster": self.cluster_arns}}

    @property
    def of_databases(self) -> dict[str, dict[str, Any]]:
        """Only secrets that RDS keeps for the stack's own database, or for one that it uses.

        Their names are `rds!db-` and letters that nobody can foretell. RDS tags them with the database that they are
        for ("AmazonRDSServiceRolePolicy" in the AWS managed policy reference), and nobody else can set such a tag.
        """
        instances = [self.arn("rds", f"db:{self.name}-*"), *self.used("rds", "db:")]
        return {"ArnLike": {"aws:ResourceTag/aws:rds:primaryDBInstanceArn": instances}}

    @property
    def of_database_clusters(self) -> dict[str, dict[str, Any]]:
        """The same for an existing cluster of databases, which the stack never makes."""
        return {"ArnLike": {"aws:ResourceTag/aws:rds:primaryDBClusterArn": self.used("rds", "cluster:")}}

    def used(self, service: str, kind: str) -> list[str]:
        """The ARNs of a kind among those that the stack uses and does not own."""
        return [arn for arn in self.existing if re.match(rf"arn:[^:]+:{service}:[^:]*:[^:]*:{kind}", arn)]

    @property
    def in_region(self) -> dict[str, dict[str, Any]]:
        """For calls that name no resource: only those to the stack's Region."""
        return {"StringEquals": {"aws:RequestedRegion": self.account.region}}

    @property
    def new(self) -> dict[str, dict[str, Any]]:
        """Only what is created with the stack's own tags: the provider's default tags."""
        return {"StringEquals": {"aws:RequestTag/Project": self.project, "aws:RequestTag/Stack": self.stack}}

    @property
    def own(self) -> dict[str, dict[str, Any]]:
        """Only what bears the stack's own tags."""
        return {"StringEquals": {"aws:ResourceTag/Project": self.project, "aws:ResourceTag/Stack": self.stack}}

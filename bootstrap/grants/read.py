"""What a preview, a refresh and a drift check read. Nothing can be changed, and no secret's value is read.

Every action is named: a pattern like `ec2:Describe*` would let a pull request's code read the user data of instances
(DescribeInstanceAttribute, DescribeLaunchTemplateVersions), which often holds passwords. Listed are the calls of
the gate, of the bundled plugin, and those that the official plugin adds for the resource types of this program
(terraform-provider-aws 6, `internal/service/…`). bootstrap/grants/own.py has what bears the stack's name.
"""

from __future__ import annotations

from typing import Any

from bootstrap.scope import Scope
from bootstrap.statement import IamStatement

NETWORK = (
    "AccountAttributes", "Addresses", "AddressesAttribute", "AvailabilityZones", "InternetGateways",
    "ManagedPrefixLists", "NatGateways", "NetworkAcls", "NetworkInterfaces", "PrefixLists", "RouteTables",
    "SecurityGroupRules", "SecurityGroups", "Subnets", "Tags", "VpcAttribute", "VpcEndpointServices", "VpcEndpoints",
    "Vpcs",
)  # fmt: skip
BALANCING = (
    "CapacityReservation", "ListenerAttributes", "ListenerCertificates", "Listeners", "LoadBalancerAttributes",
    "LoadBalancers", "Rules", "Tags", "TargetGroupAttributes", "TargetGroups", "TargetHealth",
)  # fmt: skip
DATABASE = (
    "DBClusterSnapshots", "DBClusters", "DBEngineVersions", "DBInstances", "DBParameterGroups", "DBParameters",
    "DBSnapshots", "DBSubnetGroups", "OrderableDBInstanceOptions", "PendingMaintenanceActions",
)  # fmt: skip


def read(scope: Scope) -> list[IamStatement]:
    """Return what AWS describes of an account as a whole only, or before a preview knows its name. For the preview
    role, and for the deploy role beside what it changes."""
    return [*account(scope), *secrets(scope)]


def account(scope: Scope) -> list[IamStatement]:
    """Return access to what no stack's name marks."""
    return [
        IamStatement(
            "Look",
            [
                "acm:DescribeCertificate",
                "acm:ListCertificates",
                "acm:ListTagsForCertificate",
                "application-autoscaling:DescribeScalableTargets",
                "application-autoscaling:DescribeScalingPolicies",
                "application-autoscaling:ListTagsForResource",
                "cloudwatch:DescribeAlarms",
                "cloudwatch:ListTagsForResource",
                *(f"ec2:Describe{one}" for one in NETWORK),
                *(f"elasticloadbalancing:Describe{one}" for one in BALANCING),
                "logs:DescribeLogGroups",
                "logs:DescribeResourcePolicies",
                "logs:ListTagsForResource",
                *(f"rds:Describe{one}" for one in DATABASE),
                "rds:ListTagsForResource",
                "sns:GetSubscriptionAttributes",
                "ssm:DescribeParameters",
            ],
            ["*"],
            scope.in_region,
            why="descriptions of networks, load balancers, databases and alarms, without their data: most of these"
            " calls support no resource, and a preview asks for what is not named yet",
        ),
        IamStatement(
            "TaskDefinitions",
            ["ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions"],
            ["*"],
            scope.in_region,
            why="IAM supports no resource for them: the plain variables of every task definition of the account are"
            " readable, so secrets belong into Secrets Manager, and applications that mistrust each other into accounts"
            " of their own",
        ),
        IamStatement(
            "Zones",
            ["route53:GetChange", "route53:GetHostedZone", "route53:ListHostedZones", "route53:ListHostedZonesByName",
             "route53:ListResourceRecordSets", "route53:ListTagsForResource"],
            ["*"],
            why="public DNS; a zone is found by its name before its id is known",
        ),
    ]  # fmt: skip


def secrets(scope: Scope) -> list[IamStatement]:
    """Return access to which secrets exist and what encrypts them; never to their values."""
    databases: list[tuple[str, dict[str, Any]]] = [("MasterSecret", scope.of_databases)]
    if scope.used("rds", "cluster:"):
        databases.append(("ClusterSecret", scope.of_database_clusters))
    return [
        IamStatement(
            "SecretsNotValues",
            ["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"],
            [scope.arn("secretsmanager", f"secret:{scope.name}-*"), *scope.secrets],
        ),
        *(
            IamStatement(
                name, ["secretsmanager:DescribeSecret"], [scope.arn("secretsmanager", "secret:rds!*")], condition
            )
            for name, condition in databases
        ),
        # Before a run, the gate checks that the key of a secret is enabled.
        IamStatement(
            "Keys",
            ["kms:DescribeKey"],
            [scope.arn("kms", "key/*")],
            why="a secret's key has an id that nobody knows before; its description holds no data",
        ),
    ]  # fmt: skip

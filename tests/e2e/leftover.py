"""Everything that an account holds, asked service by service: what is left of a stack shows, whoever made it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Client = Callable[[str], Any]


@dataclass(frozen=True)
class Kind:
    """How one kind of thing is listed: botocore's service and operation, the answer's list, and each one's name."""

    what: str
    service: str
    operation: str
    items: str
    name: str = ""
    arguments: tuple[tuple[str, Any], ...] = ()


OURS = (("Filters", [{"Name": "tag-key", "Values": ["Stack"]}]),)
"""Of EC2's: what a stack made bears its tag; every account has a network of its own from the beginning."""

KINDS = (
    Kind("repository", "ecr", "describe_repositories", "repositories", "repositoryName"),
    Kind("cluster", "ecs", "list_clusters", "clusterArns"),
    Kind("task definition", "ecs", "list_task_definitions", "taskDefinitionArns"),
    Kind("load balancer", "elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerArn"),
    Kind("target group", "elbv2", "describe_target_groups", "TargetGroups", "TargetGroupArn"),
    Kind("database", "rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    Kind(
        "snapshot",
        "rds",
        "describe_db_snapshots",
        "DBSnapshots",
        "DBSnapshotIdentifier",
        (("SnapshotType", "manual"),),
    ),
    Kind("database subnet group", "rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    Kind("secret", "secretsmanager", "list_secrets", "SecretList", "Name"),
    Kind("parameter", "ssm", "describe_parameters", "Parameters", "Name"),
    Kind("log group", "logs", "describe_log_groups", "logGroups", "logGroupName"),
    Kind("role", "iam", "list_roles", "Roles", "RoleName"),
    Kind("topic", "sns", "list_topics", "Topics", "TopicArn"),
    Kind(
        "database parameter group", "rds", "describe_db_parameter_groups", "DBParameterGroups", "DBParameterGroupName"
    ),
    Kind("VPC", "ec2", "describe_vpcs", "Vpcs", "VpcId", OURS),
    Kind("subnet", "ec2", "describe_subnets", "Subnets", "SubnetId", OURS),
    Kind("route table", "ec2", "describe_route_tables", "RouteTables", "RouteTableId", OURS),
    Kind("internet gateway", "ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId", OURS),
    Kind("security group", "ec2", "describe_security_groups", "SecurityGroups", "GroupId", OURS),
    Kind("network interface", "ec2", "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId", OURS),
    Kind("NAT gateway", "ec2", "describe_nat_gateways", "NatGateways", "NatGatewayId"),
    Kind("address", "ec2", "describe_addresses", "Addresses", "AllocationId"),
    Kind("endpoint", "ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    Kind("alarm", "cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    Kind("dashboard", "cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    Kind("certificate", "acm", "list_certificates", "CertificateSummaryList", "CertificateArn"),
    Kind("rule", "events", "list_rules", "Rules", "Name"),
)


def inventory(client: Client, kinds: Iterable[Kind] = KINDS) -> dict[str, list[str]]:
    """The names of what is there, by kind; kinds of which there is nothing are left out."""
    found = {kind.what: _listed(client, kind) for kind in kinds}
    return {what: names for what, names in found.items() if names}


def _listed(client: Client, kind: Kind) -> list[str]:
    answer = getattr(client(kind.service), kind.operation)(**dict(kind.arguments))
    items = [item for item in answer[kind.items] if not isinstance(item, dict) or item.get("State") != "deleted"]
    return sorted(str(item[kind.name] if kind.name else item) for item in items)

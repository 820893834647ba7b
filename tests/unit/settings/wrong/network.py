"""Wrong settings and their messages. The network."""

from __future__ import annotations

from typing import Any

from tests.unit.settings.wrong.values import EXISTING, LISTENER, without

WRONG: list[tuple[str, dict[str, Any], str]] = [
    (
        "flow logs of an existing network",
        {"network": {**EXISTING, "flowLogs": "all"}},
        'network.vpc = "vpc-0123456789abcdef0": is an existing network, which network.flowLogs cannot change; remove'
        " one of the two",
    ),
    ("too many zones", {"network.zones": 5}, "network.zones = 5: must be at most 4"),
    (
        "unknown egress",
        {"network.egress": "gateway"},
        "network.egress = \"gateway\": must be 'nat', 'natPerZone', 'endpoints' or 'public'",
    ),
    (
        "endpoints with NAT",
        {"network": {"egress": "nat", "endpoints": ["sqs"]}},
        'network.endpoints = ["sqs"]: have no effect without network.egress endpoints; write that, or remove them',
    ),
    (
        "endpoint that is always created",
        {"network": {"egress": "endpoints", "endpoints": ["logs"]}},
        'network.endpoints = ["logs"]: logs is always created; remove it',
    ),
    ("name of a VPC", {"network.vpc": "main"}, 'network.vpc = "main": must match ^vpc-[0-9a-f]{8,17}$'),
    (
        "IPv4 range of an existing network",
        {"network": EXISTING | {"cidr": "10.1.0.0/16"}},
        'network.vpc = "vpc-0123456789abcdef0": is an existing network, which network.cidr cannot change; remove one'
        " of the two",
    ),
    (
        "subnets without a VPC",
        {"network.taskSubnets": ["subnet-00000011"]},
        'network.taskSubnets = ["subnet-00000011"]: has no effect without network.vpc; write that, or remove this',
    ),
    (
        "public IP address without a VPC",
        {"network.assignPublicIp": True},
        "network.assignPublicIp = true: has no effect without network.vpc; write that, or remove this",
    ),
    (
        "one public subnet",
        {"network": EXISTING | {"publicSubnets": ["subnet-00000001"]}},
        'network.publicSubnets = ["subnet-00000001"]: must have at least 2 entries',
    ),
    (
        "subnet listed twice",
        {"network": EXISTING | {"taskSubnets": ["subnet-00000011", "subnet-00000011"]}},
        'network.taskSubnets = ["subnet-00000011", "subnet-00000011"]: subnet-00000011 is listed more than once;'
        " list every subnet once",
    ),
    (
        "existing network without task subnets",
        {"network": without(EXISTING, "taskSubnets")},
        "network.taskSubnets: is required with network.vpc; list the subnets for tasks",
    ),
    (
        "existing network without public subnets",
        {"network": without(EXISTING, "publicSubnets")},
        "network: publicSubnets is required with vpc; list the public subnets for the load balancer",
    ),
    (
        "existing network without database subnets",
        {"network": without(EXISTING, "databaseSubnets")},
        "network: databaseSubnets is required with vpc; list the subnets for the database",
    ),
    (
        "IPv4 range with host bits",
        {"network.cidr": "10.0.0.1/16"},
        'network.cidr = "10.0.0.1/16": is not an IPv4 range (10.0.0.1/16 has host bits set); write one like'
        " 10.0.0.0/16",
    ),
    ("one zone", {"network.zones": 1}, "network.zones = 1: must be at least 2"),
    (
        "IPv4 range too small",
        {"network.cidr": "10.0.0.0/28"},
        'network.cidr = "10.0.0.0/28": is larger than a VPC, or too small for the subnets of every zone; write /16'
        " to /22",
    ),
    (
        "listener without a VPC",
        {"loadBalancer": {"listener": LISTENER, "priority": 1, "host": "a.example.com"}},
        "network: vpc is required with loadBalancer.listener; write the VPC of its load balancer",
    ),
    (
        "public subnets for an existing listener",
        {"loadBalancer": {"listener": LISTENER, "priority": 1, "host": "a.example.com"}, "network": EXISTING},
        "network: publicSubnets has no effect with loadBalancer.listener; remove it",
    ),
]

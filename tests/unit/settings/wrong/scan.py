"""Wrong settings and what is said of them. The scan of the image."""

from __future__ import annotations

from typing import Any

from tests.unit.settings.wrong.values import (
    CERTIFICATE,
    EXISTING,
    LISTENER,
    ROUTED,
    without,
)

WRONG: list[tuple[str, dict[str, Any], str]] = [
    # the scan of the image
    (
        "severity",
        {"scan.severity": "low"},
        "scan.severity = \"low\": must be 'critical', 'high' or 'off'",
    ),
    (
        "exception without end",
        {"scan.exceptions": [{"id": "CVE-2024-3094", "reason": "not reachable"}]},
        "scan.exceptions[0].until: is required; add it to the stack's settings",
    ),
    (
        "exception without an end",
        {"scan.exceptions": [{"id": "CVE-2024-3094", "reason": "not reachable", "until": "9999-12-31"}]},
        'scan.exceptions[0].until = "9999-12-31": is more than one year from today; write an earlier date, on which'
        " somebody reviews it",
    ),
    (
        "exception that ends on no day",
        {"scan.exceptions": [{"id": "CVE-2024-3094", "reason": "not reachable", "until": "soon"}]},
        'scan.exceptions[0].until = "soon": is not a date; write one like "2026-12-31", in quotes',
    ),
    (
        "exception without a reason",
        {"scan.exceptions": [{"id": "CVE-2024-3094", "reason": "todo", "until": "2026-12-31"}]},
        'scan.exceptions[0].reason = "todo": is too short; write in at least 10 characters why it does no harm here',
    ),
    (
        "exception twice",
        {
            "scan.exceptions": [
                {"id": one, "reason": "not reachable", "until": "2026-12-31"}
                for one in ("CVE-2024-3094", "cve-2024-3094")
            ]
        },
        "scan.exceptions: CVE-2024-3094 is listed more than once; list every vulnerability once",
    ),
    (
        "exceptions of nothing",
        {
            "scan": {
                "severity": "off",
                "exceptions": [{"id": "CVE-1-1", "reason": "not reachable", "until": "2026-12-31"}],
            }
        },
        "scan.exceptions: have no effect with scan.severity off; remove them, or set severity to critical or high",
    ),
    (
        "firewall before somebody else's load balancer",
        {
            "waf.enabled": True,
            "loadBalancer": {"listener": LISTENER, "priority": 1, "host": "a.example.com"},
            "network": ROUTED,
        },
        "waf: enabled is set by the owner of the existing load balancer (loadBalancer.listener); remove it",
    ),
    (
        "no group of rules",
        {"waf.managedRules": {"MyRules": "block"}},
        'waf.managedRules = {"MyRules": "block"}: MyRules is not an AWS managed rule group; their names begin with'
        " AWSManagedRules",
    ),
    (
        "neither block nor count",
        {"waf.managedRules": {"AWSManagedRulesCommonRuleSet": "off"}},
        "waf.managedRules.AWSManagedRulesCommonRuleSet = \"off\": must be 'block' or 'count'",
    ),
    (
        "access logs of somebody else's load balancer",
        {
            "loadBalancer": {"listener": LISTENER, "priority": 1, "host": "a.example.com", "accessLogs": True},
            "network": ROUTED,
        },
        "loadBalancer.accessLogs = true: is set by the owner of the existing load balancer (loadBalancer.listener);"
        " remove it",
    ),
    (
        "flow logs of somebody else's network",
        {"network": {**EXISTING, "flowLogs": "all"}},
        'network.vpc = "vpc-0123456789abcdef0": is an existing network, which network.flowLogs cannot change; remove'
        " one of the two",
    ),
    (
        "insights of somebody else's cluster",
        {"cluster": {"arn": "arn:aws:ecs:eu-central-1:111122223333:cluster/shared", "insights": "enabled"}},
        'cluster.insights = "enabled": is set by the owner of the existing cluster (cluster.arn); remove it',
    ),
    (
        "production over HTTP",
        {"environment": "prod"},
        "domain: name is required in prod, because without it the service answers over plain HTTP; set name, and"
        " zone or certificate, or set loadBalancer.listener to an HTTPS listener",
    ),
    (
        "domain without certificate",
        {"domain.name": "shop.example.com"},
        "domain: name needs a certificate; set zone to have one issued, or certificate to use an existing one",
    ),
    (
        "zone by name",
        {"domain": {"name": "shop.example.com", "zone": "example.com"}},
        'domain.zone = "example.com": must match ^Z[A-Z0-9]{1,31}$',
    ),
    (
        "zone without a name",
        {"domain.zone": "Z0123456789ABC"},
        'domain.zone = "Z0123456789ABC": has no effect without domain.name; write that, or remove this',
    ),
    (
        "address for a name",
        {"domain": {"name": "https://shop.example.com", "zone": "Z0123456789ABC"}},
        'domain.name = "https://shop.example.com": must match ^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$',
    ),
    (
        "certificate of another Region",
        {"domain": {"name": "shop.example.com", "certificate": CERTIFICATE.replace("eu-central-1", "us-east-1")}},
        "domain: certificate is not in the stack's Region (eu-central-1); name one in eu-central-1",
    ),
    (
        "no certificate",
        {"domain": {"name": "shop.example.com", "certificate": "shop.pem"}},
        'domain.certificate = "shop.pem": is not the ARN of a certificate in AWS Certificate Manager; write one like'
        " arn:aws:acm:REGION:ACCOUNT:certificate/ID",
    ),
    ("too many zones", {"network.zones": 5}, "network.zones = 5: must be at most 4"),
    (
        "no such way out",
        {"network.egress": "gateway"},
        "network.egress = \"gateway\": must be 'nat', 'natPerZone', 'endpoints' or 'public'",
    ),
    (
        "endpoints beside NAT",
        {"network": {"egress": "nat", "endpoints": ["sqs"]}},
        'network.endpoints = ["sqs"]: have no effect without network.egress endpoints; write that, or remove them',
    ),
    (
        "endpoint that is made anyway",
        {"network": {"egress": "endpoints", "endpoints": ["logs"]}},
        'network.endpoints = ["logs"]: logs is always created; remove it',
    ),
    ("no VPC", {"network.vpc": "main"}, 'network.vpc = "main": must match ^vpc-[0-9a-f]{8,17}$'),
    (
        "existing network and a range",
        {"network": EXISTING | {"cidr": "10.1.0.0/16"}},
        'network.vpc = "vpc-0123456789abcdef0": is an existing network, which network.cidr cannot change; remove one'
        " of the two",
    ),
    (
        "existing subnets without their VPC",
        {"network.taskSubnets": ["subnet-00000011"]},
        'network.taskSubnets = ["subnet-00000011"]: has no effect without network.vpc; write that, or remove this',
    ),
    (
        "public address in a network of its own",
        {"network.assignPublicIp": True},
        "network.assignPublicIp = true: has no effect without network.vpc; write that, or remove this",
    ),
    (
        "one public subnet",
        {"network": EXISTING | {"publicSubnets": ["subnet-00000001"]}},
        'network.publicSubnets = ["subnet-00000001"]: must have at least 2 entries',
    ),
    (
        "one subnet twice",
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
        "no range",
        {"network.cidr": "10.0.0.1/16"},
        'network.cidr = "10.0.0.1/16": is not an IPv4 range (10.0.0.1/16 has host bits set); write one like'
        " 10.0.0.0/16",
    ),
]

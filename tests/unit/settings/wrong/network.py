"""Wrong settings and what is said of them. Network and smoke request."""

from __future__ import annotations

from typing import Any

from tests.unit.settings.wrong.values import BALANCER, CERTIFICATE, EXISTING, LISTENER, ROUTED

WRONG: list[tuple[str, dict[str, Any], str]] = [
    # smoke and network
    ("smoke status", {"smoke.status": 500}, "smoke.status = 500: must be at most 499"),
    ("smoke path", {"smoke.path": "health"}, 'smoke.path = "health": must match ^/\\S*$'),
    (
        "smoke request from somewhere else",
        {"smoke.from": "browser"},
        "smoke.from = \"browser\": must be 'deployer', 'task' or 'off'",
    ),
    (
        "smoke task without a command",
        {"smoke.from": "task"},
        "smoke.command: is required with smoke.from: task; write a command that requests SLUICE_URL and exits 0",
    ),
    (
        "smoke command that nobody runs",
        {"smoke.command": ["curl"]},
        "smoke.command: runs with smoke.from: task only; write that, or remove this",
    ),
    (
        "smoke image that nobody runs",
        {"smoke.image": f"sha256:{'ab' * 32}"},
        "smoke.image: runs with smoke.from: task only; write that, or remove this",
    ),
    (
        "smoke image by tag",
        {"smoke.from": "task", "smoke.command": ["curl"], "smoke.image": "curl:8"},
        'smoke.image = "curl:8": is not an image by digest; write REPOSITORY@sha256: or sha256: and 64 hexadecimal'
        " digits (a tag can move to another image)",
    ),
    (
        "smoke body that a task would have to compare",
        {"smoke.from": "task", "smoke.command": ["curl"], "smoke.body": "ok"},
        'smoke.body = "ok": is checked with smoke.from: deployer only; check it in smoke.command, or remove this',
    ),
    (
        "smoke fields, and nobody asks",
        {"smoke.from": "off", "smoke.json": {"status": "ok"}},
        "smoke.json: is checked with smoke.from: deployer only; check it in smoke.command, or remove this",
    ),
    (
        "smoke task without a way to the load balancer",
        {"smoke.from": "task", "smoke.command": ["curl"], "network.egress": "endpoints"},
        "network: egress endpoints gives tasks no way to the load balancer's public addresses, which smoke.from:"
        " task needs; set smoke.from to deployer or off, or another egress",
    ),
    ("smoke attempts", {"smoke.attempts": 0}, "smoke.attempts = 0: must be at least 1"),
    (
        "smoke field without a name",
        {"smoke.json": {"database..status": "ok"}},
        'smoke.json = {"database..status": "ok"}: \'database..status\' is not a path; write names joined by dots,'
        " like database.status",
    ),
    (
        "smoke field that is a mapping",
        {"smoke.json": {"database": {"status": "ok"}}},
        'smoke.json = {"database": {"status": "ok"}}: database is not a text, a number, true, false or null; write'
        " one path per value",
    ),
    (
        "smoke version header",
        {"smoke.versionHeader": "X Version"},
        'smoke.versionHeader = "X Version": must match ^[A-Za-z0-9-]*$',
    ),
    ("soak below nothing", {"soak.seconds": -1}, "soak.seconds = -1: must be at least 0"),
    ("soak of hours", {"soak.seconds": 7200}, "soak.seconds = 7200: must be at most 3600"),
    ("soak path", {"soak.path": "health"}, 'soak.path = "health": must match ^/\\S*$'),
    ("one zone", {"network.zones": 1}, "network.zones = 1: must be at least 2"),
    (
        "range too small",
        {"network.cidr": "10.0.0.0/28"},
        'network.cidr = "10.0.0.0/28": is larger than a VPC, or too small for the subnets of every zone; write /16'
        " to /22",
    ),
    (
        "no cluster",
        {"cluster.arn": "main"},
        'cluster.arn = "main": is not the ARN of an ECS cluster; write one like'
        " arn:aws:ecs:REGION:ACCOUNT:cluster/NAME",
    ),
    (
        "cluster elsewhere",
        {"cluster.arn": "arn:aws:ecs:eu-west-1:111122223333:cluster/main"},
        "cluster: arn is not in the stack's Region (eu-central-1); name one in eu-central-1",
    ),
    (
        "another account's cluster",
        {"cluster.arn": "arn:aws:ecs:eu-central-1:444455556666:cluster/main"},
        "cluster: arn is not in the stack's account (111122223333); name one in that account",
    ),
    (
        "no listener",
        {"loadBalancer": {"listener": BALANCER, "priority": 1}},
        f'loadBalancer.listener = "{BALANCER[:58]}…: is not the ARN of a listener of an Application Load Balancer;'
        " write one like arn:aws:elasticloadbalancing:REGION:ACCOUNT:listener/app/NAME/ID/ID",
    ),
    (
        "listener without priority",
        {"loadBalancer": {"listener": LISTENER, "host": "shop.example.com"}, "network": ROUTED},
        "loadBalancer.priority: is required with loadBalancer.listener; write a number that no other rule of it has",
    ),
    (
        "priority without listener",
        {"loadBalancer.priority": 1},
        "loadBalancer.priority = 1: has no effect without loadBalancer.listener; write that, or remove this",
    ),
    (
        "listener without host name",
        {"loadBalancer": {"listener": LISTENER, "priority": 1}, "network": ROUTED},
        "domain: loadBalancer.listener needs a host name to forward; set domain.name or loadBalancer.host",
    ),
    (
        "two host names",
        {
            "loadBalancer": {"listener": LISTENER, "priority": 1, "host": "a.example.com"},
            "domain": {"name": "b.example.com"},
            "network": ROUTED,
        },
        "domain: name and loadBalancer.host exclude each other; keep one",
    ),
    (
        "certificate for an existing listener",
        {
            "loadBalancer": {"listener": LISTENER, "priority": 1},
            "domain": {"name": "b.example.com", "certificate": CERTIFICATE},
            "network": ROUTED,
        },
        "domain: certificate has no effect with loadBalancer.listener, which has its own; remove it",
    ),
    (
        "listener in a network of the stack's own",
        {"loadBalancer": {"listener": LISTENER, "priority": 1, "host": "a.example.com"}},
        "network: vpc is required with loadBalancer.listener; write the VPC of its load balancer",
    ),
    (
        "public subnets for an existing listener",
        {"loadBalancer": {"listener": LISTENER, "priority": 1, "host": "a.example.com"}, "network": EXISTING},
        "network: publicSubnets has no effect with loadBalancer.listener; remove it",
    ),
]

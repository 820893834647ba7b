"""Wrong settings and their messages. The service, its strategy, its health checks and its cluster."""

from __future__ import annotations

from typing import Any

from tests.unit.settings.wrong.values import LISTENER, ROUTED


def shared() -> dict[str, Any]:
    """Behind an existing load balancer."""
    balancer = {"listener": LISTENER, "priority": 10, "host": "shop.example.com"}
    return {"network": dict(ROUTED), "loadBalancer": balancer}


WRONG: list[tuple[str, dict[str, Any], str]] = [
    # autoscaling
    (
        "maximum below minimum",
        {"service.min": 3, "service.max": 2},
        "service.max = 2: is less than service.min (3); write at least 3, or remove it",
    ),
    (
        "target requests without autoscaling",
        {"service.targetRequests": 600},
        "service.targetRequests = 600: has no effect while service.max is not above service.min; remove it, or"
        " raise service.max",
    ),
    # the service
    ("no tasks", {"service.min": 0}, "service.min = 0: must be at least 1"),
    (
        "deadline too short",
        {"service.deadline": 600},
        "service.deadline = 600: the circuit breaker can take 720 s to stop a bad version: 3 failed tasks × (start"
        " period 90 s + 5 retries × 30 s); write at least 720, or shorten service.health",
    ),
    (
        "deadline too short for many tasks",
        {"service.min": 20},
        "service.deadline = 1800: the circuit breaker can take 2400 s to stop a bad version: 10 failed tasks × (start"
        " period 90 s + 5 retries × 30 s); write at least 2400, or shorten service.health",
    ),
    ("interval too short", {"service.health.interval": 3}, "service.health.interval = 3: must be at least 5"),
    (
        "timeout of a check longer than its interval",
        {"service.health.interval": 10, "service.health.timeout": 10},
        "service.health.timeout = 10: must be less than service.health.interval (10 s)",
    ),
    (
        "check without CMD",
        {"service.health.command": ["curl", "localhost"]},
        'service.health.command = ["curl", "localhost"]: must be CMD or CMD-SHELL and then the command,'
        " like [CMD, /app/healthy]",
    ),
    (
        "drain longer than the stop timeout",
        {"service.drainSeconds": 300},
        "service.drainSeconds = 300: plus 5 s is the container's stop timeout, which Fargate limits to 120 s;"
        " write at most 115",
    ),
    (
        "deadline too short without circuit breaker",
        {"service.circuitBreaker": False, "service.deadline": 240},
        "service.deadline = 240: a healthy version can take up to 270 s: start period 90 s + 5 retries × 30 s + 30 s of"
        " draining; write at least 270, or shorten service.health",
    ),
    # strategies
    (
        "unknown strategy",
        {"service.strategy": "blue-green"},
        "service.strategy = \"blue-green\": must be 'rolling', 'blueGreen', 'canary' or 'linear'",
    ),
    *(
        (
            f"{key} of a rolling service",
            {f"service.{key}": value},
            f"service.{key}: has no effect with service.strategy rolling; remove it, or write blueGreen, canary or"
            " linear there",
        )
        for key, value in (
            ("bakeMinutes", 5),
            ("stepPercent", 10),
            ("stepMinutes", 5),
            ("pauseMinutes", 60),
            ("approve", "manual"),
            ("guard", True),
            ("proof", {"command": ["shop", "prove"]}),
            ("analysis", {"minRequests": 10}),
        )
    ),
    *(
        (
            f"{key} of a blue/green service",
            {"service.strategy": "blueGreen", f"service.{key}": value},
            f"service.{key}: has no effect with service.strategy blueGreen, which has no steps; remove it",
        )
        for key, value in (("stepPercent", 10), ("stepMinutes", 5), ("analysis", {"minRequests": 10}))
    ),
    (
        "requests with a strategy",
        {"service.strategy": "canary", "service.max": 4, "service.targetRequests": 600},
        'service.strategy = "canary": does not go with service.targetRequests: AWS scales on requests per target with'
        " rolling alone; remove that and scale on service.targetCpu",
    ),
    (
        "share of everybody",
        {"service.strategy": "canary", "service.stepPercent": 100},
        "service.stepPercent = 100: must be at most 99.9",
    ),
    (
        "share with two decimals",
        {"service.strategy": "canary", "service.stepPercent": 0.25},
        "service.stepPercent = 0.25: has more than one decimal, which ECS does not take; write 0.2",
    ),
    (
        "bake of more than a day",
        {"service.strategy": "blueGreen", "service.bakeMinutes": 1441, "service.deadline": 86400},
        "service.bakeMinutes = 1441: must be at most 1440",
    ),
    (
        "deadline shorter than bake and proof",
        {"service.strategy": "blueGreen", "service.bakeMinutes": 30, "service.proof": {"command": ["shop", "prove"]}},
        "service.deadline = 1800: a blueGreen deployment can take 2340 s: tasks become healthy in 240 s + bakeMinutes"
        " 30 + proof.timeout 300 s; write more than 2340",
    ),
    (
        "deadline shorter than the steps",
        {"service.strategy": "linear"},
        "service.deadline = 1800: a linear deployment can take 3240 s: tasks become healthy in 240 s + 9 × stepMinutes"
        " 5 + bakeMinutes 5; write more than 3240",
    ),
    (
        "no test rule",
        {"service.strategy": "blueGreen", **shared()},
        "loadBalancer: testPriority is required with service.strategy blueGreen; write a number below"
        " loadBalancer.priority that no other rule of the listener has",
    ),
    (
        "test rule of a rolling service",
        {**shared(), "loadBalancer.testPriority": 1},
        "loadBalancer: testPriority has no effect with service.strategy rolling; remove it",
    ),
    (
        "test rule without a listener",
        {"loadBalancer.testPriority": 1},
        "loadBalancer.testPriority = 1: has no effect without loadBalancer.listener; write that, or remove this",
    ),
    (
        "test rule behind the production rule",
        {**shared(), "service.strategy": "blueGreen", "loadBalancer.testPriority": 50},
        "loadBalancer.testPriority = 50: is not below loadBalancer.priority (10), so the rule of users' requests would"
        " match test traffic first; write a lower number",
    ),
    (
        "proof without a way out",
        {
            "service.strategy": "blueGreen",
            "service.proof": {"command": ["shop", "prove"]},
            "network.egress": "endpoints",
        },
        "network: egress endpoints gives tasks no way to the load balancer's public addresses, which service.proof"
        " needs; remove service.proof, or set another egress",
    ),
    # the cluster
    (
        "insights of an existing cluster",
        {"cluster": {"arn": "arn:aws:ecs:eu-central-1:111122223333:cluster/shared", "insights": "enabled"}},
        'cluster.insights = "enabled": is set by the owner of the existing cluster (cluster.arn); remove it',
    ),
    (
        "name of a cluster",
        {"cluster.arn": "main"},
        'cluster.arn = "main": is not the ARN of an ECS cluster; write one like'
        " arn:aws:ecs:REGION:ACCOUNT:cluster/NAME",
    ),
    (
        "cluster of another Region",
        {"cluster.arn": "arn:aws:ecs:eu-west-1:111122223333:cluster/main"},
        "cluster: arn is not in the stack's Region (eu-central-1); name one in eu-central-1",
    ),
    (
        "cluster of another account",
        {"cluster.arn": "arn:aws:ecs:eu-central-1:444455556666:cluster/main"},
        "cluster: arn is not in the stack's account (111122223333); name one in that account",
    ),
]

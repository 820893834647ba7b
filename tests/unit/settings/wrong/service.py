"""Wrong settings and what is said of them. The service, its scaling and its alarms."""

from __future__ import annotations

from typing import Any

WRONG: list[tuple[str, dict[str, Any], str]] = [
    # scaling and alarms
    (
        "fewer than the least",
        {"service.min": 3, "service.max": 2},
        "service.max = 2: is less than service.min (3); write at least 3, or remove it",
    ),
    (
        "requests without scaling",
        {"service.targetRequests": 600},
        "service.targetRequests = 600: has no effect while service.max is not above service.min; remove it, or"
        " raise service.max",
    ),
    (
        "alarm below autoscaling's aim",
        {"service.max": 6, "service.targetCpu": 80, "alarms.cpu": 70},
        "alarms: cpu (70) is not above service.targetCpu (80), where autoscaling keeps the tasks, so the alarm would"
        " never clear; raise it",
    ),
    (
        "unknown instance class",
        {"database.instanceClass": "db.z9.huge"},
        "alarms: the maximum of connections of a db.z9.huge is not known; set alarms.maxConnections (SHOW"
        " max_connections)",
    ),
    # the service
    ("no tasks", {"service.min": 0}, "service.min = 0: must be at least 1"),
    (
        "deadline",
        {"service.deadline": 600},
        "service.deadline = 600: the circuit breaker can take 720 s to stop a bad version: 3 failed tasks × (start"
        " period 90 s + 5 retries × 30 s); write at least 720, or shorten service.health",
    ),
    (
        "deadline of many tasks",
        {"service.min": 20},
        "service.deadline = 1800: the circuit breaker can take 2400 s to stop a bad version: 10 failed tasks × (start"
        " period 90 s + 5 retries × 30 s); write at least 2400, or shorten service.health",
    ),
    ("interval", {"service.health.interval": 3}, "service.health.interval = 3: must be at least 5"),
    (
        "check longer than its interval",
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
        "drain and stop time-out",
        {"service.drainSeconds": 300},
        "service.drainSeconds = 300: plus 5 s is the container's stop timeout, which Fargate limits to 120 s;"
        " write at most 115",
    ),
    (
        "deadline without circuit breaker",
        {"service.circuitBreaker": False, "service.deadline": 240},
        "service.deadline = 240: a healthy version can take up to 270 s: start period 90 s + 5 retries × 30 s + 30 s of"
        " draining; write at least 270, or shorten service.health",
    ),
]

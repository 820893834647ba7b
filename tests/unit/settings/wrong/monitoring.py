"""Wrong settings and their messages. Notifications, logs and alarms."""

from __future__ import annotations

from typing import Any

from tests.unit.settings.wrong.values import TOPIC

WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("no email address", {"notify.email": []}, "notify.email = []: must have at least 1 entry"),
    (
        "email address listed twice",
        {"notify.email": ["a@b.example", "a@b.example"]},
        'notify.email = ["a@b.example", "a@b.example"]: a@b.example is listed more than once; list every address once',
    ),
    (
        "name of a topic",
        {"notify.topic": "failures"},
        'notify.topic = "failures": is not the ARN of an SNS topic; write one like arn:aws:sns:REGION:ACCOUNT:NAME',
    ),
    (
        "FIFO topic",
        {"notify.topic": f"{TOPIC}.fifo"},
        f'notify.topic = "{TOPIC}.fifo": is a FIFO topic, which takes no email subscriptions; name a standard topic',
    ),
    (
        "topic and email addresses",
        {"notify": {"email": ["a@b.example"], "topic": TOPIC}},
        f'notify.topic = "{TOPIC}": and notify.email exclude each other: subscribe the addresses to the topic, or'
        " remove it",
    ),
    (
        "topic of another Region",
        {"notify.topic": TOPIC.replace("eu-central-1", "us-east-1")},
        "notify: topic is not in the stack's Region (eu-central-1); name one in eu-central-1",
    ),
    (
        "retention of logs",
        {"logs.retentionDays": 31},
        "logs.retentionDays = 31: is not a retention that CloudWatch Logs offers; the nearest is 30",
    ),
    (
        "alarm not above the target of autoscaling",
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
]

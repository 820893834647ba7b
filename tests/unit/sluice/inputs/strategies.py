"""Strategies as a stack passes them."""

from __future__ import annotations

from typing import Any

PRIMARY = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/notes/1"
ALTERNATE = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/notes-b/2"
PROOF: dict[str, Any] = {
    "command": ["prove"],
    "timeout": 120,
    "taskDefinition": "arn:td/notes-proof:1",
    "container": "app",
    "subnets": ["subnet-1"],
    "securityGroups": ["sg-1"],
    "assignPublicIp": True,
}


def raw(kind: str = "blueGreen", **changes: Any) -> dict[str, Any]:
    """A whole input *strategy*; a value of None leaves the key out."""
    given: dict[str, Any] = {
        "kind": kind,
        "productionRule": "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener-rule/app/notes/1/2/3",
        "testRule": "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener-rule/app/notes/1/2/4",
        "targetGroups": [PRIMARY, ALTERNATE],
        "testHeader": {"name": "X-Sluice-Test", "value": "hush"},
        "approve": "automatic",
        "guard": False,
        "pauseMinutes": 60,
        "stepPercent": 10,
        "stepMinutes": 5,
        "bakeMinutes": 5,
        "suffixes": {"loadBalancer": "app/notes/1", "targetGroups": ["targetgroup/notes/1", "targetgroup/notes-b/2"]},
    }
    if kind != "blueGreen":
        given["analysis"] = {"minRequests": 50, "errorPercent": 1.0, "latencyFactor": 1.5}
    return {key: value for key, value in (given | changes).items() if value is not None}

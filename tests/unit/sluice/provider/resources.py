"""What the tests of the plugin's resources have in common: their inputs, a call, and what it logs."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from sluice.errors import GateError
from sluice.protocol.resource import Call, Properties
from tests.unit.sluice.migration.simulation import CLUSTER, DEFINITION

RUN: Properties = {
    "cluster": CLUSTER,
    "taskDefinition": DEFINITION,
    "container": "app",
    "serviceTaskDefinition": "arn:td/notes:1",
    "network": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": True},
    "steps": [{"name": "master", "command": ["migrate"], "phase": "before"}],
    "imageDigest": "repo@sha256:" + "a" * 64,
    "records": "/sluice/p/s/runs",
    "database": "db-1",
    "environment": {},
    "secrets": {},
    "phase": "before",
    "retain": True,
}


ROLLOUT: Properties = {
    "cluster": CLUSTER,
    "service": "notes",
    "taskDefinition": "arn:td/notes:1",
    "deadline": 300,
    "imageDigest": RUN["imageDigest"],
    "targetGroups": [],
}


class Lines(list[str]):
    def __call__(self, text: str, severity: str, ephemeral: bool) -> None:
        self.append(f"{severity}: {text}")


def call(lines: Lines, preview: bool = True) -> Call:
    return Call("urn", "name", "type", preview, None, threading.Event(), lambda: False, lines)


def no_account() -> Any:
    raise AssertionError("a preview must not call AWS")


def blind() -> Any:
    raise GateError("there are no credentials here")


def run(coroutine: Any) -> Any:
    return asyncio.run(coroutine)


class Sns:
    def __init__(self) -> None:
        self.sent: list[dict[str, str]] = []

    def publish(self, **request: str) -> None:
        self.sent.append(request)


class Account(dict[str, Any]):
    skew = 0.0
    wrong_clock = ""

    def verify(self) -> None:
        return None

    def __missing__(self, service: str) -> None:
        return None

    def in_region(self, service: str, region: str) -> Any:
        return self.get(f"{service} in {region}" if region else service)


SECRET: Properties = {"secretArn": "arn:secret", "username": "notes_owner", "length": 40}

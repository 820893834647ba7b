"""The one-off task that asks the service from inside its network, where the deployer cannot reach the load balancer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice.errors import GateError
from sluice.inputs.keys import refuse_unknown


@dataclass(frozen=True)
class SmokeTask:
    """What asks, and where it runs.

    Attributes:
        command: run in place of the image's CMD; exit code 0 says that the answer is right.
        task_definition: revision ARN.
        container: name of the container that runs the command.
        subnets: ids of the task's subnets.
        security_groups: ids of the task's security groups.
        assign_public_ip: whether the task needs a public address.
    """

    command: tuple[str, ...]
    task_definition: str
    container: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    assign_public_ip: bool = False

    @classmethod
    def parse(cls, raw: Mapping[str, Any], what: str = "smoke: task") -> SmokeTask:
        """Read it from plain data. Raises GateError. what: names the object in the message."""
        refuse_unknown(SmokeTask, raw, what)
        for key in ("command", "subnets", "securityGroups"):
            words = raw.get(key)
            if not isinstance(words, (list, tuple)) or not words or not all(isinstance(one, str) for one in words):
                raise GateError(f"{what}: {key} is {words!r}; it must be a list of texts, at least one")
        for key in ("taskDefinition", "container"):
            if not isinstance(raw.get(key), str) or not raw[key]:
                raise GateError(f"{what}: {key} is {raw.get(key)!r}; it must be a text")
        return SmokeTask(
            command=tuple(raw["command"]),
            task_definition=raw["taskDefinition"],
            container=raw["container"],
            subnets=tuple(raw["subnets"]),
            security_groups=tuple(raw["securityGroups"]),
            assign_public_ip=bool(raw.get("assignPublicIp")),
        )

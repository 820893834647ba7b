"""A person's answer to a rollout that shifts traffic: who let it go on or ended it, and why.

``PREFIX/approval`` is the last answer, written before ECS is called: the deployer that watches the rollout names its
author. ECS alone decides; without the record nothing else changes.

IAM: as for sluice.aws.parameters.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from sluice.aws.parameters import Parameters

Answer = Literal["CONTINUE", "ROLLBACK"]
NAME = "approval"


@dataclass(frozen=True)
class Approval:
    """One answer.

    Attributes:
        deployment: ARN of the service deployment.
        hook: id of the pause; empty: the deployment was ended while no pause waited.
        action: CONTINUE or ROLLBACK.
        author: user and host.
        at: when, seconds since the epoch.
        reason: as the person gave it.
    """

    deployment: str
    hook: str
    action: Answer
    author: str
    at: int
    reason: str = ""


class Approvals:
    """The last answer of one stack, below *prefix* (``/sluice/PROJECT/STACK``)."""

    def __init__(self, ssm: Any, prefix: str) -> None:
        self._parameters = Parameters(ssm)
        self._name = f"{prefix.rstrip('/')}/{NAME}"

    def write(self, approval: Approval) -> None:
        """Write down an answer in place of the last one."""
        self._parameters.put(self._name, json.dumps(asdict(approval), separators=(",", ":"), ensure_ascii=False))

    def last(self) -> Approval | None:
        """Return the last answer; None before the first one."""
        value = self._parameters.get(self._name)
        known = {one.name for one in fields(Approval)}
        found = json.loads(value) if value else None
        return Approval(**{key: item for key, item in found.items() if key in known}) if found else None

    def delete(self) -> None:
        """Delete the last answer."""
        self._parameters.delete([self._name])

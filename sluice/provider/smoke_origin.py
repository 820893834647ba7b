"""Names the sender of the smoke request, for a preview. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sluice.diagnosis.redaction.presentable import command_line
from sluice.protocol.values import UNKNOWN


def who_asks(inputs: Mapping[str, Any]) -> str:
    """Return the sentence for a Rollout's inputs, some of which are unknown in a preview."""
    smoke, soak = inputs.get("smoke"), inputs.get("soak")
    if smoke is UNKNOWN:
        return "the sender of the smoke request is not known yet"
    if not smoke:
        return "no smoke request is sent (smoke.from: off): healthy targets alone prove the version"
    where = _known(smoke.get("url"), "the service")
    task = _known(smoke.get("task"), {"command": UNKNOWN})
    if not task:
        asks = f"this deployer sends the smoke request to {where} (smoke.from: deployer)"
    else:
        asks = f"a task in the service's network sends the smoke request to {where} (smoke.from: task)"
        command = _known(task.get("command"), ())
        asks += f": {command_line(command)}" if command else ""
    soaks = isinstance(soak, Mapping) and soak.get("seconds") and soak.get("url") and not inputs.get("rollback")
    return asks + (", and soaks the serving version first" if soaks else "")


def _known(value: Any, instead: Any) -> Any:
    return instead if value is UNKNOWN else value

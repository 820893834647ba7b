"""Who will ask a version, in a preview's words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sluice.diagnosis.redaction.presentable import command_line
from sluice.protocol.values import UNKNOWN


def who_asks(inputs: Mapping[str, Any]) -> str:
    """Of a Rollout's inputs, of which a preview does not know all."""
    smoke, soak = inputs.get("smoke"), inputs.get("soak")
    if smoke is UNKNOWN:
        return "who sends the smoke request is not known yet"
    if not smoke:
        return "nobody asks the version (smoke.from: off): its healthy targets alone prove it"
    where = _known(smoke.get("url"), "the service")
    task = _known(smoke.get("task"), {"command": UNKNOWN})
    if not task:
        asks = f"this deployer asks {where} (smoke.from: deployer)"
    else:
        asks = f"a task in the service's network asks {where} (smoke.from: task)"
        command = _known(task.get("command"), ())
        asks += f": {command_line(command)}" if command else ""
    soaks = isinstance(soak, Mapping) and soak.get("seconds") and soak.get("url") and not inputs.get("rollback")
    return asks + (", and the version that serves before it is replaced" if soaks else "")


def _known(value: Any, instead: Any) -> Any:
    return instead if value is UNKNOWN else value

"""Deployment alarms: an alarm that fires while a deployment is under way, or bakes, fails it.

AWS, "How CloudWatch alarms detect Amazon ECS deployment failures" (developer guide) and DeploymentAlarms (API
reference): an alarm that is in ALARM already when the deployment starts is ignored for that whole deployment; the bake
time after the new tasks are healthy and the old ones gone is computed from the alarms, under 5 minutes by default, how
is not documented (here the longest alarm's period × evaluation periods, at most 5 minutes). MiniStack ignores alarms.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ministack.services import cloudwatch

from emulator.cloud.ecs.service.deployment import bake_seconds


def configured(service: dict[str, Any]) -> list[str]:
    """The names of the service's deployment alarms; none when they are off."""
    alarms = (service.get("deploymentConfiguration") or {}).get("alarms") or {}
    return list(alarms.get("alarmNames") or []) if alarms.get("enable") else []


def firing(names: Sequence[str]) -> list[str]:
    """Those of the alarms that are in ALARM now."""
    return [name for name in names if (_alarm(name) or {}).get("StateValue") == "ALARM"]


def ignored(service: dict[str, Any]) -> list[str]:
    """The alarms that a deployment which begins now will ignore."""
    return firing(configured(service))


def triggered(service: dict[str, Any], deployment: dict[str, Any]) -> tuple[str, ...]:
    """The alarms that have fired since the deployment began; once fired, an alarm counts also when it is OK again."""
    watched = [name for name in configured(service) if name not in deployment.get("_ignored_alarms", ())]
    fired: list[str] = deployment.setdefault("_fired_alarms", [])
    fired += [name for name in firing(watched) if name not in fired]
    return tuple(fired)


def bake(service: dict[str, Any]) -> float:
    """The service's bake time, in AWS's seconds."""
    known = [alarm for name in configured(service) if (alarm := _alarm(name)) is not None]
    return bake_seconds([(int(one.get("Period") or 60), int(one.get("EvaluationPeriods") or 1)) for one in known])


def _alarm(name: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = cloudwatch._alarms.get(name) or cloudwatch._composite_alarms.get(name)
    return found

"""What AWS says about a rollout that did not end well, as lines for people. Pure decisions on the API's shapes.

Sources: Amazon ECS API reference, ServiceEvent, ServiceDeployment, Deployment, Task; "Amazon ECS stopped task error
messages".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

from gate.redact import redact

SCALED_IN = "Scaling activity"
"""How ECS begins the reason of a task that was no longer wanted."""
EVENTS = 8
"""Of the service's newest hundred events, how many are shown."""

_NOISE = (
    "has reached a steady state",
    "has started ",
    "has stopped ",
    "registered ",
    "deregistered ",
    "has begun draining",
)


def failed(tasks: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those that stopped by themselves or for their health; all, when there are none: a deployment that ends also stops
    what was good about it, and that says nothing."""
    return [one for one in tasks if not str(one.get("stoppedReason", "")).startswith(SCALED_IN)] or list(tasks)


def stop_reasons(tasks: Sequence[Mapping[str, Any]]) -> list[str]:
    """Why tasks stopped, each reason once with its count, the most frequent first."""
    counts: dict[str, int] = {}
    for task in tasks:
        text = "; ".join(
            [
                str(task.get("stoppedReason") or task.get("stopCode") or "no reason given"),
                *(said for one in task.get("containers", []) if (said := _container(one))),
            ]
        )
        counts[text] = counts.get(text, 0) + 1
    return [f"{count} × {text}" for text, count in sorted(counts.items(), key=lambda one: -one[1])]


def _container(container: Mapping[str, Any]) -> str:
    code, reason = container.get("exitCode"), container.get("reason")
    if code is None and not reason:
        return ""
    said = f"container {container.get('name')}"
    said += f" exit code {code}" if code is not None else ""
    return redact(said + (f" ({reason})" if reason else ""))


def new_events(service: Mapping[str, Any] | None, known: Set[str], limit: int = EVENTS) -> list[str]:
    """The service's events that were not *known* (by id) at the start, oldest first; what every deployment does, and
    the service's own name in front of each, are left out."""
    events = [one for one in (service or {}).get("events", []) if str(one.get("id")) not in known]
    texts: dict[str, None] = {}
    for one in events:  # newest first
        text = str(one.get("message", "")).strip()
        if text.startswith("(service "):
            text = text.partition(")")[2].strip()
        if text and not any(part in text for part in _NOISE):
            texts[redact(text)] = None
    newest = list(texts)[:limit]
    left = len(texts) - len(newest)
    return [*([f"{left} earlier ones"] if left else []), *reversed(newest)]


def event_ids(service: Mapping[str, Any] | None) -> frozenset[str]:
    """The events that are there already."""
    return frozenset(str(one.get("id")) for one in (service or {}).get("events", []))


def serves_now(service: Mapping[str, Any] | None) -> str:
    """What users get: per revision its running tasks."""
    if service is None or service.get("status") != "ACTIVE":
        return "nothing: the service is gone"
    counts: dict[str, int] = {}
    for one in service.get("deployments", []):
        if one.get("runningCount"):
            revision = str(one.get("taskDefinition", "?")).rpartition("/")[2]
            counts[revision] = counts.get(revision, 0) + int(one["runningCount"])
    if not counts:
        return "nothing: no task of the service runs"
    return ", ".join(f"{count} {'task' if count == 1 else 'tasks'} of {name}" for name, count in counts.items())


def service_deployment(seen: Mapping[str, Any] | None) -> list[str]:
    """What DescribeServiceDeployments adds: circuit breaker, alarms that went off, why ECS went back."""
    if not seen:
        return []
    lines = []
    if seen.get("statusReason"):
        lines.append(f"{seen.get('status')}: {seen['statusReason']}")
    breaker = seen.get("deploymentCircuitBreaker") or {}
    if breaker.get("status") == "TRIGGERED":
        counts = f": {breaker['failureCount']} of {breaker.get('threshold')} tasks failed"
        lines.append("the circuit breaker ended it" + (counts if breaker.get("failureCount") is not None else ""))
    alarms = seen.get("alarms") or {}
    if alarms.get("status") == "TRIGGERED":
        names = alarms.get("triggeredAlarmNames") or alarms.get("alarmNames") or ["unnamed"]
        lines.append(f"alarm {', '.join(names)} ended it")
    reason = (seen.get("rollback") or {}).get("reason")
    if reason and reason != seen.get("statusReason"):
        lines.append(f"rolled back: {reason}")
    return [redact(line) for line in lines]


def ended_by(reason: str, evidence: Sequence[str]) -> str:
    """Who ended a deployment, in a few words: " by an alarm", " by the circuit breaker", or nothing."""
    said = " ".join([reason, *evidence]).lower()
    if "circuit breaker" in said and "alarm" not in said:
        return " by ECS' circuit breaker"
    if "alarm" in said:
        return " by an alarm"
    return ""


def current(deployments: Sequence[Mapping[str, Any]], since: float) -> str:
    """The ARN of the service deployment that began since *since* (seconds since the epoch); empty without one.

    Its ARN shares no number with the deployment's id, so time is what joins them.
    """
    recent = [one for one in deployments if _seconds(one.get("createdAt") or one.get("startedAt")) >= since]
    newest = max(recent, key=lambda one: _seconds(one.get("createdAt") or one.get("startedAt")), default=None)
    return str(newest["serviceDeploymentArn"]) if newest else ""


def _seconds(moment: Any) -> float:
    return float(moment.timestamp()) if moment is not None else 0.0

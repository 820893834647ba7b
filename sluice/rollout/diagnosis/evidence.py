"""What AWS says about a failed rollout, as lines for people. Pure decisions on the API's shapes.

Sources: Amazon ECS API reference, ServiceEvent, ServiceDeployment, Deployment, Task; "Amazon ECS stopped task error
messages".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from typing import Any

from sluice.diagnosis.redaction.redact import redact
from sluice.diagnosis.redaction.repeated import fold

SCALED_IN = "Scaling activity"
"""How ECS begins the reason of a task that was no longer wanted."""
EVENTS = 8
"""Of the service's newest hundred events, how many are shown."""
BREAKER = "the circuit breaker ended it"
ALARM = "alarm "
"""How the record's lines about either begin."""

_NOISE = re.compile(
    r"has reached a steady state|has started |has stopped |registered |has begun draining|"
    # what the rollout's own end says already
    r"deployment completed|deployment failed: tasks failed|rolling back to "
)
_TASK = re.compile(r"\(task [\w-]+\) ?")
_TARGET_GROUP = re.compile(r"arn:[\w-]+:elasticloadbalancing:[^:]*:\d*:targetgroup/([\w-]+)/\w+")


def plain(text: str) -> str:
    """A text of ECS, masked, with the names of target groups in place of their ARNs."""
    return redact(_TARGET_GROUP.sub(r"\1", text))


def failed(tasks: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those that stopped by themselves or for their health; all, when there are none: a deployment that ends also stops
    what was good about it, and that says nothing."""
    return [one for one in tasks if not str(one.get("stoppedReason", "")).startswith(SCALED_IN)] or list(tasks)


def stop_reasons(tasks: Sequence[Mapping[str, Any]]) -> list[str]:
    """Why tasks stopped, each reason once with its count, the most frequent first."""
    counts: dict[str, int] = {}
    for task in tasks:
        reason = str(task.get("stoppedReason") or task.get("stopCode") or "no reason given")
        # The exit code of what ECS itself has stopped is that of the SIGTERM.
        theirs = task.get("stopCode") == "ServiceSchedulerInitiated"
        said = [_container(one) for one in task.get("containers", []) if not theirs]
        text = "; ".join(part for part in (reason, *said) if part)
        counts[plain(text)] = counts.get(plain(text), 0) + 1
    return [f"{count} × {text}" for text, count in sorted(counts.items(), key=lambda one: -one[1])]


def _container(container: Mapping[str, Any]) -> str:
    code, reason = container.get("exitCode"), container.get("reason")
    if code is None and not reason:
        return ""
    said = f"container {container.get('name')}"
    said += f" exit code {code}" if code is not None else ""
    return said + (f" ({reason})" if reason else "")


def event_texts(service: Mapping[str, Any] | None, known: Set[str]) -> list[str]:
    """The service's events that were not *known* (by id) at the start, oldest first; what every deployment does, the
    service's own name in front of each, and which of the tasks it was, are left out."""
    events = [one for one in (service or {}).get("events", []) if str(one.get("id")) not in known]
    texts = []
    for one in reversed(events):  # the newest comes first
        text = str(one.get("message", "")).strip()
        if text.startswith("(service "):
            text = text.partition(")")[2].strip()
        if text and not _NOISE.search(text):
            texts.append(plain(_TASK.sub("", text)))
    return texts


def new_events(service: Mapping[str, Any] | None, known: Set[str], limit: int = EVENTS) -> list[str]:
    """The texts of :func:`event_texts`, each once with its count; of more than *limit* the newest."""
    texts = fold(event_texts(service, known))
    left = len(texts) - limit
    return [f"{left} earlier ones", *texts[left:]] if left > 0 else texts


def event_ids(service: Mapping[str, Any] | None) -> frozenset[str]:
    """The events that are there already."""
    return frozenset(str(one.get("id")) for one in (service or {}).get("events", []))


def _running(service: Mapping[str, Any]) -> dict[str, int]:
    """Running tasks of each revision, by FAMILY:NUMBER."""
    counts: dict[str, int] = {}
    for one in service.get("deployments", []):
        if one.get("runningCount"):
            revision = str(one.get("taskDefinition", "?")).rpartition("/")[2]
            counts[revision] = counts.get(revision, 0) + int(one["runningCount"])
    return counts


def serves_now(service: Mapping[str, Any] | None) -> str:
    """What users get: per revision its running tasks."""
    if service is None or service.get("status") != "ACTIVE":
        return "nothing: the service is gone"
    counts = _running(service)
    if not counts:
        return "nothing: no task of the service runs"
    return _counted(counts)


def serving_line(service: Mapping[str, Any] | None, previous: str) -> str:
    """What users get, as a sentence; *previous*: the revision that serves on, empty when none does."""
    counts = _running(service) if service is not None and service.get("status") == "ACTIVE" else {}
    name = previous.rpartition("/")[2]
    if name not in counts:
        return f"now serves:    {serves_now(service)}"
    beside = _counted({one: count for one, count in counts.items() if one != name})
    return f"{name} keeps serving: {_counted({name: counts[name]})}" + (f", beside {beside}." if beside else ".")


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {'task' if count == 1 else 'tasks'} of {name}" for name, count in counts.items())


def service_deployment(seen: Mapping[str, Any] | None) -> list[str]:
    """What DescribeServiceDeployments adds: the circuit breaker or the alarms that ended it, else why ECS rolled
    back."""
    if not seen:
        return []
    lines = []
    breaker = seen.get("deploymentCircuitBreaker") or {}
    if breaker.get("status") == "TRIGGERED":
        counts = f": {breaker['failureCount']} tasks failed, its threshold is {breaker.get('threshold')}"
        lines.append(BREAKER + (counts if breaker.get("failureCount") is not None else ""))
    alarms = seen.get("alarms") or {}
    if alarms.get("status") == "TRIGGERED":
        names = alarms.get("triggeredAlarmNames") or alarms.get("alarmNames") or ["unnamed"]
        lines.append(f"{ALARM}{', '.join(names)} ended it")
    if not lines and seen.get("statusReason"):
        lines.append(f"{seen.get('status')}: {seen['statusReason']}")
    reason = (seen.get("rollback") or {}).get("reason")
    if not lines and reason:
        lines.append(f"rolled back: {reason}")
    return [plain(line) for line in lines]


def ended_by(reason: str, evidence: Sequence[str]) -> str:
    """Who ended a deployment, in a few words: " by an alarm", " by the ECS circuit breaker", or nothing."""
    said = " ".join([reason, *evidence]).lower()
    if "circuit breaker" in said and "alarm" not in said:
        return " by the ECS circuit breaker"
    if "alarm" in said:
        return " by an alarm"
    return ""

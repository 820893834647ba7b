"""The next step of a deployment, and its state. Pure decisions on the answer of DescribeServices.

A rollback is a *new* PRIMARY deployment that reaches COMPLETED, so only the id of the deployment that was started says
anything about it. Sources: ECS API reference, Deployment; "How the deployment circuit breaker detects failures".
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sluice.rollout.deployment.shape import Shape


@dataclass(frozen=True)
class Watch:
    """A deployment of the wanted revision exists: judge that one."""

    deployment: str


@dataclass(frozen=True)
class Deploy:
    """Call UpdateService.

    Attributes:
        force: the revision is the same, but its deployment failed.
        changes: more arguments, where the service lacks the wanted network, platform version or load balancers.
    """

    force: bool
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Impossible:
    """The service cannot be deployed to."""

    reason: str


NextStep = Watch | Deploy | Impossible


def primary(service: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the service's newest deployment."""
    return next((one for one in service.get("deployments", []) if one.get("status") == "PRIMARY"), None)


def unusable(service: Mapping[str, Any] | None) -> str:
    """Why nothing can be deployed to a service, whatever its strategy; empty when it can."""
    if service is None:
        return "it does not exist"
    if service.get("status") != "ACTIVE":
        return f"it is {service.get('status')}"
    if service.get("desiredCount") == 0:
        return "its desired count is 0: nothing would run, so nothing would be proven; scale it up first"
    return ""


def next_step(service: Mapping[str, Any] | None, task_definition: str, shape: Shape | None = None) -> NextStep:
    """What brings *task_definition* to the service, which UpdateService with an unchanged revision would not.

    A deployment that ECS rolled back has taken the service's network back with it, though the revision may be the same
    as before: so the wanted *shape* is compared too.
    """
    if why := unusable(service):
        return Impossible(why)
    service = service or {}
    controller = (service.get("deploymentController") or {}).get("type", "ECS")
    strategy = (service.get("deploymentConfiguration") or {}).get("strategy", "ROLLING")
    if controller != "ECS" or strategy != "ROLLING":
        return Impossible(
            f"its deployments are {strategy} by the controller {controller}, and the gate knows only ROLLING by ECS: "
            "what it cannot judge it does not start"
        )
    current = primary(service)
    changes = (shape or Shape()).missing_in(Shape.of(service, current or {}))
    if current is None or current.get("taskDefinition") != task_definition or changes:
        return Deploy(force=False, changes=changes)
    if current.get("rolloutState") == "FAILED":
        return Deploy(force=True)
    return Watch(str(current["id"]))


def live_revision(service: Mapping[str, Any] | None) -> str:
    """The revision of the service's PRIMARY deployment; empty when there is no such service."""
    if service is None or service.get("status") != "ACTIVE":
        return ""
    return str(service.get("taskDefinition", ""))


def created(service: Mapping[str, Any] | None, deployment: str) -> float:
    """When ECS began the deployment, seconds since the epoch; 0 when it does not say."""
    deployments: Sequence[Mapping[str, Any]] = (service or {}).get("deployments", [])
    moment = next((one.get("createdAt") for one in deployments if one.get("id") == deployment), None)
    return moment.timestamp() if isinstance(moment, datetime) else 0.0


@dataclass(frozen=True)
class Version:
    """A version to roll back to.

    Attributes:
        task_definition: its revision; empty: there is none.
        shape: of the service at that time.
    """

    task_definition: str = ""
    shape: Shape = field(default_factory=Shape)

    def __bool__(self) -> bool:
        return bool(self.task_definition)


def version_before(service: Mapping[str, Any] | None, task_definition: str, shape: Shape | None = None) -> Version:
    """Return the version to roll back to: the newest completed deployment's that is not the wanted one
    (*task_definition* in *shape*)."""
    seen = service or {}
    wanted = shape or Shape()
    completed = [
        one
        for one in seen.get("deployments", [])
        if one.get("rolloutState") == "COMPLETED"
        and (
            one.get("taskDefinition") != task_definition
            # The service's load balancers are those of its PRIMARY deployment: of an older one they say nothing.
            or wanted.missing_in(Shape.of(seen if one.get("status") == "PRIMARY" else {}, one))
        )
    ]
    newest = max(completed, key=lambda one: str(one.get("createdAt", "")), default=None)
    if newest is None:
        return Version()
    shown = seen if newest.get("status") == "PRIMARY" else {}
    return Version(str(newest["taskDefinition"]), Shape.of(shown, newest))


class State(enum.Enum):
    """Where a deployment is."""

    IN_PROGRESS = "in progress"
    COMPLETED = "completed"
    ROLLED_BACK = "rolled back"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    GONE = "gone"


@dataclass(frozen=True)
class Judgement:
    """A deployment's state and why."""

    state: State
    reason: str = ""


def judge(
    service: Mapping[str, Any] | None, deployment: str, previous: str, record: Mapping[str, Any] | None = None
) -> Judgement:
    """Return what became of *deployment*, by its id, in a rolling service. Of one that shifts traffic,
    ``sluice.rollout.strategy.decision.judgement_of`` decides.

    That another deployment took its place is a rollback when ECS says so, in the deployment's own state, in the reason
    of the new one or in its record; else somebody else deployed, be it the revision that served before.

    Args:
        previous: the revision that served before.
        record: ECS' record of the service deployment (DescribeServiceDeployments), where it was read.
    """
    if service is None or service.get("status") != "ACTIVE":
        return Judgement(State.GONE, f"the service is {(service or {}).get('status', 'gone')}")
    ours = next((one for one in service.get("deployments", []) if one.get("id") == deployment), None)
    now = primary(service)
    if ours is not None and now is not None and ours.get("id") == now.get("id"):
        state, reason = ours.get("rolloutState"), str(ours.get("rolloutStateReason") or "")
        if state == "FAILED":
            return Judgement(State.FAILED, reason)
        if state != "COMPLETED":
            return Judgement(State.IN_PROGRESS, reason)
        if service.get("desiredCount", 0) == 0:
            return Judgement(State.FAILED, "the service's desired count is 0: nothing runs, so nothing is proven")
        return Judgement(State.COMPLETED, reason)
    reason = str((ours or {}).get("rolloutStateReason") or "")
    if now is None:
        return Judgement(State.GONE, reason or "the service no longer lists it")
    if _rolled_back(ours, now, previous, record):
        return Judgement(
            State.ROLLED_BACK, reason or str((record or {}).get("statusReason") or now.get("rolloutStateReason") or "")
        )
    return Judgement(
        State.SUPERSEDED,
        f"deployment {now.get('id')} of {_revision(now)} took its place" + (f"; {reason}" if reason else ""),
    )


def _rolled_back(
    ours: Mapping[str, Any] | None, now: Mapping[str, Any], previous: str, record: Mapping[str, Any] | None
) -> bool:
    status = str((record or {}).get("status") or "")
    if status:
        return status.startswith("ROLLBACK")
    if previous and now.get("taskDefinition") != previous:
        return False
    said = str(now.get("rolloutStateReason") or "").lower()
    return (ours or {}).get("rolloutState") == "FAILED" or "rolling back" in said or "rolled back" in said


def agrees(state: State, record: Mapping[str, Any] | None) -> bool:
    """Return whether ECS's record of the service deployment agrees with DescribeServices.

    Source: "View service history using Amazon ECS service deployments": a newer deployment ends one as STOPPED.
    """
    status = str((record or {}).get("status") or "")
    if state in (State.ROLLED_BACK, State.FAILED):
        return status.startswith("ROLLBACK") or status == "STOPPED"
    return state is State.SUPERSEDED and status in ("STOP_REQUESTED", "STOPPED")


def lists(service: Mapping[str, Any] | None, deployment: str) -> bool:
    """Return whether the service lists the deployment."""
    return any(one.get("id") == deployment for one in (service or {}).get("deployments", []))


def progress(service: Mapping[str, Any], deployment: str, healthy: int | None = None) -> str:
    """One line: how many tasks of the deployment run, and what is left of the one before. *healthy*: targets; None
    when nobody could say."""
    deployments = service.get("deployments", [])
    ours: Mapping[str, Any] = next((one for one in deployments if one.get("id") == deployment), {})
    others = sum(int(one.get("runningCount", 0)) for one in deployments if one.get("id") != deployment)
    line = f"{ours.get('runningCount', 0)} of {service.get('desiredCount', 0)} new tasks running"
    if ours.get("pendingCount"):
        line += f", {ours['pendingCount']} pending"
    if ours.get("failedTasks"):
        line += f", {ours['failedTasks']} failed"
    if healthy is not None:
        line += f", {healthy} healthy targets"
    return line + (f", {others} old" if others else "")


@dataclass(frozen=True)
class TargetState:
    """How many targets of a group are in which state, and the reasons of those that are not healthy."""

    states: Mapping[str, int]
    reasons: tuple[str, ...]

    def all_healthy(self, at_least: int) -> bool:
        """Return whether all targets are healthy or draining, and enough of them are healthy."""
        alive = {state: count for state, count in self.states.items() if state != "draining"}
        return alive.get("healthy", 0) >= at_least and sum(alive.values()) == alive.get("healthy", 0)

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {state}" for state, count in sorted(self.states.items())) or "no targets"
        return counts + (f" ({'; '.join(self.reasons)})" if self.reasons else "")


def target_state(descriptions: Sequence[Mapping[str, Any]]) -> TargetState:
    """Count targets by state. Source: ELBv2 TargetHealth."""
    states: dict[str, int] = {}
    reasons: dict[str, None] = {}
    for one in descriptions:
        health = one.get("TargetHealth", {})
        state = str(health.get("State", "unknown"))
        states[state] = states.get(state, 0) + 1
        if state not in ("healthy", "draining"):
            text = ": ".join(part for part in (health.get("Reason"), health.get("Description")) if part)
            if text:
                reasons[text] = None
    return TargetState(states, tuple(reasons))


def _revision(deployment: Mapping[str, Any]) -> str:
    return str(deployment.get("taskDefinition", "?")).rpartition("/")[2]

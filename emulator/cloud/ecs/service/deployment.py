"""What the service scheduler does next, as a pure function: plain data in, actions out.

Sources, all in the ECS developer guide or API reference: "Amazon ECS deployment types: rolling update" and
DeploymentConfiguration (minimumHealthyPercent rounds up, maximumPercent down; a task with a load balancer counts as
healthy when its target is healthy), "How the Amazon ECS deployment circuit breaker detects failures" (threshold: half
of the desired count, rounded up, between 3 and 200; consecutive failures; a rollback goes to the newest COMPLETED
deployment as a new PRIMARY, and while it is under way another failure has nothing to return to; nor has a first
deployment, which launches nothing more), "How CloudWatch alarms detect Amazon ECS deployment failures" (an alarm fails
the deployment, also in the bake time after the new tasks are healthy and the old ones gone), Deployment.rolloutState.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

LONGEST_BAKE_SECONDS = 300.0
BREAKER, ALARM, REQUEST = "breaker", "alarm", "request"


@dataclasses.dataclass(frozen=True)
class Task:
    """One task of the service that is not STOPPED.

    Attributes:
        arn: its name.
        deployment: id of the deployment that started it.
        created: its age order; larger is younger.
        running: lastStatus is RUNNING.
        stopping: it is on its way out; it counts for nothing any more.
        healthy: it counts as healthy for the deployment.
        failed_checks: why it has to be replaced, its checks having failed after the grace period; else empty.
    """

    arn: str
    deployment: str
    created: float
    running: bool
    stopping: bool
    healthy: bool
    failed_checks: str = ""


@dataclasses.dataclass(frozen=True)
class Deployment:
    """One entry of the service's deployments, newest first.

    Attributes:
        id: its name.
        primary: it is the one that is wanted.
        rollout: its rolloutState.
        failures: its failedTasks.
        returned_to: a rollback to it is or was under way, so that no other failure can return to it.
    """

    id: str
    primary: bool
    rollout: str
    failures: int = 0
    returned_to: bool = False


@dataclasses.dataclass(frozen=True)
class Service:
    """What the decision rests on.

    Attributes:
        desired: the service's desired count.
        minimum_percent: minimumHealthyPercent.
        maximum_percent: maximumPercent.
        breaker: the circuit breaker is on.
        rollback: it rolls back.
        threshold: failures that trip it.
        deployments: newest first.
        tasks: those that are not STOPPED.
        launch_allowed: false while the scheduler holds back after failed starts.
        alarms: deployment alarms that fired since the PRIMARY deployment began.
        alarm_rollback: they roll back.
        bake: seconds of bake time still to come; None when they have not begun to pass.
    """

    desired: int
    minimum_percent: int
    maximum_percent: int
    breaker: bool
    rollback: bool
    threshold: int
    deployments: tuple[Deployment, ...]
    tasks: tuple[Task, ...]
    launch_allowed: bool = True
    alarms: tuple[str, ...] = ()
    alarm_rollback: bool = False
    bake: float | None = 0.0


@dataclasses.dataclass(frozen=True)
class Launch:
    """Start tasks of a deployment."""

    deployment: str
    count: int


@dataclasses.dataclass(frozen=True)
class Stop:
    """Stop one task; `failed` counts it as a failure of its deployment."""

    task: str
    reason: str
    failed: bool = False


@dataclasses.dataclass(frozen=True)
class Bake:
    """The deployment's tasks are healthy and the old ones gone: its bake time begins."""

    deployment: str


@dataclasses.dataclass(frozen=True)
class Complete:
    """The deployment has reached its steady state."""

    deployment: str


@dataclasses.dataclass(frozen=True)
class Fail:
    """The circuit breaker or an alarm ends the deployment; `rollback_to`: whose revision serves again, if any."""

    deployment: str
    rollback_to: str | None
    cause: str = BREAKER


Action = Launch | Stop | Bake | Complete | Fail


def threshold(desired: int, kind: str = "BOUNDED_PERCENT", value: float = 50) -> int:
    """Failed tasks that trip the circuit breaker (API reference, ThresholdConfiguration)."""
    if kind == "COUNT":
        return max(1, int(value))
    share = math.ceil(value * desired / 100)
    return max(1, share) if kind == "UNBOUNDED_PERCENT" else min(200, max(3, share))


def bake_seconds(alarms: Sequence[tuple[int, int]]) -> float:
    """The bake time of alarms given as (period in seconds, evaluation periods), in seconds; see alarms.py."""
    return min(max((float(period * count) for period, count in alarms), default=0.0), LONGEST_BAKE_SECONDS)


def decide(service: Service) -> list[Action]:
    """The actions of one pass of the scheduler."""
    primary = next((one for one in service.deployments if one.primary), None)
    if primary is None:
        return []
    if primary.rollout == "IN_PROGRESS" and service.breaker and primary.failures >= service.threshold:
        return [Fail(primary.id, return_to(service.deployments, primary.id) if service.rollback else None)]
    if primary.rollout == "IN_PROGRESS" and service.alarms:
        target = return_to(service.deployments, primary.id) if service.alarm_rollback else None
        return [Fail(primary.id, target, ALARM)]
    live = [task for task in service.tasks if not task.stopping]
    if service.desired == 0:
        scaled: list[Action] = [Stop(task.arn, _scaling(primary.id)) for task in live]
        return scaled or _completed(service, primary, [], [])
    new = [task for task in live if task.deployment == primary.id]
    old = [task for task in live if task.deployment != primary.id]
    stops = _replaced(new, old) + _surplus(new, service.desired, primary.id)
    leaving = {stop.task for stop in stops}
    new = [task for task in new if task.arn not in leaving]
    old = [task for task in old if task.arn not in leaving]
    if primary.rollout == "FAILED":
        # The breaker without a rollback leaves what serves alone (developer guide, same page).
        return list(stops)
    drained = _drained(service, new, old, primary.id)
    left = len(old) - len(drained)
    actions: list[Action] = [*stops, *drained]
    room = service.desired * service.maximum_percent // 100 - len(new) - left
    wanted = min(service.desired - len(new), max(room, 0))
    if wanted > 0 and service.launch_allowed:
        actions.append(Launch(primary.id, wanted))
    return actions or _completed(service, primary, new, old)


def stuck(service: Service) -> bool:
    """Whether the percentages let a deployment neither start a task nor stop one (100/100 with one task, say)."""
    primary = next((one for one in service.deployments if one.primary), None)
    if primary is None or primary.rollout != "IN_PROGRESS" or any(task.stopping for task in service.tasks):
        return False
    missing = service.desired - sum(task.deployment == primary.id for task in service.tasks)
    settled = all(task.healthy for task in service.tasks)
    return missing > 0 and settled and bool(service.tasks) and service.launch_allowed and decide(service) == []


def return_to(deployments: tuple[Deployment, ...], failed: str) -> str | None:
    """The newest COMPLETED deployment, which a rollback goes to; None when there is nothing to return to."""
    for deployment in deployments:
        if deployment.id != failed and deployment.rollout == "COMPLETED" and not deployment.returned_to:
            return deployment.id
    return None


def _replaced(new: list[Task], old: list[Task]) -> list[Stop]:
    """Tasks whose checks failed. An old one stays while nothing is healthy: it still serves, by fail-open."""
    stops = [Stop(task.arn, task.failed_checks, failed=True) for task in new if task.failed_checks]
    if any(task.healthy for task in new + old):
        stops += [Stop(task.arn, task.failed_checks) for task in old if task.failed_checks]
    return stops


def _surplus(new: list[Task], desired: int, deployment: str) -> list[Stop]:
    """Scale-in: the least healthy and youngest go first."""
    sound = [task for task in new if not task.failed_checks]
    over = len(sound) - desired
    if over <= 0:
        return []
    order = sorted(sound, key=lambda task: (task.healthy, task.running, -task.created))
    return [Stop(task.arn, _scaling(deployment)) for task in order[:over]]


def _drained(service: Service, new: list[Task], old: list[Task], deployment: str) -> list[Stop]:
    """Old tasks that may go now: minimumHealthyPercent stays healthy, counting old and new together."""
    minimum = math.ceil(service.desired * service.minimum_percent / 100)
    healthy = sum(task.healthy for task in new + old)
    stops = []
    for task in sorted(old, key=lambda one: (one.healthy, one.running, one.created)):
        if task.healthy:
            if healthy - 1 < minimum:
                continue
            healthy -= 1
        elif task.running and healthy < minimum:
            # Not healthy, yet perhaps the only one that serves (fail-open): it waits for its successors.
            continue
        stops.append(Stop(task.arn, _scaling(deployment)))
    return stops


def _completed(service: Service, primary: Deployment, new: list[Task], old: list[Task]) -> list[Action]:
    if primary.rollout != "IN_PROGRESS" or old:
        return []
    if sum(task.healthy for task in new) < service.desired:
        return []
    if service.bake is None:
        return [Bake(primary.id)]
    return [Complete(primary.id)] if service.bake <= 0 else []


def _scaling(deployment: str) -> str:
    return f"Scaling activity initiated by (deployment {deployment})"

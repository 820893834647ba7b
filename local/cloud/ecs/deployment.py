"""What the service scheduler does next, as a pure function: plain data in, actions out.

Sources, all in the ECS developer guide or API reference: "Amazon ECS deployment types: rolling update" and
DeploymentConfiguration (minimumHealthyPercent rounds up, maximumPercent down; a task with a load balancer counts as
healthy when its target is healthy), "How the Amazon ECS deployment circuit breaker detects failures" (threshold: half
of the desired count, rounded up, between 3 and 200; consecutive failures; a rollback goes to the newest COMPLETED
deployment as a new PRIMARY; a first deployment has nothing to return to and launches nothing more),
Deployment.rolloutState.
"""

from __future__ import annotations

import dataclasses
import math


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
        failed_checks: its checks failed after the grace period: it has to be replaced.
    """

    arn: str
    deployment: str
    created: float
    running: bool
    stopping: bool
    healthy: bool
    failed_checks: bool = False


@dataclasses.dataclass(frozen=True)
class Deployment:
    """One entry of the service's deployments, newest first."""

    id: str
    primary: bool
    rollout: str
    failures: int = 0


@dataclasses.dataclass(frozen=True)
class Service:
    """What the decision rests on. `launch_allowed` is false while the scheduler holds back after failed starts."""

    desired: int
    minimum_percent: int
    maximum_percent: int
    breaker: bool
    rollback: bool
    threshold: int
    deployments: tuple[Deployment, ...]
    tasks: tuple[Task, ...]
    launch_allowed: bool = True


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
class Complete:
    """The deployment has reached its steady state."""

    deployment: str


@dataclasses.dataclass(frozen=True)
class Fail:
    """The circuit breaker ends the deployment; `rollback_to` is the deployment whose revision serves again, if any."""

    deployment: str
    rollback_to: str | None


Action = Launch | Stop | Complete | Fail


def threshold(desired: int, kind: str = "BOUNDED_PERCENT", value: float = 50) -> int:
    """Failed tasks that trip the circuit breaker (API reference, ThresholdConfiguration)."""
    if kind == "COUNT":
        return max(1, int(value))
    share = math.ceil(value * desired / 100)
    return max(1, share) if kind == "UNBOUNDED_PERCENT" else min(200, max(3, share))


def decide(service: Service) -> list[Action]:
    """The actions of one pass of the scheduler."""
    primary = next((one for one in service.deployments if one.primary), None)
    if primary is None:
        return []
    if primary.rollout == "IN_PROGRESS" and service.breaker and primary.failures >= service.threshold:
        return [Fail(primary.id, _completed_before(service, primary) if service.rollback else None)]
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


def _completed_before(service: Service, failed: Deployment) -> str | None:
    for deployment in service.deployments:
        if deployment.id != failed.id and deployment.rollout == "COMPLETED":
            return deployment.id
    return None


def _replaced(new: list[Task], old: list[Task]) -> list[Stop]:
    """Tasks whose checks failed. An old one stays while nothing is healthy: it still serves, by fail-open."""
    stops = [Stop(task.arn, "Task failed ELB health checks", failed=True) for task in new if task.failed_checks]
    if any(task.healthy for task in new + old):
        stops += [Stop(task.arn, "Task failed ELB health checks") for task in old if task.failed_checks]
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
    return [Complete(primary.id)]


def _scaling(deployment: str) -> str:
    return f"Scaling activity initiated by (deployment {deployment})"

"""After-steps may only run once nothing of the version before is left: they take away what it needs.

That nothing is left is an absence, and one answer proves none: DescribeServices must say it too, or it must be seen
again for a while.

IAM: ecs:ListTasks and ecs:DescribeTasks (condition ecs:cluster), ecs:DescribeServices on the service.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gate.clock import Clock
from gate.errors import GateError, Interrupted
from gate.explain import short_time
from gate.observation import Confirmation
from gate.patience import Patience
from gate.shard import poll_seconds

DRAIN_SECONDS = 3900.0
"""The longest deregistration delay (an hour), the longest stopTimeout, and the removal of the network interface."""


def await_drained(
    ecs: Any, clock: Clock, log: Callable[[str, bool], None], cluster: str, service: str, task_definition: str
) -> None:
    """Returns once every task of the service that is not of *task_definition* is STOPPED.

    Raises:
        GateError: not within the longest time that draining can take.
        Interrupted: Ctrl-C, or the deployer is dying; nothing was started.
    """
    patience = Patience(clock, "waiting for the version before to be gone")
    begun = said = clock.now()
    absence = Confirmation()
    while True:
        left = patience.ask(_others, ecs, cluster, service, task_definition)
        if left:
            absence.confirmed("", clock.now())
        else:
            alone = patience.ask(_serves_alone, ecs, cluster, service, task_definition)
            if alone or absence.confirmed("nothing else runs", clock.now()):
                return
        if clock.halted():
            raise Interrupted("cancelled before the after-steps began: the new version serves, `pulumi up` runs them")
        now = clock.now()
        if now - begun > DRAIN_SECONDS:
            raise GateError(
                f"{len(left)} tasks of the version before still run after {short_time(now - begun)} "
                f"({', '.join(sorted(left)[:5])}), so the after-steps were not started; the new version serves. "
                "Look why they do not stop, then run `pulumi up` again"
            )
        if left and (said == begun or now - said >= 10):
            said = now
            log(f"waiting until {len(left)} tasks of the version before have stopped, {short_time(now - begun)}", False)
        clock.wait(poll_seconds(now - begun))


def _others(ecs: Any, cluster: str, service: str, task_definition: str) -> list[str]:
    """Ids of the service's tasks of other revisions that have not stopped.

    A task that is on its way out already has desiredStatus STOPPED, so both lists are asked and lastStatus decides.
    Source: ECS ListTasks.
    """
    name = service.rpartition("/")[2]
    arns: list[str] = [
        arn
        for desired in ("RUNNING", "STOPPED")
        for page in ecs.get_paginator("list_tasks").paginate(cluster=cluster, serviceName=name, desiredStatus=desired)
        for arn in page["taskArns"]
    ]
    left: list[str] = []
    for start in range(0, len(arns), 100):  # DescribeTasks takes a hundred
        asked = arns[start : start + 100]
        answer = ecs.describe_tasks(cluster=cluster, tasks=asked)
        described = {str(task["taskArn"]): task for task in answer["tasks"]}
        for arn in asked:
            task = described.get(arn)
            # One that is listed and cannot be described is not gone: ECS' answers may not agree for a moment.
            if task is None or (
                task["taskDefinitionArn"] != task_definition and task["lastStatus"] not in ("STOPPED", "DELETED")
            ):
                left.append(arn.rpartition("/")[2])
    return left


def _serves_alone(ecs: Any, cluster: str, service: str, task_definition: str) -> bool:
    """Whether the service itself says that its only deployment is of *task_definition*, and that it runs."""
    services = ecs.describe_services(cluster=cluster, services=[service])["services"]
    deployments = services[0]["deployments"] if services else []
    return (
        len(deployments) == 1
        and deployments[0]["taskDefinition"] == task_definition
        and int(deployments[0].get("runningCount", 0)) > 0
    )

"""After-steps may only run once nothing of the version before is left: they take away what it needs.

That nothing is left is an absence, and one answer proves none: DescribeServices must say it too, or it must be seen
again for a while. A deployer that may not list tasks sees less: a task that is being stopped is in no count of
DescribeServices. Then targets must have drained as well, and the longest stopTimeout must have passed since.

IAM: ecs:ListTasks and ecs:DescribeTasks (condition ecs:cluster), ecs:DescribeServices on the service; in place of the
first two elasticloadbalancing:DescribeTargetHealth on ``*``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from sluice.aws.answer import denied, message
from sluice.aws.observation import CONFIRM_SECONDS, Confirmation
from sluice.aws.patience import Patience
from sluice.clock import Clock
from sluice.duration import short_time
from sluice.errors import GateError, Interrupted
from sluice.migration.step.shard import poll_seconds

DRAIN_SECONDS = 3900.0
"""The longest deregistration delay (an hour), the longest stopTimeout, and the removal of the network interface."""
STOP_SECONDS = 130.0
"""How long a task may go on once its target has drained: the longest stopTimeout (120 s), and a little."""
SAID_SECONDS = 10.0
"""What is waited for is said again after so long."""


class Unseen(GateError):
    """Whether the version before still runs cannot be found out; the text names the permission that is missing."""


def await_drained(
    ecs: Any,
    clock: Clock,
    log: Callable[[str, bool], None],
    cluster: str,
    service: str,
    task_definition: str,
    elbv2: Any = None,
) -> None:
    """Return once every task of the service that is not of *task_definition* is STOPPED.

    Raises:
        Unseen: this deployer lacks a permission without which that cannot be known.
        GateError: not within the longest time that draining can take.
        Interrupted: Ctrl-C, or the deployer is dying; nothing was started.
    """
    patience = Patience(clock, "waiting for the version before to be gone")
    begun = said = clock.now()
    absence = Confirmation()
    listed, lasts = True, CONFIRM_SECONDS
    while True:
        left = ""
        if listed:
            try:
                left = _tasks(patience.ask(_others, ecs, cluster, service, task_definition))
            except ClientError as error:
                if not denied(error):
                    raise
                listed, lasts = False, STOP_SECONDS
                log(
                    f"warning: the tasks of the version before cannot be listed ({message(error)}): the service's "
                    f"deployments and targets are watched instead, and {STOP_SECONDS:.0f} s more for tasks that stop",
                    False,
                )
        if not listed:
            seen = _service(patience, ecs, cluster, service)
            left = _deployments(seen, task_definition) or _draining(patience, elbv2, seen)
        elif not left and _serves_alone(patience, ecs, cluster, service, task_definition):
            return
        now = clock.now()
        if absence.confirmed("" if left else "nothing else runs", now, lasts):
            return
        if clock.halted():
            raise Interrupted("cancelled before the after-steps began: the new version serves, `pulumi up` runs them")
        if now - begun > DRAIN_SECONDS:
            raise GateError(
                f"{left or 'the version before'} still there after {short_time(now - begun)}, so the after-steps were "
                "not started; the new version serves. Look why it does not stop, then run `pulumi up` again"
            )
        if left and (said == begun or now - said >= SAID_SECONDS):
            said = now
            log(f"waiting until the version before has stopped: {left}, {short_time(now - begun)}", False)
        clock.wait(poll_seconds(now - begun))


def _serves_alone(patience: Patience, ecs: Any, cluster: str, service: str, task_definition: str) -> bool:
    """Return whether the service itself says that its only deployment is of *task_definition*, and that it runs. A
    deployer that may not ask it waits a little longer."""
    try:
        return not _deployments(_service(patience, ecs, cluster, service), task_definition)
    except Unseen:
        return False


def _service(patience: Patience, ecs: Any, cluster: str, service: str) -> Mapping[str, Any]:
    """The service, as DescribeServices shows it; empty when it does not. Raises Unseen."""
    try:
        services = patience.ask(ecs.describe_services, cluster=cluster, services=[service])["services"]
    except ClientError as error:
        if not denied(error):
            raise
        raise _unseen(error, "ecs:DescribeServices on the service") from error
    return dict(services[0]) if services else {}


def _unseen(error: ClientError, permission: str) -> Unseen:
    return Unseen(
        "whether tasks of the version before still run could not be found out, so the after-steps were not started; "
        "the new version serves\n"
        f"  cause: this deployer may not call {error.operation_name}: {message(error)}\n"
        f"  fix:   give it {permission}, and ecs:ListTasks and ecs:DescribeTasks (condition ecs:cluster), as "
        "`make bootstrap` does; then run `pulumi up` again"
    )


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


def _tasks(ids: list[str]) -> str:
    """Tasks by their ids, in words; empty for none."""
    if not ids:
        return ""
    shown = ", ".join(sorted(ids)[:5]) + (", …" if len(ids) > 5 else "")
    return f"{len(ids)} task{'' if len(ids) == 1 else 's'} ({shown})"


def _deployments(seen: Mapping[str, Any], task_definition: str) -> str:
    """Return what the service says of other versions, in words; empty when its only deployment is of *task_definition*
    and runs. A deployment is listed for as long as tasks of it run. Source: Deployment.status in the ECS API
    reference."""
    deployments = seen.get("deployments") or []
    others = [one for one in deployments if one["taskDefinition"] != task_definition]
    if others:
        return "deployment of " + ", ".join(sorted({one["taskDefinition"].rpartition("/")[2] for one in others}))
    runs = len(deployments) == 1 and int(deployments[0].get("runningCount", 0)) > 0
    return "" if runs else "the new version does not run"


def _draining(patience: Patience, elbv2: Any, seen: Mapping[str, Any]) -> str:
    """Targets of the service that still answer requests they got, in words; empty for none. Raises Unseen.

    While its target drains a task is DEACTIVATING, and in no count. Source: "Amazon ECS task lifecycle".
    """
    groups = {str(one["targetGroupArn"]) for one in seen.get("loadBalancers") or () if one.get("targetGroupArn")}
    count = 0
    for group in sorted(groups):
        try:
            answer = patience.ask(elbv2.describe_target_health, TargetGroupArn=group)
        except ClientError as error:
            if not denied(error):
                raise
            raise _unseen(error, "elasticloadbalancing:DescribeTargetHealth") from error
        states = [one["TargetHealth"]["State"] for one in answer["TargetHealthDescriptions"]]
        count += states.count("draining")
    return f"{count} draining target{'' if count == 1 else 's'}" if count else ""

"""Waits until all tasks of the previous version have stopped, because after-steps remove what it needs.

One answer without tasks is no proof: DescribeServices must confirm it, or it must be seen for a while. A deployer that
may not list tasks sees less, because DescribeServices does not count a task that is being stopped. Then the targets
must have drained, too, and the longest stopTimeout must have passed since.

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
"""Seconds that a task may run after its target has drained: the longest stopTimeout (120 s), with a margin."""
SAID_SECONDS = 10.0
"""Seconds between two progress lines."""


class Unseen(GateError):
    """It is unknown whether the previous version still runs; the text names the missing permission."""


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
        Unseen: this deployer lacks a permission to find out.
        GateError: the tasks did not stop within the longest time of draining.
        Interrupted: Ctrl-C, or the deployer is dying; nothing was started.
    """
    patience = Patience(clock, "waiting for the previous version to stop")
    begun = said = clock.now()
    absence = Confirmation()
    listed, lasts = True, CONFIRM_SECONDS
    while True:
        if listed:
            try:
                left = _tasks(patience.ask(_others, ecs, cluster, service, task_definition))
            except ClientError as error:
                if not denied(error):
                    raise
                listed, lasts = False, STOP_SECONDS
                log(
                    f"warning: the tasks of the previous version cannot be listed ({message(error)}): the service's "
                    f"deployments and targets are watched instead, then {STOP_SECONDS:.0f} s more for stopping tasks",
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
            raise Interrupted("cancelled before the after-steps: the new version serves; `pulumi up` runs them")
        if now - begun > DRAIN_SECONDS:
            raise GateError(
                f"the previous version has not stopped after {short_time(now - begun)}: {left or 'not confirmed'}. The "
                "after-steps were not started; the new version serves. Fix: find out why it does not stop, then run "
                "`pulumi up`"
            )
        if left and (said == begun or now - said >= SAID_SECONDS):
            said = now
            log(f"waiting until the previous version has stopped: {left}, {short_time(now - begun)}", False)
        clock.wait(poll_seconds(now - begun))


def _serves_alone(patience: Patience, ecs: Any, cluster: str, service: str, task_definition: str) -> bool:
    """Return whether the service's only deployment is of *task_definition*, and runs.

    Without the permission, the deployer waits a little longer instead.
    """
    try:
        return not _deployments(_service(patience, ecs, cluster, service), task_definition)
    except Unseen:
        return False


def _service(patience: Patience, ecs: Any, cluster: str, service: str) -> Mapping[str, Any]:
    """Return the service, as DescribeServices shows it; empty when it does not. Raises Unseen."""
    try:
        services = patience.ask(ecs.describe_services, cluster=cluster, services=[service])["services"]
    except ClientError as error:
        if not denied(error):
            raise
        raise _unseen(error, "ecs:DescribeServices on the service") from error
    return dict(services[0]) if services else {}


def _unseen(error: ClientError, permission: str) -> Unseen:
    return Unseen(
        "it is unknown whether tasks of the previous version still run, so the after-steps were not started; "
        "the new version serves\n"
        f"  cause: this deployer may not call {error.operation_name}: {message(error)}\n"
        f"  fix:   allow it {permission}, and ecs:ListTasks and ecs:DescribeTasks (condition ecs:cluster), as "
        "`make bootstrap` does; then run `pulumi up` again"
    )


def _others(ecs: Any, cluster: str, service: str, task_definition: str) -> list[str]:
    """Return the ids of the service's tasks of other revisions that have not stopped.

    A stopping task already has desiredStatus STOPPED, so both lists are read and lastStatus decides.
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
    for start in range(0, len(arns), 100):  # DescribeTasks accepts a hundred
        asked = arns[start : start + 100]
        answer = ecs.describe_tasks(cluster=cluster, tasks=asked)
        described = {str(task["taskArn"]): task for task in answer["tasks"]}
        for arn in asked:
            task = described.get(arn)
            # A task that is listed but not described has not stopped: ECS's answers can differ for a moment.
            if task is None or (
                task["taskDefinitionArn"] != task_definition and task["lastStatus"] not in ("STOPPED", "DELETED")
            ):
                left.append(arn.rpartition("/")[2])
    return left


def _tasks(ids: list[str]) -> str:
    """Return tasks by their ids, as text; empty for none."""
    if not ids:
        return ""
    shown = ", ".join(sorted(ids)[:5]) + (", …" if len(ids) > 5 else "")
    return f"{len(ids)} task{'' if len(ids) == 1 else 's'} ({shown})"


def _deployments(seen: Mapping[str, Any], task_definition: str) -> str:
    """Return the service's other deployments, as text; empty when its only one is of *task_definition* and runs.

    A deployment is listed while tasks of it run. Source: Deployment.status in the ECS API reference.
    """
    deployments = seen.get("deployments") or []
    others = [one for one in deployments if one["taskDefinition"] != task_definition]
    if others:
        return "deployment of " + ", ".join(sorted({one["taskDefinition"].rpartition("/")[2] for one in others}))
    runs = len(deployments) == 1 and int(deployments[0].get("runningCount", 0)) > 0
    return "" if runs else "the new version does not run"


def _draining(patience: Patience, elbv2: Any, seen: Mapping[str, Any]) -> str:
    """Return the number of draining targets of the service, as text; empty for none. Raises Unseen.

    While its target drains, a task is DEACTIVATING and not counted. Source: "Amazon ECS task lifecycle".
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

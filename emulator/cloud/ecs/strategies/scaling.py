"""Which tasks of two revisions start and stop while traffic shifts between them. Pure.

AWS, "Amazon ECS blue/green service deployments workflow" (developer guide): the new revision scales to the whole
desired count beside the old one. Not documented, chosen here: a changed desired count is both revisions' from then on,
and the percentages of the configuration bound nothing; a task whose checks failed is replaced, one of the old revision
only while another task is healthy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from emulator.cloud.ecs.service.deployment import Launch, Stop, Task


def scale(
    tasks: Sequence[Task], wanted: Mapping[str, int], target: str, launch_allowed: bool = True
) -> list[Launch | Stop]:
    """What brings every revision to its count.

    Args:
        tasks: of the service, those that are not STOPPED.
        wanted: how many tasks each deployment's revision is to have, by deployment; any other one none.
        target: the deployment under way: a failure of its tasks counts.
        launch_allowed: false while the scheduler holds back after failed starts of the target's tasks.
    """
    live = [task for task in tasks if not task.stopping]
    sound = any(task.healthy for task in live)
    actions: list[Launch | Stop] = []
    for deployment in dict.fromkeys([*wanted, *(task.deployment for task in live)]):
        mine = [task for task in live if task.deployment == deployment]
        count = wanted.get(deployment, 0)
        if count:
            ill = [task for task in mine if task.failed_checks and (sound or deployment == target)]
            actions += [Stop(task.arn, task.failed_checks, failed=deployment == target) for task in ill]
            mine = [task for task in mine if task not in ill]
        order = sorted(mine, key=lambda task: (task.healthy, task.running, -task.created))
        actions += [Stop(task.arn, _scaling(target)) for task in order[: max(len(mine) - count, 0)]]
        if len(mine) < count and (launch_allowed or deployment != target):
            actions.append(Launch(deployment, count - len(mine)))
    return actions


def _scaling(deployment: str) -> str:
    return f"Scaling activity initiated by (deployment {deployment})"

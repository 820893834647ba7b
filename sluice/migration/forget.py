"""Cleans up when a stack is destroyed: stops live tasks and, unless records are retained, deletes what the gate
created.

IAM: ecs:StopTask, ecs:ListTasks, ecs:ListTaskDefinitions and ecs:DeregisterTaskDefinition (the latter two on ``*``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sluice.aws.tasks import EcsTasks
from sluice.migration.records.records import Records


def stop_live_tasks(ecs: Any, records: Records, cluster: str, log: Callable[[str], None]) -> None:
    """Stop the tasks that an unfinished run left running."""
    tasks = EcsTasks(ecs, cluster)
    head, _, name = cluster.rpartition(":cluster/")
    for run in records.all():
        for step in run.steps_done.values():
            for task in step.tasks:
                if task.task and not task.done:
                    tasks.stop(f"{head}:task/{name}/{task.task}", "Sluice: the gate is being deleted")
                    log(f"stopped task {task.task} of run {run.number}")


def in_use(ecs: Any, cluster: str, task_definition: str) -> bool:
    """Return whether a task of the revision's family still runs, so the service still exists."""
    return bool(ecs.list_tasks(cluster=cluster, family=family(task_definition))["taskArns"])


def deregister(ecs: Any, task_definition: str) -> int:
    """Deregister every revision of the family, which are all kept while the stack exists; return their number."""
    pages = ecs.get_paginator("list_task_definitions").paginate(familyPrefix=family(task_definition))
    arns = [
        arn
        for page in pages
        for arn in page["taskDefinitionArns"]
        if family(arn) == family(task_definition)  # familyPrefix also finds longer names
    ]
    for arn in arns:
        ecs.deregister_task_definition(taskDefinition=arn)
    return len(arns)


def family(task_definition: str) -> str:
    """Return the family of a revision's ARN: ``notes-service`` of ``arn:…:task-definition/notes-service:12``."""
    return task_definition.rpartition("/")[2].partition(":")[0]

"""A task that RunTask starts belongs to the group of its family.

AWS, RunTask (ECS API reference): `group` is `family:NAME` of the task definition unless the call names one. Events are
filtered by it. MiniStack leaves it empty.
"""

from __future__ import annotations

from typing import Any

from ministack.services import ecs

from emulator.cloud.correction import Correction
from emulator.cloud.replace import replace_operation
from emulator.cloud.settings import Settings


def install(settings: Settings) -> None:
    """Name the group before RunTask."""
    run = ecs._ACTION_MAP["RunTask"]

    def run_task(data: dict[str, Any]) -> Any:
        definition = ecs._task_defs.get(ecs._resolve_td_key(data.get("taskDefinition") or ""))
        if data.get("group") or definition is None:
            return run(data)
        return run({**data, "group": f"family:{definition['family']}"})

    replace_operation(ecs, "RunTask", run_task)


CORRECTION = Correction(
    rule="A task that RunTask starts belongs to the group `family:NAME`.",
    fault="The group of such a task is empty.",
    ministack="1.5.33",
    install=install,
)

"""RunTask with a client token starts its tasks once. Rule and source are in token.py; MiniStack ignores the token."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.services import ecs

from emulator.cloud.correction import Correction
from emulator.cloud.ecs.service.service_state import seconds_since_epoch
from emulator.cloud.ecs.token import Use, alive, fingerprint
from emulator.cloud.replace import replace_operation
from emulator.cloud.settings import Settings

_uses: dict[tuple[str, str, str, str], Use] = {}
_one_at_a_time = threading.Lock()
_STOPPED_ANSWER = ("taskArn", "clusterArn", "lastStatus", "desiredStatus")


def install(settings: Settings) -> None:
    """Look for the token before RunTask."""
    run = ecs._ACTION_MAP["RunTask"]

    def run_task(data: dict[str, Any]) -> Any:
        token = data.get("clientToken")
        if not token:
            return run(data)
        key = (get_account_id(), get_region(), str(ecs._resolve_cluster_name(data.get("cluster", "default"))), token)
        # Registering a task is quick, its start is another thread's: of two calls with one token only one may run.
        with _one_at_a_time:
            use = _uses.get(key)
            if use is not None and alive(use, [_stopped(arn) for arn in use.tasks], time.time()):
                return _again(use, data)
            answer = run(data)
            started = [task["taskArn"] for task in json.loads(answer[2]).get("tasks", [])] if answer[0] == 200 else []
            if started:
                _uses[key] = Use(fingerprint(data), tuple(started), time.time())
            return answer

    replace_operation(ecs, "RunTask", run_task)


CORRECTION = Correction(
    rule="RunTask with the same client token starts its tasks once.",
    fault="The client token is ignored: every call starts tasks.",
    ministack="1.5.33",
    install=install,
)


def _stopped(arn: str) -> float | None:
    task = ecs._tasks.get(arn)
    return seconds_since_epoch(task["stoppedAt"]) if task is not None and task.get("stoppedAt") else None


def _again(use: Use, data: dict[str, Any]) -> Any:
    if use.parameters != fingerprint(data):
        return error_response_json(
            "ConflictException",
            "The RunTask request could not be processed due to conflicts. The "
            "provided clientToken is already in use with a different RunTask request.",
            400,
            {"resourceIds": list(use.tasks)},
        )
    tasks = [ecs._sanitize(ecs._tasks[arn]) for arn in use.tasks if arn in ecs._tasks]
    # Of a stopped task the answer holds little more than its name (same page): callers must not rely on more.
    return json_response(
        {
            "failures": [],
            "tasks": [
                {name: task[name] for name in _STOPPED_ANSWER} if task["lastStatus"] == "STOPPED" else task
                for task in tasks
            ],
        }
    )

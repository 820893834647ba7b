"""Container health checks really run: the definition's command, inside the container, again and again.

The rules, their source and when a check runs are in container_health.py; MiniStack says UNKNOWN for ever.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
from typing import Any

import docker.errors

from emulator.cloud.ecs.containers.container_health import Check, program

log = logging.getLogger("sluice.checks")


def passes(client: Any, container: str, check: Check) -> bool:
    """Run the check's command once inside the container: exit code 0 within its time-out."""
    try:
        execution = client.api.exec_create(container, program(check))["Id"]
    except docker.errors.APIError:
        return False  # The container has just ended, or the command cannot be executed in it.
    done: list[bool] = []

    def run() -> None:
        try:
            client.api.exec_start(execution)
            done.append(client.api.exec_inspect(execution)["ExitCode"] == 0)
        except docker.errors.APIError as error:
            log.info("the health check of container %s cannot run: %s", container[:12], error)

    runner = threading.Thread(target=run, daemon=True, name=f"sluice-check-{container[:12]}")
    runner.start()
    runner.join(check.timeout)
    if not runner.is_alive():
        return done == [True]
    _end(client, execution)
    return False


def _end(client: Any, execution: str) -> None:
    """End a command that has taken too long. Docker has no call for it: where its process is not ours it runs on."""
    with contextlib.suppress(docker.errors.APIError, ProcessLookupError, PermissionError):
        process = client.api.exec_inspect(execution).get("Pid")
        if process:
            os.kill(process, signal.SIGKILL)

"""A task lives until an essential container ends or somebody stops it; it ends in AWS's order, with true exit codes.

AWS, "Amazon ECS task lifecycle" (developer guide) and StopTask (API reference): deregistered from its target groups,
then SIGTERM (or the image's STOPSIGNAL), then SIGKILL after the container's `stopTimeout` (30 s by default), STOPPED
only when the container has ended; `containers[].exitCode` is the process's own (143 and 137 where a signal ended it). A
task that the service scheduler stops finishes the requests it serves first: at most the group's deregistration delay
("Target groups", ELB user guide; whether AWS waits for the whole delay is not documented, here the wait ends with the
last request). MiniStack reports exit code 0, does not wait, and ignores stopTimeout.
"""

from __future__ import annotations

import contextvars
import functools
import logging
import queue
import threading
import time
from typing import Any

import docker.errors
from ministack.core.concurrency import resource_lock
from ministack.core.responses import request_scope
from ministack.services import ecs, ecs_metadata

from emulator.cloud.correction import Correction
from emulator.cloud.ecs.containers import checks, container_health, credentials, memory, volumes
from emulator.cloud.ecs.tasks import lifecycle, starting, task_events
from emulator.cloud.elb import targets
from emulator.cloud.replace import replace
from emulator.cloud.settings import Settings

log = logging.getLogger("sluice.tasks")
_LOG_TAIL_SECONDS = 10.0
_running: dict[str, RunningTask] = {}
task_changed: list[Any] = []


class RunningTask:
    """One task from its start to STOPPED, in one thread."""

    def __init__(
        self,
        task: dict[str, Any],
        definition: dict[str, Any],
        overrides: list[dict[str, Any]],
        client: Any,
        settings: Settings,
    ) -> None:
        self.task = task
        self._definition, self._overrides, self._client, self._settings = definition, overrides, client, settings
        self._ended: queue.SimpleQueue[tuple[starting.Running, int | None] | None] = queue.SimpleQueue()
        self._started: list[starting.Running] = []
        self._drain = False
        self._over = threading.Event()

    def stop(self, reason: str, code: str, drain: bool) -> bool:
        """Ask for the end. Returns at once; False when it was asked before."""
        self._drain = self._drain or drain
        if not lifecycle.begin_stop(self.task, reason, code):
            return False
        self._ended.put(None)
        return True

    def run(self) -> None:
        """Start the task, wait for its end, and end it in order."""
        try:
            registry, home = self._settings.images, self._settings.account
            if starting.start(
                self.task, self._definition, self._overrides, self._client, registry, home, self._started
            ):
                _tell()
                self._wait()
        except starting.StartError as error:
            log.info("task %s failed to start: %s", self.task["taskArn"], error)
            starting.fail(self.task, str(error))
        except Exception as error:
            # Docker refused in a way nobody foresaw: the task's reader is told, the log keeps the whole story.
            log.exception("task %s failed to start", self.task["taskArn"])
            starting.fail(self.task, f"ResourceInitializationError: unable to start the container: {error}")
        finally:
            self._end()

    def _wait(self) -> None:
        """Until an essential container has ended, or a stop was asked for."""
        for one in self._started:
            threading.Thread(target=self._watch, args=(one,), daemon=True).start()
            self._check(one)
        running = len(self._started)
        while True:
            event = self._ended.get()
            if event is None:
                return
            one, code = event
            self._flush(one)
            lifecycle.ended(self.task, one.index, code, _reason(one.container, code))
            running -= 1
            if one.essential or running == 0:
                lifecycle.begin_stop(self.task, "Essential container in task exited", "EssentialContainerExited")
                return

    def _watch(self, one: starting.Running) -> None:
        self._ended.put((one, _exit_code(self._client, one.container.id)))

    def _check(self, one: starting.Running) -> None:
        check = container_health.of(self._definition["containerDefinitions"][one.index])
        if check is None:
            return

        def report(status: str) -> None:
            log.info("container %s is %s", one.container.id[:12], status)
            lifecycle.health(self.task, one.index, status)
            _tell()

        asked = functools.partial(checks.passes, self._client, one.container.id, check)
        loop = (check, asked, report, time.monotonic, self._over.wait)
        threading.Thread(
            target=contextvars.copy_context().run, args=(container_health.watch, *loop), daemon=True
        ).start()

    def _end(self) -> None:
        self._over.set()
        lifecycle.advance(self.task, "DEACTIVATING")
        _tell()
        self._leave_target_groups()
        lifecycle.advance(self.task, "STOPPING")
        enders = [threading.Thread(target=self._end_container, args=(one,), daemon=True) for one in self._started]
        for ender in enders:
            ender.start()
        for ender in enders:
            ender.join()
        lifecycle.advance(self.task, "DEPROVISIONING")
        for token in self.task.pop("_metadata_tokens", None) or []:
            ecs_metadata.unregister_token(token)
        credentials.end(self.task)
        self._remove_volumes()
        self.task["_docker_ids"] = []
        lifecycle.finish(self.task)
        _running.pop(self.task["taskArn"], None)
        log.info("task %s is STOPPED: %s", self.task["taskArn"], self.task["stoppedReason"])
        task_events.stopped(self.task)
        _tell()

    def _leave_target_groups(self) -> None:
        with resource_lock("ecs-task", self.task["taskArn"]):
            registered = self.task.pop("_registered", [])
        for group, address, port in registered:
            leaving, delay = targets.deregister(group, address, port)
            if self._drain:
                targets.registered.drained(leaving, time.monotonic() + delay)

    def _end_container(self, one: starting.Running) -> None:
        try:
            # Docker sends the image's STOPSIGNAL (SIGTERM), SIGKILL after the time-out; an ended one it leaves alone.
            self._client.api.stop(one.container.id, timeout=one.stop_timeout)
            code = _exit_code(self._client, one.container.id)
            self._flush(one)
            lifecycle.ended(self.task, one.index, code, _reason(one.container, code))
            one.container.remove(force=True, v=True)
        except Exception:
            # Whatever Docker answers, the task must reach STOPPED: without an exit code, which readers take as failure.
            log.exception("container %s could not be ended in order", one.container.id[:12])

    def _remove_volumes(self) -> None:
        try:
            volumes.remove(self._client, self.task["taskArn"].rpartition("/")[2])
        except Exception:
            # As with a container that does not go: the task must reach STOPPED, and the next start removes them.
            log.exception("the volumes of task %s could not be removed", self.task["taskArn"])

    def _flush(self, one: starting.Running) -> None:
        if one.follower is not None:
            one.follower.join(_LOG_TAIL_SECONDS)
            if one.follower.is_alive():
                log.warning(
                    "the output of container %s is still being read after %.0f s",
                    one.container.id[:12],
                    _LOG_TAIL_SECONDS,
                )


def install(settings: Settings) -> None:
    """Give every task a thread of its own instead of MiniStack's worker and its polling."""

    def run_worker(
        task: dict[str, Any],
        definition: dict[str, Any],
        overrides: list[dict[str, Any]],
        client: Any,
        account: str,
        region: str,
    ) -> None:
        with request_scope(account, region):
            running = _running[task["taskArn"]] = RunningTask(task, definition, overrides, client, settings)
            if task["desiredStatus"] == "STOPPED":
                running._end()
            else:
                running.run()

    replace(ecs, "_run_task_worker", run_worker)
    replace(ecs, "_maybe_mark_stopped", lambda task, docker_client=None: None)


CORRECTION = Correction(
    rule="A task ends in AWS's order, after `stopTimeout` at most, with its containers' own exit codes.",
    fault="StopTask answers STOPPED with exit code 0 while the container still runs, and ignores `stopTimeout`.",
    ministack="1.5.33",
    install=install,
)


def stop(task: dict[str, Any], reason: str, code: str, drain: bool = False) -> bool:
    """Stop a task. Answers at once.

    Args:
        task: MiniStack's record of it.
        reason: its stoppedReason.
        code: its stopCode.
        drain: let it finish the requests it serves, as the service scheduler does.

    Returns:
        Whether this call began the stop.
    """
    running = _running.get(task["taskArn"])
    if running is None:
        # Its thread has not begun: it will find desiredStatus STOPPED and end without starting anything.
        return lifecycle.begin_stop(task, reason, code)
    return running.stop(reason, code, drain)


def _exit_code(client: Any, container: str) -> int | None:
    """Wait for the container's end, however long. Returns its exit code, or None when somebody removed it."""
    try:
        return int(client.api.wait(container, timeout=None)["StatusCode"])
    except docker.errors.NotFound:
        return None


def _reason(container: Any, code: int | None) -> str:
    """What ECS says beside the exit code of a container that has ended."""
    try:
        container.reload()
    except docker.errors.NotFound:
        return ""
    return memory.reason(container.attrs["State"], code)


def _tell() -> None:
    for changed in task_changed:
        changed()

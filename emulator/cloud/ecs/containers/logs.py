"""What a container writes arrives in CloudWatch Logs, whole lines, complete before its task is STOPPED.

AWS, "Using the awslogs log driver" (ECS developer guide): the stream is `prefix/container/task-id`, created when the
container starts; a missing group fails the start: `ResourceInitializationError: failed to validate logger args`.
MiniStack starts the container without a log then, and may still be reading when it says STOPPED.
"""

from __future__ import annotations

import logging
import struct
import threading
from collections.abc import Iterator
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import cloudwatch_logs, ecs

from emulator.cloud.ecs.containers.log_events import LogEvents, SeenFrames

log = logging.getLogger("sluice.logs")

MISSING_GROUP = (
    "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed "
    "to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : {}"
)


class MissingLogGroupError(Exception):
    """A container logs to a group that does not exist; the text is the task's stoppedReason."""


def require_group(definition: dict[str, Any]) -> None:
    """Refuse a container whose log group does not exist and may not be created.

    Raises:
        MissingLogGroupError: with AWS's text.
    """
    config = ecs._awslogs_config(definition, "", "")
    if config is None or config["create_group"]:
        return
    with request_scope(get_account_id(), config["region"] or get_region()):
        if config["group"] not in cloudwatch_logs._log_groups:
            raise MissingLogGroupError(MISSING_GROUP.format(config["group"]))


def follow(container: Any, definition: dict[str, Any], task_id: str) -> threading.Thread | None:
    """Forward the container's output until it ends. Returns the thread, or None when it logs to nothing of ours."""
    config = ecs._awslogs_config(definition, task_id, container.id)
    if config is None:
        return None
    region = config["region"] or get_region()
    thread = threading.Thread(
        target=_forward,
        args=(container, config, get_account_id(), region),
        daemon=True,
        name=f"sluice-logs-{task_id[:8]}",
    )
    thread.start()
    return thread


def _forward(container: Any, config: dict[str, Any], account: str, region: str) -> None:
    with request_scope(account, region):
        if not ecs._ensure_awslogs_stream(config):
            log.warning("no stream %s in %s: its group is gone", config["stream"], config["group"])
            return
        # Standard output and standard error each have their own unfinished line.
        events = {1: LogEvents(), 2: LogEvents()}
        seen = SeenFrames()
        # A follower may miss what is written last (Docker 20.10 does): the end is read again when nothing can follow.
        for follow in (True, False):
            for stream, frame in _frames(container, follow, seen.since()):
                if seen.new(stream, frame):
                    _put(config, events[stream].add(frame))
            if follow:
                container.client.api.wait(container.id, timeout=None)
        _put(config, events[1].rest() + events[2].rest())


def _frames(container: Any, follow: bool, since: int) -> Iterator[tuple[int, bytes]]:
    """Docker's log stream: 1 or 2 for stdout or stderr, and a line or 16 KiB of a longer one, with its time.

    docker-py's own reader drops which stream a frame came from; the format is that of "Attach to a container" (Docker
    Engine API): stream, three zero bytes, the length in four bytes, the content.
    """
    api = container.client.api
    wanted = {"stdout": 1, "stderr": 1, "timestamps": 1, "follow": int(follow), "since": since, "tail": "all"}
    answer = api._get(api._url("/containers/{0}/logs", container.id), params=wanted, stream=True)
    answer.raise_for_status()
    api._disable_socket_timeout(api._get_raw_response_socket(answer))
    while header := answer.raw.read(8):
        stream, length = struct.unpack(">BxxxL", header)
        if length:
            yield stream, answer.raw.read(length)


def _put(config: dict[str, Any], events: list[dict[str, Any]]) -> None:
    if events:
        cloudwatch_logs._put_log_events(
            {"logGroupName": config["group"], "logStreamName": config["stream"], "logEvents": events}
        )

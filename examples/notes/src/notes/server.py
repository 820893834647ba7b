"""The web server, with an end that loses no request.

Amazon ECS deregisters a task from its load balancer, then sends SIGTERM; whether requests may still arrive for a moment
is not documented, so they are answered. (Developer Guide, "Task lifecycle"; AWS blog, "Graceful shutdowns with ECS".)
"""

import logging
import signal
import socket
import time
from types import FrameType

import uvicorn

logger = logging.getLogger("notes.server")

KEEP_ALIVE_SECONDS = 65
"""Longer than a load balancer keeps an idle connection (60 s): it closes first, and never writes into a closed one."""

QUIET_SECONDS = 2.0
"""So long without a request on the connections still open means: no more will come."""


ENDING_SECONDS = 3
"""The last part of the time allowed: cutting what still runs, and closing the database's connections."""


def drained(*, since: float, quiet: float, connections: int, requests: int, allowed: float) -> bool:
    """Whether nothing is left to serve, or no time to serve it.

    Args:
        since: seconds since SIGTERM.
        quiet: seconds since a request was last in progress.
        connections: how many are open.
        requests: how many are in progress.
        allowed: seconds that draining may take.
    """
    if since >= allowed:
        return True
    if requests:
        return False
    return connections == 0 or min(since, quiet) >= QUIET_SECONDS


class Server(uvicorn.Server):
    """On SIGTERM: go on serving, telling each client to close; at half time stop listening; when all is quiet, exit 0.

    What still runs ENDING_SECONDS before the end is cut, and the log says how many.
    """

    def __init__(self, config: uvicorn.Config, shutdown_seconds: int) -> None:
        super().__init__(config)
        self.shutdown_seconds = shutdown_seconds
        self.asked: float | None = None
        self.active = time.monotonic()
        self.total = 0

    def draining(self) -> bool:
        return self.asked is not None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Keeps the signal to itself: uvicorn would raise it again at the end, and the exit code would not be 0."""
        if self.asked is None:
            self.asked = time.monotonic()
            self.should_exit = True
        elif sig == signal.SIGINT:
            self.force_exit = True

    async def on_tick(self, counter: int) -> bool:
        ends = await super().on_tick(counter)
        now = time.monotonic()
        if self.server_state.tasks or self.server_state.total_requests != self.total:
            self.active, self.total = now, self.server_state.total_requests
        if not ends or self.asked is None or self.force_exit:
            return ends
        since = now - self.asked
        if since >= self.shutdown_seconds / 2:
            for listener in self.servers:
                listener.close()
        return drained(
            since=since,
            quiet=now - self.active,
            connections=len(self.server_state.connections),
            requests=len(self.server_state.tasks),
            allowed=self.shutdown_seconds - ENDING_SECONDS,
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.timeout_graceful_shutdown = 1
        await super().shutdown(sockets)
        fields = {"seconds": round(time.monotonic() - self.asked, 1)} if self.asked else {}
        logger.info("stopped", extra={"fields": fields})

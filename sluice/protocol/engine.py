"""Sends log lines from the plugin to the engine, in order, each under its resource."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import grpc.aio
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from sluice.diagnosis.redaction.presentable import presentable
from sluice.protocol.progress import Progress
from sluice.protocol.resource import Severity

_SEVERITIES = {
    "debug": engine_pb2.DEBUG,
    "info": engine_pb2.INFO,
    "warning": engine_pb2.WARNING,
    "error": engine_pb2.ERROR,
}
_FLUSH_SECONDS = 5.0


class EngineLog:
    """The engine's log. Any thread may add lines; one sender keeps their order.

    Args:
        address: the engine's gRPC address (the plugin's first argument).
        loop: the plugin's event loop.
        progress: decides which progress lines are sent.
    """

    def __init__(self, address: str, loop: asyncio.AbstractEventLoop, progress: Progress | None = None) -> None:
        self._loop = loop
        self._progress = progress or Progress(terminal=True)
        self._queue: asyncio.Queue[engine_pb2.LogRequest] = asyncio.Queue()
        self._channel = grpc.aio.insecure_channel(address)
        self._log: Any = engine_pb2_grpc.EngineStub(self._channel).Log  # the stubs only know the synchronous form
        self._sender = loop.create_task(self._send())

    def log(self, urn: str, text: str, severity: Severity = "info", ephemeral: bool = False) -> None:
        """Queue a line for the resource *urn* (empty: the update as a whole), made presentable."""
        if ephemeral and not self._progress.due(urn, text):
            return
        shown = presentable(text)
        line = engine_pb2.LogRequest(severity=_SEVERITIES[severity], message=shown, urn=urn, ephemeral=ephemeral)
        self._loop.call_soon_threadsafe(self._queue.put_nowait, line)

    async def _send(self) -> None:
        while True:
            line = await self._queue.get()
            try:
                await self._log(line, timeout=_FLUSH_SECONDS)
            except grpc.aio.AioRpcError as error:
                # The engine is gone or stuck: keep the line in the plugin's own log.
                print(
                    f"{line.message} [not delivered to the engine: {error.code().name}]",
                    file=sys.stderr,
                )
            finally:
                self._queue.task_done()

    async def flush(self) -> None:
        """Wait at most five seconds until the engine has received all queued lines."""
        await asyncio.sleep(0)  # so that lines which a thread has just added are in the queue
        try:
            await asyncio.wait_for(self._queue.join(), _FLUSH_SECONDS)
        except TimeoutError:
            print(
                f"{self._queue.qsize()} log lines could not be delivered to the engine in time",
                file=sys.stderr,
            )

    async def close(self) -> None:
        self._sender.cancel()
        await self._channel.close(None)

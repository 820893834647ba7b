"""The emulator's process: MiniStack's application with our corrections, behind our identity, until SIGTERM."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app as ministack

from local.cloud import corrections
from local.cloud.emulator import IDENTITY_PATH
from local.cloud.settings import Settings

THREADS = 256
"""Every request that a load balancer passes on waits in a thread, however slow its target is: with asyncio's own
number, four more than there are cores, fast requests would queue behind a handful of slow ones."""

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then remove every container that this process started."""
    corrections.install(settings)
    asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="sluice-request"))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    config = Config()
    config.bind = [f"{settings.host}:{settings.port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 2
    await serve(_identified(settings), config, shutdown_trigger=ending.wait)


def _identified(settings: Settings) -> Any:
    """MiniStack's application, with one path more: who serves here, for which checkout."""
    identity = json.dumps(
        {
            "account": settings.account,
            "pid": os.getpid(),
            "local_dir": str(settings.local_dir),
            "registry": settings.registry,
        }
    ).encode()

    async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != IDENTITY_PATH:
            await ministack.app(scope, receive, send)
            return
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(identity)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": identity, "more_body": False})

    return application

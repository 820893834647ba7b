"""The emulator's process: MiniStack's application with our corrections, behind our gateway, until SIGTERM."""

from __future__ import annotations

import asyncio
import signal
from concurrent.futures import ThreadPoolExecutor

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app as ministack

from emulator.cloud import corrections
from emulator.cloud.gateway.gateway import Gateway
from emulator.cloud.settings import Settings

THREADS = 256
"""Every request that a load balancer passes on waits in a thread, however slow its target is: with asyncio's own
number, four more than there are cores, fast requests would queue behind a handful of slow ones."""


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
    await serve(Gateway(settings, ministack.app), config, shutdown_trigger=ending.wait)

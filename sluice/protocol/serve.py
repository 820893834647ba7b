"""A plugin's process: handshake with the engine, signals, and exit when the engine is gone.

The engine starts the plugin with its own address as first argument and reads the port from the first line of stdout.
It ends a plugin with SIGINT and waits five seconds. An engine that was killed (SIGKILL) sends nothing: the plugin
notices that its parent changed, starts nothing more, leaves running tasks for the next update to adopt, and exits.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import grpc.aio
from pulumi.runtime.proto import provider_pb2_grpc

from sluice.protocol.engine import EngineLog
from sluice.protocol.package import Provider
from sluice.protocol.progress import Progress, on_terminal
from sluice.protocol.servicer import Servicer

_MESSAGE_BYTES = 1024 * 1024 * 400  # the engine's own limit
_PARENT_POLL_SECONDS = 0.25
_GRACE_SECONDS = 4.0
_THREADS = 64


def run(provider: Provider) -> None:
    """Serve *provider* until the engine ends the plugin; the process then exits."""
    if len(sys.argv) < 2:
        sys.exit(f"pulumi-resource-{provider.name} is started by the Pulumi engine, with its address as first argument")
    address = sys.argv[-1]
    asyncio.run(serve(provider, address))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # a worker thread still in a blocking AWS call must not hold up the engine's five seconds


async def serve(provider: Provider, address: str) -> None:
    """Serve *provider* to the engine at *address*; return when the engine asks it to stop or is gone."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix=provider.name))
    parent = os.getppid()
    stop = asyncio.Event()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stop.set)

    engine = EngineLog(address, loop, Progress(on_terminal(parent)))
    servicer = Servicer(provider, engine, orphaned=lambda: os.getppid() != parent)
    options = [
        ("grpc.max_receive_message_length", _MESSAGE_BYTES),
        ("grpc.max_send_message_length", _MESSAGE_BYTES),
    ]
    server = grpc.aio.server(options=options)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)

    while not stop.is_set() and os.getppid() == parent:
        try:
            await asyncio.wait_for(stop.wait(), _PARENT_POLL_SECONDS)
        except TimeoutError:
            continue
    servicer.cancelled.set()
    try:
        await asyncio.wait_for(servicer.idle.wait(), _GRACE_SECONDS)
    except TimeoutError:
        print(f"{provider.name}: ending with calls still in progress", file=sys.stderr)
    await server.stop(grace=0.1)
    await engine.close()

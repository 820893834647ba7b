"""A connection that its client has closed is closed here too, at once.

Hypercorn 0.18 waits for a connection's idle time-out even when its client is long gone: the socket stays open for
`keep_alive_timeout` seconds, and a client that opens a connection for each request takes the process's last file
descriptor in minutes.
"""

from __future__ import annotations

from typing import Any

from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.events import Event, Updated

from emulator.cloud.correction import Correction


def install(_: Any = None) -> None:
    """Let Hypercorn's connections end when their client has."""
    read, send = TCPServer._read_data, TCPServer.protocol_send

    async def _read_data(self: Any) -> None:
        await read(self)
        self.gone = True
        await self.idle_task.stop()

    async def protocol_send(self: Any, event: Event) -> None:
        if isinstance(event, Updated) and getattr(self, "gone", False):
            return  # it would wait for a next request
        await send(self, event)

    TCPServer._read_data = _read_data
    TCPServer.protocol_send = protocol_send


CORRECTION = Correction(
    rule="A connection that its client has closed is closed at once.",
    fault="Hypercorn keeps the socket of a client that is gone until the keep-alive timeout.",
    ministack="1.5.33",
    install=install,
)

"""One port for HTTP and HTTPS: whoever begins with TLS is answered by the HTTPS listener.

AWS, "Create an HTTPS listener for your Application Load Balancer" (ELB user guide): the listener shows its certificate,
which must be there and issued when the listener is created (CreateListener: CertificateNotFound,
UnsupportedCertificate). AWS has a port for each; here one address stands for the load balancer's name, and the first
byte of a connection tells which of the two it means.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from ministack.services import acm, alb

from emulator.cloud.acm import validation
from emulator.cloud.elb.authority import Authority

log = logging.getLogger("sluice.listeners")

_TLS_HANDSHAKE = b"\x16"
_SILENT_SECONDS = 60.0
_GRACE_SECONDS = 5.0


def refusal(listener: dict[str, str]) -> tuple[str, str] | None:
    """Why a listener cannot be had, as AWS says it: code and text. listener: Protocol and CertificateArn."""
    if listener["Protocol"] != "HTTPS":
        return None
    arn = listener["CertificateArn"]
    if not arn:
        return "ValidationError", "A certificate must be specified for HTTPS listeners"
    certificate = acm._certificates.get(arn)
    if certificate is None:
        return "CertificateNotFound", f"Certificate '{arn}' not found"
    validation.issue_when_published(certificate)
    if certificate["Status"] != validation.ISSUED:
        return "UnsupportedCertificate", (
            f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a supported"
            " key size."
        )
    return None


class Contexts:
    """What is needed to show each certificate; made when it is first asked for."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._made: dict[str, ssl.SSLContext] = {}

    def of(self, listener: dict[str, Any]) -> ssl.SSLContext | None:
        """The context of a listener's certificate; None when that is gone."""
        [arn] = listener.get("Certificates") or [""]
        certificate = acm._certificates.get(arn)
        if certificate is None:
            return None
        if arn not in self._made:
            self._made[arn] = self._authority.context(certificate["SubjectAlternativeNames"])
        return self._made[arn]


def listener_of(load_balancer: str, secure: bool) -> dict[str, Any] | None:
    """The listener for HTTPS or for HTTP; of several the one with the lowest port."""
    wanted = "HTTPS" if secure else "HTTP"
    found = [one for one in alb._listeners.values() if one["LoadBalancerArn"] == load_balancer]
    return min((one for one in found if one["Protocol"] == wanted), key=lambda one: int(one["Port"]), default=None)


async def serve(
    door: socket.socket,
    application: Any,
    config: Config,
    context: Callable[[bool], ssl.SSLContext | None],
    ending: Callable[[], Awaitable[Any]],
) -> None:
    """Answer on a listening socket until `ending` returns. context: of a secure connection, or of any other one, for
    which it is None; raises LookupError when nobody listens for such connections."""
    loop = asyncio.get_running_loop()
    worker = WorkerContext(None)
    door.setblocking(False)
    connections: set[asyncio.Task[None]] = set()

    async def accept() -> None:
        while True:
            client, _ = await loop.sock_accept(door)
            task = loop.create_task(_connection(client, application, config, worker, context))
            connections.add(task)
            task.add_done_callback(connections.discard)

    accepting = loop.create_task(accept())
    try:
        await ending()
    finally:
        accepting.cancel()
        await worker.terminated.set()
        if connections:
            await asyncio.wait(connections, timeout=_GRACE_SECONDS)
        for task in connections:
            task.cancel()
        door.close()


async def _connection(
    client: socket.socket,
    application: Any,
    config: Config,
    worker: WorkerContext,
    context: Callable[[bool], ssl.SSLContext | None],
) -> None:
    loop = asyncio.get_running_loop()
    try:
        client.setblocking(False)
        first = await asyncio.wait_for(_peek(client), _SILENT_SECONDS)
        tls = context(first == _TLS_HANDSHAKE)
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await loop.connect_accepted_socket(lambda: protocol, client, ssl=tls)
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        await TCPServer(application, loop, config, worker, {}, reader, writer)
    except (OSError, LookupError, TimeoutError) as error:  # a failed handshake is an OSError
        log.info("a connection ended before its request: %s", error or type(error).__name__)
        with contextlib.suppress(OSError):
            client.close()


async def _peek(client: socket.socket) -> bytes:
    """The first byte of a connection, which stays to be read; empty when it was closed."""
    loop = asyncio.get_running_loop()
    readable: asyncio.Future[None] = loop.create_future()
    loop.add_reader(client, _settle, readable)
    try:
        await readable
    finally:
        loop.remove_reader(client)
    return client.recv(1, socket.MSG_PEEK)


def _settle(readable: asyncio.Future[None]) -> None:
    if not readable.done():
        readable.set_result(None)

"""The one way to the emulated AWS: a request goes on to MiniStack when it is no web page's and is signed with a secret
of this checkout.

Without a signature there are four ways, each with a secret of its own: the emulator's identity for whoever starts and
stops it, a container's own metadata (ECS task metadata endpoint, version 4), a layer's address, and a GitHub job's
token. MiniStack's own paths, which begin with `/_`, are nobody's: one of them changes its modules' settings.
"""

from __future__ import annotations

import asyncio
import datetime
import json
import logging
import os
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ministack.services import ecs_metadata

from emulator.cloud.ecr import manifests
from emulator.cloud.gateway import links, origin, signature, web_identity
from emulator.cloud.gateway.answer import answer
from emulator.cloud.gateway.request import Refusal, Request
from emulator.cloud.gateway.secrets import secret_of
from emulator.cloud.gateway.services import SIGNED
from emulator.cloud.key import same
from emulator.cloud.running import IDENTITY_HEADER, IDENTITY_PATH
from emulator.cloud.settings import Settings

log = logging.getLogger("sluice.gateway")

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

_METADATA = re.compile(r"/v4/[A-Za-z0-9_-]{43}(/task|/stats|/task/stats)?")
"""A token has 32 random bytes."""
_CHUNK = 1 << 18


class Gateway:
    """The ASGI application before MiniStack's."""

    def __init__(self, settings: Settings, application: Application) -> None:
        self._settings, self._application = settings, application
        self._secret_of = secret_of(settings.key)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:  # a WebSocket, which no client of ours opens: closed before it is accepted, it is refused with 403
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    async def _http(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        body = await _body(receive)
        if body is None:
            return
        request = _request(scope, body)
        refused = origin.refusal(request, self._settings.host)
        if refused is not None:
            await self._refuse(request, refused, "", send)
        elif request.path == IDENTITY_PATH:
            await self._identity(request, send)
        elif request.path.startswith(links.LAYERS):
            await self._layer(request, send)
        elif request.method == "GET" and _METADATA.fullmatch(request.path):
            # MiniStack is not asked which service this is: a header of the request could name another one.
            status, headers, content = await ecs_metadata.handle_request("GET", request.path, {}, b"", {})
            await _respond(send, status, headers, content)
        elif web_identity.accepted(self._settings.key, request):
            await self._forward(scope, request, receive, send)
        else:
            await self._signed(scope, request, receive, send)

    async def _signed(self, scope: dict[str, Any], request: Request, receive: Receive, send: Send) -> None:
        said = signature.read(request)
        if isinstance(said, Refusal):
            await self._refuse(request, said, "", send)
            return
        refused = signature.refusal(request, said, self._secret_of, datetime.datetime.now(datetime.UTC))
        if refused is None and request.path.startswith("/_"):
            refused = Refusal("AccessDenied", "the local cloud has no such path")
        if refused is None and said.service not in SIGNED:
            refused = Refusal(
                "UnknownOperationException",
                f"the local cloud does not serve {said.service}: see emulator/cloud/gateway/services.py",
                400,
            )
        if refused is not None:
            await self._refuse(request, refused, said.service, send)
            return
        await self._forward(scope, request, receive, send)

    async def _forward(self, scope: dict[str, Any], request: Request, receive: Receive, send: Send) -> None:
        await self._application(scope, _again(request.body, receive), _without_cors(send))

    async def _identity(self, request: Request, send: Send) -> None:
        if not same(self._settings.key.identity, request.header(IDENTITY_HEADER)):
            await self._refuse(request, Refusal("AccessDenied", "this needs the key of the checkout"), "", send)
            return
        said = {
            "account": self._settings.account,
            "pid": os.getpid(),
            "local_dir": str(self._settings.local_dir),
            "registry": self._settings.registry,
        }
        await _respond(send, 200, {"content-type": "application/json"}, json.dumps(said).encode())

    async def _layer(self, request: Request, send: Send) -> None:
        asked = links.opened(self._settings.key, request.path, request.query, time.time())
        if asked is None or request.method not in ("GET", "HEAD"):
            await self._refuse(request, Refusal("AccessDenied", "the address is not valid, or no longer"), "", send)
            return
        blob = await asyncio.to_thread(manifests.blob, self._settings.images, *asked)
        if blob is None:
            await _respond(send, 404, {}, b"")
            return
        with blob:
            await send(_start(200, {"content-length": str(blob.length), "content-type": "application/octet-stream"}))
            while request.method == "GET" and (part := await asyncio.to_thread(blob.read, _CHUNK)):
                await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _refuse(self, request: Request, refused: Refusal, service: str, send: Send) -> None:
        log.warning("refused %s %s: %s", request.method, request.path[:200], refused.message.partition("\n")[0])
        headers, body = answer(refused, request, service)
        await send({"type": "http.response.start", "status": refused.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else body})


def _request(scope: dict[str, Any], body: bytes) -> Request:
    path = scope.get("raw_path", b"").decode("latin-1").partition("?")[0] or scope["path"]
    headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"])
    return Request(scope["method"], path, scope.get("query_string", b"").decode("latin-1"), headers, body)


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None when the client went away before its end."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """What was received already, and then what comes."""
    given = False

    async def read() -> dict[str, Any]:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return read


def _without_cors(send: Send) -> Send:
    """Answer without the headers that would let a web page read them."""

    async def cleaned(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            kept = [one for one in message.get("headers", []) if not one[0].lower().startswith(b"access-control-")]
            message = {**message, "headers": kept}
        await send(message)

    return cleaned


def _start(status: int, headers: Mapping[str, str]) -> dict[str, Any]:
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": encoded}


async def _respond(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    await send(_start(status, {**headers, "content-length": str(len(body))}))
    await send({"type": "http.response.body", "body": body, "more_body": False})

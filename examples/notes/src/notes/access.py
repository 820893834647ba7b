"""Around every request: its id, its line in the log, and the headers that name this release and restrain browsers."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from notes.headers import SECURITY
from notes.log import request_id
from notes.metrics import Metrics

logger = logging.getLogger("notes.access")

_ID = re.compile(r"[A-Za-z0-9._=;:-]{8,128}")


def identify(headers: Headers) -> str:
    """The caller's request id, else the load balancer's trace id, else one of our own."""
    for name in ("x-request-id", "x-amzn-trace-id"):
        if _ID.fullmatch(headers.get(name, "")):
            return headers[name]
    return uuid.uuid4().hex


class Access:
    """Wraps the application. Logs the path's template, never path or query: those may hold personal data."""

    def __init__(self, app: ASGIApp, version: str, draining: Callable[[], bool], metrics: Metrics) -> None:
        self.app = app
        self.version = version
        self.metrics = metrics
        self.draining = draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        identity = identify(Headers(scope=scope))
        token = request_id.set(identity)
        began = time.monotonic()
        status: int | None = None

        async def reply(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Version"] = self.version
                headers["X-Request-Id"] = identity
                for name, value in SECURITY.items():
                    headers.setdefault(name, value)
                if self.draining():
                    headers["Connection"] = "close"  # the caller opens its next connection to another task
            await send(message)

        try:
            await self.app(scope, receive, reply)
        except Exception:  # its 500 is already sent; this names the request it belongs to
            logger.exception("request failed")
        finally:
            template = getattr(scope.get("route"), "path", "(no route)")
            seconds = time.monotonic() - began
            self.metrics.count(scope["method"], template, status, seconds)
            fields = {
                "method": scope["method"],
                "path": template,
                "status": status,
                "ms": round(seconds * 1000, 1),
            }
            logger.info("request", extra={"fields": fields})
            request_id.reset(token)

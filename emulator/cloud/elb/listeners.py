"""A load balancer's DNS name leads to its listener: `http://<DNSName>/path` is answered by a target, whatever the path.

AWS, "Listeners for your Application Load Balancers" (ELB user guide): a listener accepts connections on its port at the
load balancer's name. No name server and no port 80 are ours here, so the name is `<bridge address>:<port>`: a port of
its own per load balancer, refused until it has a listener, as AWS's is. The listener with the lowest port is the one
behind it; from the first HTTPS listener on, one for HTTP and one for HTTPS (secure.py). MiniStack's names do not
resolve, and on its own port paths such as /health are its own.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from typing import Any

from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app as ministack
from ministack.core.responses import StreamingResponse, get_account_id, get_region, request_scope
from ministack.services import alb

from emulator.cloud.correction import Correction
from emulator.cloud.elb import secure
from emulator.cloud.elb.authority import Authority
from emulator.cloud.replace import replace_operation
from emulator.cloud.settings import Settings

log = logging.getLogger("sluice.listeners")
_doors: dict[str, Door] = {}


class Door:
    """The port of one load balancer: reserved when it is created, open while it has a listener."""

    def __init__(self, host: str, load_balancer: str, contexts: secure.Contexts) -> None:
        self.load_balancer, self._contexts = load_balancer, contexts
        self.account, self.region = get_account_id(), get_region()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.bind((host, 0))
        self.address = f"{host}:{self._socket.getsockname()[1]}"
        self._ending, self._both = asyncio.Event(), False
        self._serving: list[asyncio.Task[None]] = []

    def open(self) -> None:
        """Answer requests from now on, by HTTPS too when there is a listener for that."""
        both = secure.listener_of(self.load_balancer, secure=True) is not None
        if self._serving and both == self._both:
            return
        # The port stays ours all the time: who takes over listens on the same socket.
        self._ending.set()
        self._ending, self._both = asyncio.Event(), self._both or both
        config = Config()
        config.keep_alive_timeout = 3600
        config.graceful_timeout = 5
        application: Any = self._application
        door = self._socket.dup()
        door.listen(config.backlog)  # here and now: whoever was told of the listener must not be refused
        if self._both:
            serving = secure.serve(door, ASGIWrapper(application), config, self._context, self._ending.wait)
        else:
            config.bind = [f"fd://{door.detach()}"]
            serving = serve(application, config, shutdown_trigger=self._ending.wait)
        self._serving.append(asyncio.create_task(serving))

    def close(self) -> None:
        """Stop answering."""
        self._ending.set()
        self._socket.close()

    def _context(self, encrypted: bool) -> ssl.SSLContext | None:
        with request_scope(self.account, self.region):
            listener = secure.listener_of(self.load_balancer, encrypted)
            if listener is None:
                raise LookupError(f"no listener for {'HTTPS' if encrypted else 'HTTP'}")
            return self._contexts.of(listener) if encrypted else None

    async def _application(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": message["type"] + ".complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        if scope["type"] != "http":
            return
        with request_scope(self.account, self.region):
            status, headers, body = await self._answer(scope, await _body(receive))
            head = scope["method"] == "HEAD"
            if isinstance(body, StreamingResponse):
                await ministack._send_streaming_response(send, receive, status, headers, body)
            else:
                await ministack._send_response(send, status, headers, body, head=head)

    async def _answer(self, scope: dict[str, Any], body: bytes) -> Any:
        balancer = alb._lbs.get(self.load_balancer)
        listener = secure.listener_of(self.load_balancer, scope["scheme"] == "https")
        if balancer is None or listener is None:
            return 503, {"Content-Type": "text/plain"}, b"the load balancer has no listener"
        headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            key = name.decode("latin-1").lower()
            headers[key] = f"{headers[key]}, {value.decode('latin-1')}" if key in headers else value.decode("latin-1")
        query = scope.get("query_string", b"").decode("latin-1")
        client = (scope.get("client") or ("127.0.0.1", 0))[0]
        raw_path = scope.get("raw_path", b"").decode("latin-1").partition("?")[0] or scope["path"]
        try:
            return await alb.dispatch_request(
                balancer,
                scope["method"],
                scope["path"],
                headers,
                body,
                alb.parse_qs(query, keep_blank_values=True),
                int(listener["Port"]),
                client_ip=client,
                raw_query_string=query,
                raw_path=raw_path,
            )
        except Exception:
            # The client gets the 500 that AWS would send; the fault itself is ours and belongs into the log.
            log.exception("a request to %s failed in the load balancer", self.address)
            return 500, {"Content-Type": "text/plain"}, b"the local load balancer failed: see cloud.log"


async def _body(receive: Any) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b"".join(parts)
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def install(settings: Settings) -> None:
    """Give every load balancer a port with its creation, open it with its first listener and its first HTTPS one."""
    create, delete = alb._ACTION_MAP["CreateLoadBalancer"], alb._ACTION_MAP["DeleteLoadBalancer"]
    create_listener, delete_listener = alb._ACTION_MAP["CreateListener"], alb._ACTION_MAP["DeleteListener"]
    contexts = secure.Contexts(Authority(settings.authority, settings.local_dir))

    def create_load_balancer(params: dict[str, Any]) -> Any:
        known = set(alb._lbs.keys())
        answer = create(params)
        for arn in set(alb._lbs.keys()) - known:
            _doors[arn] = Door(settings.host, arn, contexts)
            alb._lbs[arn]["DNSName"] = _doors[arn].address
            answer = alb._xml(200, "CreateLoadBalancer", f"<LoadBalancers>{alb._lb_xml(alb._lbs[arn])}</LoadBalancers>")
        return answer

    def delete_load_balancer(params: dict[str, Any]) -> Any:
        arn = alb._p(params, "LoadBalancerArn")
        # Listeners go with their load balancer (API reference, DeleteLoadBalancer).
        for listener in [one for one in alb._listeners.values() if one["LoadBalancerArn"] == arn]:
            delete_listener({"ListenerArn": [listener["ListenerArn"]]})
        for group in alb._tgs.values():
            if arn in group["LoadBalancerArns"]:
                group["LoadBalancerArns"].remove(arn)
        door = _doors.pop(arn, None)
        if door is not None:
            door.close()
        return delete(params)

    def create_door_listener(params: dict[str, Any]) -> Any:
        certificate = alb._p(params, "Certificates.member.1.CertificateArn")
        refused = secure.refusal({"Protocol": alb._p(params, "Protocol"), "CertificateArn": certificate})
        if refused is not None:
            return alb._error(*refused)
        answer = create_listener(params)
        door = _doors.get(alb._p(params, "LoadBalancerArn"))
        if door is not None and answer[0] == 200:
            door.open()
        return answer

    replace_operation(alb, "CreateLoadBalancer", create_load_balancer)
    replace_operation(alb, "DeleteLoadBalancer", delete_load_balancer)
    replace_operation(alb, "CreateListener", create_door_listener)


CORRECTION = Correction(
    rule="A load balancer's DNS name leads to its listener.",
    fault="A load balancer's DNS name does not resolve to anything that serves its listener.",
    ministack="1.5.33",
    install=install,
)

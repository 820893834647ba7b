"""No web page talks to the local cloud: neither across origins nor by DNS rebinding. Pure.

A browser sends `Origin` with every request across origins but a plain GET, and with each POST; before one that needs
permission it sends OPTIONS ("CORS protocol" in the Fetch standard). An AWS SDK sends neither. A page whose own name was
made to point here ("DNS rebinding") is of one origin with us to its browser, but that name is in the request's `Host`:
whoever means this machine writes its address.
"""

from __future__ import annotations

import ipaddress

from emulator.cloud.gateway.request import Refusal, Request

CONTAINERS_NAME = "host.docker.internal"
"""What containers call this machine."""
_OF_BROWSERS = ("origin", "access-control-request-method", "access-control-request-headers", "sec-fetch-site")


def refusal(request: Request, host: str) -> Refusal | None:
    """Why a request may come from a web page, or None. host: the address that the local cloud is bound to."""
    if request.method == "OPTIONS" or any(request.all(name) for name in _OF_BROWSERS):
        return Refusal("AccessDenied", "the local cloud answers no web page")
    named = request.all("host")
    if len(named) != 1 or not _ours(named[0], host):
        return Refusal("AccessDenied", f"the local cloud is not called {', '.join(named) or 'nothing'}")
    return None


def _ours(named: str, host: str) -> bool:
    """Whether a Host header names this machine by its address; the port may be that of a relay before us."""
    name, _, port = named.rpartition(":") if ":" in named else (named, "", "")
    if port and not port.isdecimal():
        return False
    if name in (host, CONTAINERS_NAME):
        return True
    try:
        return ipaddress.IPv4Address(name).is_loopback
    except ValueError:
        return False

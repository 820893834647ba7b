"""Which endpoints this plugin talks to: only those on this machine, so that it can never touch a real account."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from sluice.protocol.resource import Refused


def local_endpoint(url: str) -> str:
    """Return *url* when every address of its host belongs to this machine.

    Raises:
        Refused: it does not, or is no URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused(f"the AWS endpoint '{url}' is not a URL like http://172.17.0.1:4566")
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Refused(f"the AWS endpoint {url}: {parts.hostname} has no address ({error})") from error
    for *_, address in found:
        if not on_this_machine(str(address[0])):
            raise Refused(
                f"the AWS endpoint {url} ({address[0]}) is not on this machine, and the bundled aws plugin only "
                "talks to a local AWS; for a real account use the official plugin "
                "(a PULUMI_HOME other than this checkout's)"
            )
    return url


def refuse_silent(url: str, seconds: float = 5.0) -> None:
    """Report once, at the start, what every resource would report for itself.

    Raises:
        Refused: nothing listens at *url*.
    """
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 80), timeout=seconds).close()
    except OSError as error:
        raise Refused(f"the local cloud at {url} does not answer: run `make up`") from error


def on_this_machine(address: str) -> bool:
    """True for a loopback address, and for a private one that an interface of this machine has (the Docker bridge).

    An address that a socket can be bound to is one of ours; no list of interfaces is needed for that.
    """
    ip = ipaddress.ip_address(address.split("%")[0])
    if ip.is_loopback:
        return True
    if not ip.is_private or ip.is_unspecified or ip.is_link_local:
        return False
    try:
        with socket.socket(socket.AF_INET6 if ip.version == 6 else socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind((address, 0))
    except OSError:
        return False
    return True

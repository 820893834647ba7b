"""One request to the deployed service, as a user would send it."""

from __future__ import annotations

import http.client
import json as json_text
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sluice.diagnosis.redaction.redact import redact
from sluice.inputs.smoke import Smoke

READ_BYTES = 256 * 1024
"""Of an answer; more than a health answer has."""
SHOWN = 300
"""Characters of a wrong answer that are shown."""


@dataclass(frozen=True)
class Answer:
    """The answer to a request.

    Attributes:
        status: 0 when there was no answer.
        text: the body, masked, for people.
        headers: their names are in lower case.
        body: as received.
    """

    status: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)
    body: str = field(default="", compare=False)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer with its own status; following it would judge another page."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


class _Plain(http.client.HTTPConnection):
    """A connection to another address than its host's."""

    address = ""

    def connect(self) -> None:
        self.sock = socket.create_connection(_endpoint(self.address, self.port), self.timeout)


class _Secure(http.client.HTTPSConnection):
    """The same with TLS: the certificate must be for the host."""

    address = ""

    def connect(self) -> None:
        plain = socket.create_connection(_endpoint(self.address, self.port), self.timeout)
        self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)


class _Directed(urllib.request.HTTPHandler, urllib.request.HTTPSHandler):
    """Connects to one address, whatever the URL's host is."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connection(_Plain), req)

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connection(_Secure), req)

    def _connection(self, kind: type[_Plain] | type[_Secure]) -> Any:
        def made(host: str, **named: Any) -> _Plain | _Secure:
            connection = kind(host, **named)
            connection.address = self._address
            return connection

        return made


def _endpoint(address: str, usual: int) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return (host, int(port)) if host and port.isdigit() else (address, usual)


def ask(
    url: str, timeout: float, address: str = "", host: str = "", more_headers: Mapping[str, str] | None = None
) -> Answer:
    """Sends the request; an error status is an answer, no answer has status 0.

    Args:
        address, host: as in Smoke.
        more_headers: sent too.
    """
    # An environment's proxy is not how users reach a load balancer that may be internal or local.
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({}), _NoRedirect()]
    opener = urllib.request.build_opener(*handlers, *([_Directed(address)] if address else []))
    headers = {"User-Agent": "sluice-smoke"} | ({"Host": host} if host else {}) | dict(more_headers or {})
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - Smoke.parse checked it
    try:
        try:
            response = opener.open(request, timeout=timeout)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            body = response.read(READ_BYTES).decode(errors="replace")
            answered = {name.lower(): value for name, value in response.headers.items()}
            return Answer(int(response.status), redact(body[:2000]), answered, body)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(0, str(error) or type(error).__name__)


def complaint(smoke: Smoke, answer: Answer) -> str:
    """Return what is wrong with the answer; empty when it is correct."""
    if answer.status == 0:
        return f"GET {smoke.url} was not answered: {answer.text}"
    if answer.status != smoke.status:
        return f"GET {smoke.url} answered {answer.status} instead of {smoke.status}: {answer.text[:SHOWN]}"
    body = answer.body or answer.text
    if smoke.body and smoke.body not in body:
        return f"GET {smoke.url} answered {answer.status} without {smoke.body!r} in it: {answer.text[:SHOWN]}"
    if smoke.json and (wrong := _wrong_json(smoke.json, body)):
        return f"GET {smoke.url} answered {answer.status}, but {wrong}: {answer.text[:SHOWN]}"
    said = answer.headers.get(smoke.version_header.lower()) if smoke.version_header else None
    if smoke.version and said is not None and said != smoke.version:
        return (
            f"GET {smoke.url} was answered by version {said!r} ({smoke.version_header}) instead of {smoke.version!r}:"
            " either an older task still serves, or the image says another version than it was built as"
        )
    return ""


def _wrong_json(wanted: Mapping[str, Any], body: str) -> str:
    try:
        document = json_text.loads(body)
    except ValueError:
        return "it is no JSON"
    for path, value in wanted.items():
        found = document
        for key in path.split("."):
            if isinstance(found, Mapping) and key in found:
                found = found[key]
            elif isinstance(found, list) and key.isdigit() and int(key) < len(found):
                found = found[int(key)]
            else:
                return f"its JSON has no {path}"
        # 1 and true are equal in Python, not in JSON
        if found != value or isinstance(found, bool) != isinstance(value, bool):
            return f"its {path} is {redact(json_text.dumps(found))[:SHOWN]} instead of {json_text.dumps(value)}"
    return ""


Ask = Callable[[str, float], Answer]


def asking(smoke: Smoke | None, more_headers: Mapping[str, str] | None = None) -> Ask:
    """Sends requests as the smoke request is sent: to its address, with its Host header. None: to the URL's own."""
    if smoke is None:
        return partial(ask, more_headers=more_headers) if more_headers else ask
    return partial(ask, address=smoke.address, host=smoke.host, more_headers=more_headers)

"""One request to the deployed service, as a user would send it."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gate.errors import GateError
from gate.redact import redact


@dataclass(frozen=True)
class Smoke:
    """What the new version must answer.

    Attributes:
        url: asked with GET.
        status: the answer's status code.
        timeout: seconds for one request.
        attempts: how often it is asked before the answer counts as wrong.
    """

    url: str
    status: int = 200
    timeout: int = 10
    attempts: int = 3

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> Smoke:
        unknown = sorted(raw.keys() - {"url", "status", "timeout", "attempts"})
        if unknown:
            raise GateError(f"smoke: unknown key {unknown[0]!r}; it has url, status, timeout, attempts")
        if not str(raw.get("url", "")).startswith(("http://", "https://")):
            raise GateError(f"smoke: url is {raw.get('url')!r}; it must begin with http:// or https://")
        for key in ("status", "timeout", "attempts"):
            if key in raw and (not isinstance(raw[key], int) or isinstance(raw[key], bool) or raw[key] < 1):
                raise GateError(f"smoke: {key} is {raw[key]!r}; it must be a whole number of at least 1")
        return cls(**raw)


@dataclass(frozen=True)
class Answer:
    """What came back; *status* is 0 when nothing did."""

    status: int
    text: str


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer with its own status; following it would judge another page."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def ask(url: str, timeout: float) -> Answer:
    """Sends the request; an error status is an answer, no answer has status 0."""
    # An environment's proxy is not how users reach a load balancer that may be internal or local.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
    request = urllib.request.Request(url, headers={"User-Agent": "sluice-smoke"})  # noqa: S310 - Smoke.parse checked it
    try:
        try:
            response = opener.open(request, timeout=timeout)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            return Answer(int(response.status), redact(response.read(2000).decode(errors="replace")))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(0, str(error) or type(error).__name__)


def complaint(smoke: Smoke, answer: Answer) -> str:
    """What is wrong with the answer; empty when it is as it should be."""
    if answer.status == smoke.status:
        return ""
    if answer.status == 0:
        return f"GET {smoke.url} was not answered: {answer.text}"
    return f"GET {smoke.url} answered {answer.status} instead of {smoke.status}: {answer.text[:300]}"


Ask = Callable[[str, float], Answer]

"""What an HTTP status means that an application answers where 200 is asked. Pure.

The load balancer's check is a GET over plain HTTP with the task's own address as Host, with neither cookies nor
X-Forwarded-Proto. Source: "Health checks for Application Load Balancer target groups".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sluice.diagnosis.exit_code import Advice
from sluice.rollout.diagnosis.service_exit import known_line

_HOST_REFUSED = re.compile(
    r"DisallowedHost|invalid HTTP_HOST|invalid host header|blocked hosts?\b|HostAuthorization|host.{0,30} not allowed|"
    r"not in allowed.?hosts|untrusted host|bad virtual host",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Asked:
    """A request that was answered otherwise than wanted.

    Attributes:
        path: as it was asked for.
        setting: the setting that names the path.
        wanted: the status that counts, or ECS' matcher of several.
        host: the Host header, in words or as it is sent.
        allowed: what the application would have to allow.
        by: who asks, as the subject of a sentence.
        location: of a redirect; empty when it is not known.
    """

    path: str
    setting: str
    wanted: str
    host: str
    allowed: str
    by: str
    location: str = ""


def status_advice(asked: Asked, status: int, lines: Sequence[str]) -> tuple[str, Advice]:
    """The class of docs/outcomes.md, cause and fix. *lines*: the end of the application's log and of its answer."""
    where = f"{asked.path} ({asked.setting})"
    refused = status in (400, 403, 421) and any(_HOST_REFUSED.search(line) for line in lines)
    if refused or status in (400, 421):
        likely = "the application refuses" if refused else "the application probably refuses"
        return "Host refused", Advice(
            f"{likely} the Host header: {asked.by} asks {asked.path} with {asked.host} as Host, and gets {status}",
            f"let {where} answer whatever Host it is asked for, or add {asked.allowed} to the allowed hosts",
        )
    if status in (301, 302, 303, 307, 308):
        return _redirect(asked, status)
    if status in (401, 403):
        return "authentication asked", Advice(
            f"{asked.by} is asked to log in at {asked.path} (answer {status}), which it cannot",
            f"let {where} answer without authentication, or name a path that does",
        )
    if status == 404:
        return "path not found", Advice(
            f"the application does not know {asked.path} (answer 404)",
            f"set {asked.setting} to a path that it answers with {asked.wanted}, or add that path to it",
        )
    if status >= 500:
        return _server_error(asked, status, lines)
    return "wrong status", Advice(
        f"the application answers {status} at {asked.path}, where {asked.wanted} is asked for",
        f"let {where} answer {asked.wanted}, or name another path",
    )


def _server_error(asked: Asked, status: int, lines: Sequence[str]) -> tuple[str, Advice]:
    cause = f"the application answers {status} at {asked.path}"
    if found := known_line(lines):
        return "server error", Advice(f"{cause}; its log points to: {found.advice.cause}", found.advice.remedy)
    if asked.setting == "app.livePath":
        fix = "correct what its log says; the shallow check must not fail because the database does"
    else:
        fix = "correct what its log and its answer say"
    return "server error", Advice(cause, fix)


def _redirect(asked: Asked, status: int) -> tuple[str, Advice]:
    if asked.location and not asked.location.startswith("https:"):
        return "redirect", Advice(
            f"the application redirects {asked.path} to {asked.location} (answer {status})",
            f"set {asked.setting} to the path that answers by itself; a redirect is not followed",
        )
    likely = "redirects" if asked.location else "probably redirects"
    return "redirect to HTTPS", Advice(
        f"the application {likely} plain HTTP to HTTPS (answer {status} at {asked.path}); the load balancer ends TLS, "
        "so its requests arrive as HTTP",
        f"except {asked.path} from the redirect, and trust X-Forwarded-Proto for the others",
    )

"""Why the smoke request was not answered as it should be, and what to do. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from gate.exit_code import Advice
from gate.refused_check import Asked, status_advice
from gate.smoke import Answer, Smoke


class Answered(NamedTuple):
    """The smoke request that failed, and what came back."""

    smoke: Smoke
    answer: Answer

    @property
    def unreachable(self) -> bool:
        """Whether nothing came back."""
        return self.answer.status == 0


_LOOKUP = re.compile(r"getaddrinfo|name or service not known|no address|nodename|name resolution", re.IGNORECASE)
_TLS = re.compile(r"certificate|hostname mismatch", re.IGNORECASE)
_OWN_SERVER = "awselb"
"""How the Server header of the load balancer's own answers begins."""


def smoke_advice(answered: Answered, lines: Sequence[str]) -> tuple[str, Advice]:
    """The class of docs/outcomes.md, cause and fix. *lines*: the end of the log of one of the tasks."""
    smoke, answer = answered
    url = urlsplit(smoke.url)
    if answer.status == 0:
        return _no_smoke(smoke.url, url.hostname or "", answer.text)
    if answer.status == smoke.status:
        return "another answer", Advice(
            "the version answers, but not what the smoke request asks for",
            "correct the application, or what `smoke` in the settings expects",
        )
    if answer.status in (502, 503, 504) and answer.headers.get("server", "").startswith(_OWN_SERVER):
        return "no target answers", Advice(
            f"the load balancer itself answers {answer.status}: no target answered it",
            "see whether the tasks end or are too slow after their start; the keep-alive of the application must be "
            "longer than the load balancer's idle timeout",
        )
    asked = Asked(
        url.path or "/",
        "smoke.path or app.healthPath",
        str(smoke.status),
        url.netloc,
        url.hostname or "",
        "the smoke request",
        answer.headers.get("location", ""),
    )
    return status_advice(asked, answer.status, [*lines, *(answer.body or answer.text).splitlines()])


def _no_smoke(url: str, host: str, error: str) -> tuple[str, Advice]:
    if _TLS.search(error):
        return "certificate", Advice(
            f"the certificate that {host} shows is not trusted or is another name's",
            "check domain.name and its certificate; a certificate of an own authority must be trusted by the deployer",
        )
    if _LOOKUP.search(error):
        return "name unknown", Advice(f"the deployer cannot resolve {host}", "check domain.name and its DNS record")
    return "no answer", Advice(
        f"the deployer gets no answer from {url.partition('?')[0]}, though the targets are healthy",
        "let the load balancer's security group admit the deployer; an internal load balancer needs a deployer inside "
        "its network",
    )

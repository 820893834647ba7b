"""Why the smoke request was not answered as it should be, and what to do. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from sluice.diagnosis.exit_code import Advice
from sluice.diagnosis.verdict import Kind, Outcome
from sluice.inputs.smoke import Smoke
from sluice.rollout.deployment.http_answer import Answer
from sluice.rollout.diagnosis.refused_check import Asked, status_advice


class TaskEnd(NamedTuple):
    """How the task ended that asked in place of the deployer: *name* is its id, *lines* are the end of its log."""

    outcome: Outcome
    name: str = ""
    lines: Sequence[str] = ()


class Answered(NamedTuple):
    """The smoke request that failed, and what came back: to the deployer, or to a *task*, which judged it."""

    smoke: Smoke
    answer: Answer
    task: TaskEnd | None = None

    @property
    def unreachable(self) -> bool:
        """Whether the deployer asked, and nothing came back."""
        return self.task is None and self.answer.status == 0

    @property
    def unasked(self) -> bool:
        """Whether the task that was to ask came to no answer: that says nothing about the version."""
        return self.task is not None and self.task.outcome.kind not in (Kind.SUCCEEDED, Kind.FAILED)


_LOOKUP = re.compile(r"getaddrinfo|name or service not known|no address|nodename|name resolution", re.IGNORECASE)
_TLS = re.compile(r"certificate|hostname mismatch", re.IGNORECASE)
_OWN_SERVER = "awselb"
"""How the Server header of the load balancer's own answers begins."""


def smoke_advice(answered: Answered, lines: Sequence[str]) -> tuple[str, Advice]:
    """The class of docs/outcomes.md, cause and fix. *lines*: the end of the log of one of the tasks."""
    smoke, answer, task = answered
    if task is not None:
        return task_advice(smoke.url, task)
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
        "let the load balancer's security group admit the deployer; where it cannot be reached from here, as an "
        "internal load balancer, let a task inside the network ask (smoke.from: task), or nobody (off)",
    )


_CURL: Mapping[int, str] = {
    6: "curl cannot resolve the name",
    7: "curl cannot connect: the load balancer's security group must admit the tasks' group",
    22: "curl got a status of 400 or more",
    28: "curl got no answer in time: the load balancer's security group must admit the tasks' group",
    60: "curl does not trust the certificate",
}
"""Source: curl's manual, "EXIT CODES"."""


def task_advice(url: str, task: TaskEnd) -> tuple[str, Advice]:
    """The same for a request that a task has sent."""
    outcome, asked = task.outcome, url.partition("?")[0]
    if outcome.kind is not Kind.FAILED:
        known = outcome.kind is Kind.NOT_STARTED and outcome.cause
        return "smoke task not started", Advice(
            f"the task that asks {asked} came to no answer: {outcome.title}" + (f"; {outcome.cause}" if known else ""),
            outcome.remedy if known and outcome.remedy else "look at the task in ECS",
        )
    if outcome.exit_code in (126, 127):
        return "smoke command not in the image", Advice(
            f"smoke.command ended with exit code {outcome.exit_code}: its program is not in the image that asks, or "
            "cannot be executed",
            "correct smoke.command, or name an image that has the program in smoke.image",
        )
    if outcome.exit_code is None:
        return "smoke command without end", Advice(f"{outcome.title}; {outcome.cause}", outcome.remedy)
    curl = _CURL.get(outcome.exit_code, "") if any("curl" in line for line in task.lines) else ""
    says = f"; {curl}" if curl else f'; it says "{task.lines[-1]}"' if task.lines else ""
    return "smoke command failed", Advice(
        f"smoke.command, which asked {asked} from inside the network, ended with exit code {outcome.exit_code}{says}",
        "let the version answer as smoke.command wants it, or correct smoke.command: exit code 0 says that the answer "
        "is right",
    )

"""The built image's service against the migrated database: it starts, and both of its paths answer."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from check import docker, host
from check.image import Image
from check.result import Broken
from check.steps import Place, masked
from sluice.diagnosis.exit_code import advice
from sluice.diagnosis.redaction.presentable import presentable_line
from sluice.diagnosis.signature import recognise
from sluice.rollout.deployment.http_answer import Answer, ask
from sluice.rollout.diagnosis.refused_check import Asked, status_advice

REQUEST_SECONDS = 10.0
PAUSE = 0.2
SLOWER = 60.0
"""Seconds that a start may take longer than the settings' start period and still be measured."""
PATIENCE = 120.0
"""Seconds that a start may take at least: then its time can be compared with the settings."""
HEALTHY_SECONDS = 20.0
"""For a service that lives to be healthy: its database is there, so only its first connection is to come."""
TAIL = 400
"""Lines of the service's log that are read: a health check's own lines may fill the last ones."""
PERIOD = 100_000
"""Microseconds in which a container gets its share of the processor."""
REFUSED_SECONDS = 3.0
"""How long 400 is the answer until it counts: a Host header that is refused is refused for ever."""
SHOWN = 300
"""Characters of an answer's body that are shown."""

_MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Started:
    """Seconds from the start until the service lived (app.livePath) and was healthy (app.healthPath)."""

    live: float
    healthy: float


class Service:
    """A running service.

    Args:
        url: where this machine reaches it.
        address: its own, as the load balancer sends it as Host header; empty where that is not known.
    """

    def __init__(self, name: str, url: str, place: Place, address: str = "") -> None:
        self.name = name
        self.url = url
        self.place = place
        self.address = address

    def ask(self, path: str, as_host: str = "") -> Answer:
        """A path's answer; its status is 0 when there is none. A redirect is an answer of its own, as it is for the
        load balancer.

        Args:
            as_host: the Host header; empty: that of the users.
        """
        return ask(f"{self.url}{path}", REQUEST_SECONDS, host=as_host or host.of_users(self.place.settings))

    def await_ready(self) -> Started:
        """Return once the service lives and is healthy. Raises Broken when it ends, or its time is up."""
        app, health = self.place.settings.app, self.place.settings.service.health
        patience = max(health.start_period + SLOWER, PATIENCE)
        begun = time.monotonic()
        self._await(app.live_path, "app.livePath", min(self.place.settings.check.seconds, patience), self.address)
        live = time.monotonic() - begun
        self._await(app.health_path, "app.healthPath", HEALTHY_SECONDS)
        return Started(live, time.monotonic() - begun)

    def _await(self, path: str, setting: str, limit: float, as_host: str = "") -> None:
        begun = time.monotonic()
        deadline, refused = begun + limit, 0.0
        while (answer := self.ask(path, as_host)).status != 200:
            if (code := self.ended()) is not None:
                raise _ended(code, self.lines())
            now = time.monotonic()
            refused = (refused or now) if answer.status == 400 else 0.0
            if now > deadline or (refused and now - refused > REFUSED_SECONDS):
                raise self._wrong(path, setting, answer, now - begun, as_host)
            time.sleep(PAUSE)

    def _wrong(self, path: str, setting: str, answer: Answer, limit: float, as_host: str) -> Broken:
        lines, said = self.lines(), body(answer)
        if not answer.status:
            port, period = self.place.settings.app.port, self.place.settings.service.health.start_period
            return Broken(
                f"the service does not answer at {path} ({setting}) within {limit:.0f} s",
                f"let it listen on 0.0.0.0 and on the port that PORT says ({port}), or set app.port; when its start"
                f" takes longer, make it shorter: it may take service.health.startPeriod ({period} s)",
                lines,
            )
        asked = Asked(
            path,
            setting,
            "200",
            as_host or host.of_users(self.place.settings),
            "the tasks' own addresses" if as_host else "`${service.host}` (app.environment)",
            "the load balancer" if as_host else "the rollout",
            answer.headers.get("location", ""),
        )
        _, found = status_advice(asked, answer.status, [*lines, answer.text])
        what = f"the service answers {answer.status} at {path} ({setting}) within {limit:.0f} s{said and ': ' + said}"
        return Broken(f"{what}\ncause: {found.cause}", found.remedy, lines)

    def ended(self) -> int | None:
        answer = docker.ask(["inspect", "--format", "{{.State.Running}} {{.State.ExitCode}}", self.name]).split()
        return int(answer[1]) if answer[0] == "false" else None

    def lines(self) -> tuple[str, ...]:
        return masked(docker.run(["logs", "--tail", str(TAIL), self.name]).lines, self.place)


def body(answer: Answer) -> str:
    """The begin of an answer's body on one line, without markup; empty when there is none."""
    text = _MARKUP.sub(" ", answer.text) if answer.text.lstrip().startswith("<") else answer.text
    line = presentable_line(" ".join(text.split()))
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"


@contextmanager
def service(place: Place, image: Image) -> Iterator[Service]:
    """The service of an image, as the app's user. What app.secrets refers to is not known here: each gets a random
    value."""
    app = place.settings.app
    given = place.variables(place.logins.app, {name: place.invented[name] for name in app.secrets})
    name = docker.fresh()
    try:
        words = ["run", "--detach", *place.options(image, name, given), *_share(place), "-p", f"127.0.0.1::{app.port}"]
        ended = docker.run([*words, image.name], environment=given)
        if ended.code != 0:
            raise _ended(ended.code if ended.code is not None else 125, ended.lines)
        published = docker.run(["port", name, f"{app.port}/tcp"])
        # None when it has ended already, which asking it finds out.
        address = published.lines[0] if published.code == 0 and published.lines else "127.0.0.1:1"
        yield Service(name, f"http://{address}", place, host.of_the_load_balancer(name, app.port))
    finally:
        docker.remove(name)


def _share(place: Place) -> list[str]:
    """The processor that a task on Fargate has (app.cpu): the time of a start depends on it. On the local stack tasks
    have the whole machine."""
    if place.settings.environment == "local":
        return []
    return ["--cpu-period", str(PERIOD), "--cpu-quota", str(PERIOD * place.settings.app.cpu // 1024)]


def _ended(code: int, lines: tuple[str, ...]) -> Broken:
    what = f"the service ended with exit code {code}"
    if found := recognise(lines):
        return Broken(f"{what}: {found.signature.cause}", found.signature.remedy, lines)
    if code == 0:
        return Broken(f"{what}: a service must keep running", "let CMD start the server in the foreground", lines)
    return Broken(f"{what}: {advice(code).cause}", "read its log above", lines)

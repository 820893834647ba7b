"""Runs the built image's service against the migrated database: it starts, and both of its paths answer."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from check import docker
from check.image.build import ImageConfig
from check.migrations.steps import TrialPlace, masked
from check.result import Broken
from check.service import host
from sluice.diagnosis.exit_code import advice
from sluice.diagnosis.redaction.presentable import presentable_line
from sluice.diagnosis.signature import recognise
from sluice.rollout.deployment.http_answer import Answer, ask
from sluice.rollout.diagnosis.refused_check import Asked, status_advice

REQUEST_SECONDS = 10.0
PAUSE = 0.2
SLOWER = 60.0
"""Seconds beyond the settings' start period for which a start is still measured."""
PATIENCE = 120.0
"""Least seconds that a start may take, so that its duration can be compared with the settings."""
HEALTHY_SECONDS = 20.0
"""Seconds for a live service to be healthy: the database runs, so only the first connection is missing."""
TAIL = 400
"""Lines of the service's log to read: the last ones may be those of health checks."""
PERIOD = 100_000
"""Microseconds of the CFS period in which a container gets its share of the processor."""
REFUSED_SECONDS = 3.0
"""Seconds of answers with 400 until they count: a refused Host header stays refused."""
SHOWN = 300
"""Characters of an answer's body that are shown."""

_MARKUP = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Started:
    """Seconds from the start until the service was live (app.livePath) and healthy (app.healthPath)."""

    live: float
    healthy: float


class RunningService:
    """A running service.

    Args:
        url: its URL on this machine.
        address: its own address, the Host header of the load balancer's check; empty where unknown.
    """

    def __init__(self, name: str, url: str, place: TrialPlace, address: str = "") -> None:
        self.name = name
        self.url = url
        self.place = place
        self.address = address

    def ask(self, path: str, as_host: str = "") -> Answer:
        """Request a path; the status is 0 without an answer. Redirects are not followed, as by the load balancer.

        Args:
            as_host: the Host header; empty: that of the users.
        """
        return ask(f"{self.url}{path}", REQUEST_SECONDS, host=as_host or host.of_users(self.place.settings))

    def await_ready(self) -> Started:
        """Wait until the service is live and healthy. Raises Broken when it ends or times out."""
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
                raise _ended(code, self.output())
            now = time.monotonic()
            refused = (refused or now) if answer.status == 400 else 0.0
            if now > deadline or (refused and now - refused > REFUSED_SECONDS):
                raise self._wrong(path, setting, answer, now - begun, as_host)
            time.sleep(PAUSE)

    def _wrong(self, path: str, setting: str, answer: Answer, limit: float, as_host: str) -> Broken:
        output, said = self.output(), body(answer)
        if not answer.status:
            port, period = self.place.settings.app.port, self.place.settings.service.health.start_period
            return Broken(
                f"the service does not answer at {path} ({setting}) within {limit:.0f} s",
                f"let it listen on 0.0.0.0 and on the port in PORT ({port}), or set app.port; a slow start must be"
                f" shorter than service.health.startPeriod ({period} s)",
                output,
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
        _, found = status_advice(asked, answer.status, [*output, answer.text])
        what = f"the service answers {answer.status} at {path} ({setting}) within {limit:.0f} s{said and ': ' + said}"
        return Broken(f"{what}\ncause: {found.cause}", found.remedy, output)

    def ended(self) -> int | None:
        answer = docker.ask(["inspect", "--format", "{{.State.Running}} {{.State.ExitCode}}", self.name]).split()
        return int(answer[1]) if answer[0] == "false" else None

    def output(self) -> tuple[str, ...]:
        return masked(docker.run(["logs", "--tail", str(TAIL), self.name]).output, self.place)


def body(answer: Answer) -> str:
    """Return the beginning of an answer's body on one line, without markup; empty without a body."""
    text = _MARKUP.sub(" ", answer.text) if answer.text.lstrip().startswith("<") else answer.text
    line = presentable_line(" ".join(text.split()))
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"


@contextmanager
def service(place: TrialPlace, image: ImageConfig) -> Iterator[RunningService]:
    """Run the service of an image with the app's database user. Each of app.secrets gets a random value."""
    app = place.settings.app
    given = place.variables(place.logins.app, {name: place.invented[name] for name in app.secrets})
    name = docker.fresh()
    try:
        start = ["run", "--detach", *place.options(image, name, given), *_share(place), "-p", f"127.0.0.1::{app.port}"]
        ended = docker.run([*start, image.name], environment=given)
        if ended.code != 0:
            raise _ended(ended.code if ended.code is not None else 125, ended.output)
        published = docker.run(["port", name, f"{app.port}/tcp"])
        # None when it has ended already, which asking it finds out.
        address = published.output[0] if published.code == 0 and published.output else "127.0.0.1:1"
        yield RunningService(name, f"http://{address}", place, host.of_the_load_balancer(name, app.port))
    finally:
        docker.remove(name)


def _share(place: TrialPlace) -> list[str]:
    """Return options for the processor share of a Fargate task (app.cpu), on which the duration of a start depends.

    On the local stack, tasks have the whole machine.
    """
    if place.settings.environment == "local":
        return []
    return ["--cpu-period", str(PERIOD), "--cpu-quota", str(PERIOD * place.settings.app.cpu // 1024)]


def _ended(code: int, output: tuple[str, ...]) -> Broken:
    what = f"the service ended with exit code {code}"
    if found := recognise(output):
        return Broken(f"{what}: {found.signature.cause}", found.signature.remedy, output)
    if code == 0:
        return Broken(f"{what}: a service must keep running", "let CMD start the server in the foreground", output)
    return Broken(f"{what}: {advice(code).cause}", "read its log above", output)

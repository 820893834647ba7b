"""The built image's service against the migrated database: it starts, and both of its paths answer."""

from __future__ import annotations

import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from check import docker
from check.image import Image
from check.result import Broken
from check.steps import Place, masked
from gate.exit_code import advice
from gate.signature import recognise

REQUEST_SECONDS = 10.0
PAUSE = 0.2
SLOWER = 60.0
"""Seconds that this machine may take longer for a start than the settings' start period."""
HEALTHY_SECONDS = 20.0
"""For a service that lives to be healthy: its database is there, so only its first connection is to come."""


class Service:
    """A running service. url: where this machine reaches it."""

    def __init__(self, name: str, url: str, place: Place) -> None:
        self.name = name
        self.url = url
        self.place = place

    def ask(self, path: str) -> int:
        """The status of a path's answer; 0 when there is none."""
        try:
            with urllib.request.urlopen(f"{self.url}{path}", timeout=REQUEST_SECONDS) as answer:  # noqa: S310 - http
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def await_ready(self) -> float:
        """Returns the seconds until the service lives and is healthy. Raises Broken when it ends, or its time is up."""
        app, patience = self.place.settings.app, self.place.settings.service.health.start_period + SLOWER
        begun = time.monotonic()
        self._await(app.live_path, "app.livePath", min(self.place.settings.check.seconds, patience))
        self._await(app.health_path, "app.healthPath", HEALTHY_SECONDS)
        return time.monotonic() - begun

    def _await(self, path: str, what: str, limit: float) -> None:
        deadline = time.monotonic() + limit
        while (status := self.ask(path)) != 200:
            if (code := self.ended()) is not None:
                raise _ended(code, self.lines())
            if time.monotonic() > deadline:
                said = f"answers {status}" if status else "does not answer"
                listen = f"make it listen on the port that PORT says ({self.place.settings.app.port}), on all addresses"
                look = "read its log above; the load balancer and the rollout ask these paths"
                what = f"the service {said} at {path} ({what}) within {limit:.0f} s"
                raise Broken(what, look if status else listen, self.lines())
            time.sleep(PAUSE)

    def ended(self) -> int | None:
        answer = docker.ask(["inspect", "--format", "{{.State.Running}} {{.State.ExitCode}}", self.name]).split()
        return int(answer[1]) if answer[0] == "false" else None

    def lines(self) -> tuple[str, ...]:
        return masked(docker.run(["logs", "--tail", "40", self.name]).lines, self.place.logins)


@contextmanager
def service(place: Place, image: Image) -> Iterator[Service]:
    """The service of an image, as the app's user. What app.secrets refers to is not known here: each gets a random
    value."""
    app = place.settings.app
    known = {name: secrets.token_urlsafe(24) for name in app.secrets}
    given = place.variables(place.logins.app, known)
    name = docker.fresh()
    try:
        words = ["run", "--detach", *place.options(name, given), "-p", f"127.0.0.1::{app.port}", image.name]
        ended = docker.run(words, environment=given)
        if ended.code != 0:
            raise _ended(ended.code if ended.code is not None else 125, ended.lines)
        published = docker.run(["port", name, f"{app.port}/tcp"])
        # None when it has ended already, which asking it finds out.
        address = published.lines[0] if published.code == 0 and published.lines else "127.0.0.1:1"
        yield Service(name, f"http://{address}", place)
    finally:
        docker.remove(name)


def _ended(code: int, lines: tuple[str, ...]) -> Broken:
    what = f"the service ended with exit code {code}"
    if found := recognise(lines):
        return Broken(f"{what}: {found.signature.cause}", found.signature.remedy, lines)
    if code == 0:
        return Broken(f"{what}: a service must keep running", "let CMD start the server in the foreground", lines)
    return Broken(f"{what}: {advice(code).cause}", "read its log above", lines)

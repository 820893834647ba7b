"""Deployments of good and bad versions while users ask a hundred times a second."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.e2e.faults.callers import Answer, Callers
from tests.e2e.faults.table import verdict
from tests.e2e.stage import ROOT, Finished, Running, Stage, until
from tests.e2e.strategies.table import Row

RATE = 100.0
CLIENTS = 80
STARTED = "started, "
"""In the line that says that a deployment began."""
PROVEN = "is proven on test traffic"

SETTINGS = """\
config:
  environment: local
  aws: {{region: us-east-1}}
  app:
    context: {app}
    buildArgs: {{BASE: "sluice-local/python:3.13", BUILD_BASE: "sluice-local/python-build:3.13"}}
    environment: {{DB_WAIT_SECONDS: "5"}}
  migrations:
    - {{name: master, command: [migrate, master], timeout: 60}}
  database:
    {{name: notes, instanceClass: db.t4g.micro, storage: 20, backupDays: 0, verifyTls: false, roles: false}}
  smoke: {{json: {{status: ok}}}}
  soak: {{seconds: 2}}
  service:
    {{min: 2, drainSeconds: 5, health: {{startPeriod: 60, interval: 5, timeout: 3, retries: 3}}, {strategy}}}
{salt}
"""

PAUSED = "bakeMinutes: 3, pauseMinutes: 900, deadline: 7200"
LIMITS = "analysis: {minRequests: 20, latencyFactor: 10}"
"""Two cores run the cloud, the users and both versions: a good one may be slow for some seconds."""
STRATEGIES = {
    "rolling": "strategy: rolling, deadline: 600",
    "wired": "strategy: rolling, alternateGroup: true, deadline: 600",
    "blueGreen": f"strategy: blueGreen, {PAUSED}",
    "guarded": "strategy: blueGreen, guard: true, bakeMinutes: 1, pauseMinutes: 30, deadline: 7200",
    "canary": f"strategy: canary, stepPercent: 5, stepMinutes: 15, {LIMITS}, {PAUSED}",
    "linear": f"strategy: linear, stepPercent: 20, stepMinutes: 4, {LIMITS}, {PAUSED}",
    "long bake": "strategy: blueGreen, bakeMinutes: 40, pauseMinutes: 900, deadline: 7200",
    "rare errors": "strategy: canary, stepPercent: 20, stepMinutes: 20, "
    f"analysis: {{minRequests: 300, latencyFactor: 10}}, {PAUSED}",
}
"""Settings by name. A minute of a bake time, a step or a pause is a second here (docs/local-strategies.md)."""

ACCESS, APP = "src/notes/access.py", "src/notes/app.py"
SAYS = 'headers["X-Version"] = self.version'
HEALTHY = 'return JSONResponse({"status": "ok", "version": version, "schema": ", ".join(found.revisions)})'
Edit = tuple[str, str, str]


def first_always(names: Iterable[str]) -> list[Any]:
    """Parameters of which the first is always tried, and the others with SOAK=1."""
    return [pytest.param(name, marks=[pytest.mark.soak] if place else []) for place, name in enumerate(names)]


@dataclass
class Deployment:
    """A `pulumi up` with users, and what they got."""

    release: str
    before: str
    finished: Finished
    seconds: float
    proven: float | None
    answers: Sequence[Answer] = field(default_factory=list)

    @property
    def reached(self) -> list[Answer]:
        """Requests of users that the new version answered."""
        return [one for one in self.answers if one.release == self.release]

    @property
    def failed(self) -> list[Answer]:
        return [one for one in self.answers if one.failed]

    @property
    def strangers(self) -> list[Answer]:
        """Answers of neither version."""
        return [one for one in self.answers if not one.failed and one.release not in (self.release, self.before)]


class Scene:
    """The stack under test: its settings, its releases and its users.

    Args:
        host: that users send as the Host header; empty: the load balancer's own name.
    """

    def __init__(self, stage: Stage, settings: str, rows: list[Row], host: str = "") -> None:
        self.stage, self._settings, self._rows, self._host = stage, settings, rows, host
        self._release, self.strategy = 0, ""

    def choose(self, strategy: str, more: str = "") -> None:
        """Writes the settings with another strategy: a key of STRATEGIES, and perhaps more settings of the service."""
        self.strategy = strategy
        chosen = ", ".join(filter(None, (STRATEGIES[strategy], more)))
        self.stage.settings.write_text(self._settings.replace("{strategy}", chosen))

    def release(self, *edits: Edit) -> str:
        """Another version of the application, which says in a header which one it is. Returns its number."""
        self._release += 1
        number = f"release-{self._release}"
        self.stage.restore_app()
        self.stage.edit(ACCESS, SAYS, f'{SAYS}\n                headers["X-Release"] = "{number}"')
        for path, old, new in edits:
            self.stage.edit(path, old, new)
        return number

    @contextmanager
    def users(self) -> Iterator[Callers]:
        """A hundred requests a second, on kept connections."""
        callers = Callers(f"http://{self.outputs['address']}/", RATE, CLIENTS, self._host)
        callers.start()
        until(lambda: callers.sent > RATE, 30, "users are answered")
        try:
            yield callers
        finally:
            callers.stop()

    def deploy(
        self, version: str, *edits: Edit, meanwhile: Callable[[Running, Callers], None] | None = None
    ) -> Deployment:
        """One `pulumi up` of another version while users ask.

        Args:
            meanwhile: what an operator does while it runs.
        """
        before = self.serves()
        number = self.release(*edits)
        with self.users() as callers:
            running = self.stage.start("up", "--yes", "--skip-preview")
            begun = time.monotonic()
            if meanwhile is not None:
                try:
                    meanwhile(running, callers)
                except BaseException:
                    running.send(signal.SIGINT)  # no test after this one finds the stack locked
                    print(running.finish(120).output)
                    raise
            finished = running.finish(540)
            sent = callers.sent
            until(lambda: callers.sent > sent + RATE, 30, "users are answered afterwards")
        proven = running.printed_at(PROVEN)
        found = Deployment(
            number,
            before,
            finished,
            finished.seconds - (running.printed_at(STARTED) or 0.0),
            None if proven is None else begun + proven,
            callers.stop(),
        )
        said = verdict(finished.output) if finished.code else "none"
        self._rows.append(
            Row(
                self.strategy,
                version,
                said,
                found.seconds,
                len(found.answers),
                len(found.reached),
                len(found.failed),
                "the new version" if self.serves() == number else "the version before",
            )
        )
        print(f"\n{self._rows[-1]}")
        return found

    def sluice(self, *words: str) -> Finished:
        """The operators' command on this stack, to its end."""
        begun = time.monotonic()
        done = subprocess.run(
            [str(ROOT / "bin" / "sluice"), *words, "--stack", self.stage.stack],
            cwd=ROOT,
            env=self.stage.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Finished(done.returncode, done.stdout + done.stderr, time.monotonic() - begun)

    @property
    def outputs(self) -> dict[str, Any]:
        return self.stage.outputs()

    def serves(self) -> str:
        """The release that answers users, by twenty answers in a row."""
        callers = Callers(f"http://{self.outputs['address']}/", RATE, 10, self._host)
        callers.start()
        until(lambda: callers.sent >= 20, 30, "the service answers")
        (release,) = {one.release for one in callers.stop()}
        return release

    def tasks(self) -> int:
        """How many tasks of the service run."""
        service = self.stage.service()
        return int(service["runningCount"])

    def weights(self) -> dict[str, int]:
        """The production rule's, by target group."""
        rule = self.outputs["gate"]["strategy"]["productionRule"]
        [found] = self.stage.client("elbv2").describe_rules(RuleArns=[rule])["Rules"]
        groups = found["Actions"][0]["ForwardConfig"]["TargetGroups"]
        return {one["TargetGroupArn"]: int(one["Weight"]) for one in groups}

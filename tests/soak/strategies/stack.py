"""The stack of this soak: a small service whose answers say which release they are, its deployers and its users."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.faults.callers import Callers
from tests.e2e.stage import STACK, Client, Running, Stage, until
from tests.soak.strategies.attempt import SAYS_PROVEN, Kill
from tests.soak.strategies.movements import Movements, newest

APP = Path(__file__).parent / "app"
UP_SECONDS = 300.0
SETTINGS = """\
config:
  environment: local
  aws: {{region: us-east-1}}
  app: {{context: {app}, buildArgs: {{BASE: "sluice-local/python:3.13"}}}}
  migrations:
    - {{name: schema, command: [python, /app/app.py, migrate], timeout: 60}}
  database: {{name: shifted, instanceClass: db.t4g.micro, storage: 20, backupDays: 0, verifyTls: false, roles: false}}
  smoke: {{json: {{status: ok}}}}
  soak: {{seconds: 1}}
  service:
    {{min: 2, drainSeconds: 1, health: {{startPeriod: 60, interval: 5, timeout: 3, retries: 3}}, {strategy}}}
{salt}
"""
LASTING = "bakeMinutes: 2, pauseMinutes: 900, deadline: 7200"
ANALYSIS = "analysis: {minRequests: 10, latencyFactor: 10}"
STRATEGIES = {
    "blueGreen": f"strategy: blueGreen, {LASTING}",
    "guarded": f"strategy: blueGreen, guard: true, {LASTING}",
    "canary": f"strategy: canary, stepPercent: 20, stepMinutes: 3, {ANALYSIS}, {LASTING}",
    "linear": f"strategy: linear, stepPercent: 34, stepMinutes: 3, {ANALYSIS}, {LASTING}",
}
"""Settings by name. A minute of a bake time, a step or a pause is a second here (docs/local-strategies.md)."""


@dataclass(frozen=True)
class Up:
    """One `pulumi up`.

    Attributes:
        version: that it deploys.
        code: its exit code; negative: of the signal that ended it.
        ended: by the monotonic clock.
        proven: when it said that the version is proven, by the monotonic clock; None: never.
        deployment: ECS's newest service deployment just after the end.
    """

    version: str
    code: int
    output: str
    ended: float
    proven: float | None
    deployment: dict[str, Any]

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL


class Stack:
    """A stack on an emulator of its own, in *folder*."""

    def __init__(self, folder: Path) -> None:
        self.stage = Stage(folder)
        self._app = folder / "shifted"
        shutil.copytree(APP, self._app)
        self._salt = next(
            line for line in self.stage.settings.read_text().splitlines() if line.startswith("encryptionsalt:")
        )
        self._number = 0
        self.choose("blueGreen")
        self.release()
        self.stage.pulumi("up", "--yes", "--skip-preview")
        outputs = self.stage.outputs()
        self.url, self.rule = str(outputs["url"]), str(outputs["gate"]["strategy"]["productionRule"])
        self.ecs, self._elb = self.stage.client("ecs"), self.stage.client("elbv2")
        self.service = {"cluster": str(outputs["cluster"]), "service": str(outputs["service"])}

    def choose(self, strategy: str) -> None:
        """Writes the settings with another strategy: a key of STRATEGIES."""
        text = SETTINGS.format(app=self._app, strategy=STRATEGIES[strategy], salt=self._salt)
        self.stage.settings.write_text(text)

    def release(self, fault: str = "") -> str:
        """Another version of the application. Returns its name.

        Args:
            fault: one of attempt.FAULTS; empty: a good version.
        """
        self._number += 1
        name = f"release-{self._number}"
        (self._app / "release.json").write_text(json.dumps({"release": name, "fault": fault}))
        return name

    @contextmanager
    def users(self, rate: float) -> Iterator[Callers]:
        """Users who send *rate* requests a second, on kept connections."""
        callers = Callers(f"{self.url}/", rate, round(rate * 0.8))
        callers.start()
        until(lambda: callers.sent > rate / 2, 30, "users are answered")
        try:
            yield callers
        finally:
            callers.stop()

    @contextmanager
    def movements(self) -> Iterator[Movements]:
        """What ECS moves meanwhile."""
        watching = Movements(self.stage.client("ecs"), self.service)
        watching.start()
        try:
            yield watching
        finally:
            watching.stop()

    def up(self, version: str, kill: Kill | None = None) -> Up:
        """One `pulumi up`, to its end or until it is killed."""
        begun = time.monotonic()
        running = self.stage.start("up", "--yes", "--skip-preview")
        if kill is not None and _reached(running, kill):
            kill_session(running.process.pid)
        finished = running.finish(UP_SECONDS)
        ended, proven = time.monotonic(), running.printed_at(SAYS_PROVEN)
        deployment = newest(self.ecs, self.service)
        if finished.code == -signal.SIGKILL:
            self.stage.pulumi("cancel", "--yes", "--stack", STACK, expect=None)
        at = None if proven is None else begun + proven
        return Up(version, finished.code, finished.output, ended, at, deployment)

    def serves(self) -> set[str]:
        """The releases that answer ten requests of users, one after the other."""
        return {release_of(self.url) for _ in range(10)}

    def weights(self) -> list[int]:
        """The production rule's, in ascending order."""
        [found] = self._elb.describe_rules(RuleArns=[self.rule])["Rules"]
        return sorted(int(one["Weight"]) for one in found["Actions"][0]["ForwardConfig"]["TargetGroups"])


def release_of(url: str) -> str:
    """The release that answers one request; what came instead, when it fails."""
    status, _, body = Client(f"{url}/").ask()
    return str(json.loads(body).get("release")) if status == 200 else f"{status}: {body}"


def _reached(running: Running, kill: Kill) -> bool:
    """Whether the moment of the kill came before the end of the deployer."""
    begun, deadline = time.monotonic(), time.monotonic() + UP_SECONDS
    due = begun + kill.later if not kill.line else None
    while running.process.poll() is None and time.monotonic() < deadline:
        if due is None and running.printed_at(kill.line) is not None:
            due = time.monotonic() + kill.later
        if due is not None and time.monotonic() >= due:
            return True
        time.sleep(0.02)
    return False


def kill_session(leader: int) -> None:
    """SIGKILL for a deployer and all its children, as when its machine fails. Plugins have process groups of their own,
    but the session of the engine."""
    while members := _members(leader):
        for pid in members:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue  # it ended in between
        time.sleep(0.01)


def _members(leader: int) -> list[int]:
    found = []
    for entry in (name for name in os.listdir("/proc") if name.isdigit()):
        try:
            fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended in between
        if int(fields[3]) == leader and fields[0] != "Z":
            found.append(int(entry))
    return found

"""Failed rollouts made to happen with real containers behind the local load balancer, all side by side: what people
read is the class that docs/outcomes.md says.

AWS's delays are ten times shorter, and the circuit breaker trips at the first failed task, but for one service that
meets what C7 of the field's cases met.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from emulator.cloud import emulator
from emulator.cloud.settings import TIME_VARIABLE
from sluice.clock import SystemClock
from sluice.inputs.smoke import Smoke
from sluice.rollout.deployment.http_answer import Answer, ask
from sluice.rollout.deployment.service import Service
from sluice.rollout.diagnosis.rollout_failure import RolloutFailed
from sluice.rollout.request import Wanted
from sluice.rollout.rollout import Rollout
from tests.e2e.cloud.conftest import cloud_python, new_account
from tests.e2e.cloud.stage import Stage
from tests.unit.sluice.rollout.rollout_outcomes import CASES

APP = Path(__file__).parent / "app"
EMULATED = {case.name: case for case in CASES if case.emulated}
DEADLINE = 90
AT_ONCE = 8
"""So many starts of containers keep two cores busy, and none of them waits so long that it is taken for a slow one."""
ONE_FAILURE = {"type": "COUNT", "value": 1}
GRACE = 60
"""Seconds of the start period, by AWS's clock."""


@dataclass(frozen=True)
class Wrong:
    """How a case is made to happen.

    Attributes:
        app: members of the container definition.
        environment: variables that make the application wrong.
        smoke: path of the smoke request; empty: nothing is asked.
    """

    app: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    smoke: str = ""


def told(**environment: str) -> Wrong:
    return Wrong(environment=environment)


def faults(stage: Stage) -> dict[str, Wrong]:
    """Every case of the table that says it is tested here."""
    secret = stage.secrets.create_secret(Name="notes", SecretString="none")["ARN"]
    nowhere = {"awslogs-group": "/none", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "app"}
    check = {"command": ["CMD-SHELL", "curl -f localhost:8080/live"], "interval": 5, "timeout": 2, "retries": 1}
    return {
        "Host refused": told(LIVE="400", SAYS_REFUSED="yes"),
        "redirect to HTTPS": told(LIVE="301"),
        "authentication asked": told(LIVE="401"),
        "path not found": told(LIVE="404"),
        "server error, and a known line in the log": told(LIVE="503"),
        "wrong port": told(LISTEN="3000"),
        "loopback only": told(ADDRESS="127.0.0.1"),
        "nothing listens, and it does not say that it is up": told(PRINTS="loading models", STARTS_SLOWLY="yes"),
        "slow start: it printed nothing": told(STARTS_SLOWLY="yes"),
        "no answer in time": told(HANGS="yes"),
        "the check inside the container fails": Wrong({"healthCheck": check}),
        "crash with a known line in its log": Wrong({"command": ["python", "-c", "import flask"]}),
        "not a server": Wrong({"command": ["true"]}),
        "wrong architecture": Wrong({"entryPoint": ["/other"]}),
        "CRLF or missing interpreter": Wrong({"entryPoint": ["/entry.sh"]}),
        "program not in the image": Wrong({"command": ["gunicorn"]}),
        "out of memory": Wrong({"command": ["python", "-c", "len(bytearray(200 * 2**20))"], "memory": 64}),
        "secret missing": Wrong({"secrets": [{"name": "KEY", "valueFrom": f"{secret[:-12]}gone-abcdef"}]}),
        "image missing": Wrong({"image": f"{stage.repository}@sha256:{'0' * 64}"}),
        "log group missing": Wrong({"logConfiguration": {"logDriver": "awslogs", "options": nowhere}}),
        "smoke path not found": Wrong(environment={"HEALTH": "404"}, smoke="/health"),
        "smoke request redirected to HTTPS": Wrong(environment={"HEALTH": "301"}, smoke="/health"),
    }


class Rollouts:
    """All of them, begun together and awaited one by one."""

    def __init__(self, stage: Stage, image: str) -> None:
        self.stage, self._image = stage, image
        self.texts: dict[str, Future[str]] = {}
        self._ended = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=AT_ONCE)
        wanted = faults(stage)
        assert wanted.keys() == EMULATED.keys(), "the page says otherwise"
        self.texts["C7"] = self._pool.submit(self._second, told(LIVE="400", SAYS_REFUSED="yes"))  # the longest
        for name, wrong in wanted.items():
            self.texts[name] = self._pool.submit(self._first, wrong)

    def close(self) -> None:
        """What is not awaited any more ends as by Ctrl-C, while the cloud still answers."""
        self._ended.set()
        self._pool.shutdown(cancel_futures=True)

    def _first(self, wrong: Wrong) -> str:
        """The text of a first deployment that fails."""
        address, group = self.stage.load_balancer(interval=5)
        definition = self._definition(wrong)
        service = self._service(definition, group, {"thresholdConfiguration": ONE_FAILURE})
        smoke = Smoke(f"http://{address}{wrong.smoke}", attempts=1) if wrong.smoke else None
        return self._fail(service, definition, group, smoke)

    def _second(self, wrong: Wrong) -> str:
        """The text of a bad version that is rolled back to a good one; the breaker needs its three failures."""
        _, group = self.stage.load_balancer(interval=5)
        good = self._definition(Wrong())
        service = self._service(good, group, {})
        self._roll_out(service, good, group, None)
        bad = self._definition(wrong)
        return self._fail(service, bad, group, None)

    def _definition(self, wrong: Wrong) -> str:
        variables = [{"name": name, "value": value} for name, value in wrong.environment.items()]
        container = {"image": self._image, "environment": variables, "stopTimeout": 2, **wrong.app}
        return self.stage.task_definition(family=self.stage.name("app"), **container)

    def _service(self, definition: str, group: str, breaker: dict[str, Any]) -> str:
        created = self.stage.service(
            definition,
            group,
            count=1,
            healthCheckGracePeriodSeconds=GRACE,
            deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True, **breaker}},
        )
        return str(created["serviceArn"])

    def _roll_out(self, service: str, definition: str, group: str, smoke: Smoke | None) -> None:
        seen = Service(self.stage.ecs, self.stage.elb, self.stage.logs, self.stage.cluster, service)
        wanted = Wanted(definition, "", DEADLINE, (group,), smoke)
        Rollout(seen, wanted, SystemClock(self._ended), lambda *_: None, self._ask).run()

    def _fail(self, service: str, definition: str, group: str, smoke: Smoke | None) -> str:
        with pytest.raises(RolloutFailed) as failure:
            self._roll_out(service, definition, group, smoke)
        return str(failure.value)

    @staticmethod
    def _ask(url: str, timeout: float) -> Answer:
        return ask(url, timeout)


def label(text: str, name: str) -> str:
    """The line of a failure that begins with a label."""
    (line,) = [one for one in text.splitlines() if one.strip().startswith(f"{name}:")]
    return line.partition(":")[2].strip()


def shape(text: str) -> str:
    """A sentence without what differs from one application to the next: what it printed, and numbers."""
    return re.sub(r"\d+", "N", re.sub(r'"[^"]*"', '"…"', text))


@pytest.fixture(scope="module")
def rollouts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rollouts]:
    folder, begun = tmp_path_factory.mktemp("rollouts"), None
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(TIME_VARIABLE, "10")
            stage = Stage(emulator.start(folder, None, new_account(), python=cloud_python()))
        begun = Rollouts(stage, stage.push("1", APP))
        yield begun
    finally:
        if begun is not None:
            begun.close()
        emulator.stop(folder)


@pytest.mark.parametrize("name", EMULATED)
def test_what_people_read_is_the_class_that_the_page_says(rollouts: Rollouts, name: str) -> None:
    text = rollouts.texts[name].result(2 * DEADLINE)
    said = EMULATED[name].diagnosis()
    cause, fix = label(text, "cause"), label(text, "fix")
    assert shape(cause) == shape(said.cause), text
    assert shape(fix) == shape(said.fix), text
    assert "This was the first deployment: there is no version to roll back to." in text
    assert len(text.splitlines()) < 30, text
    assert len(text.splitlines()) == len(set(text.splitlines())), "nothing is said twice"


def test_a_version_that_refuses_the_host_is_rolled_back_and_said_once(rollouts: Rollouts) -> None:
    """C7: three tasks, each with its event, and the same line at every check."""
    text = rollouts.texts["C7"].result(2 * DEADLINE)
    lines = text.splitlines()
    assert re.match(
        r"the rollout of app-\d+:1 was rolled back by the ECS circuit breaker: 3 tasks failed, its threshold is 3",
        lines[0],
    )
    assert label(text, "cause").startswith(
        "the application refuses the Host header: the load balancer's check asks /live"
    )
    assert label(text, "stopped tasks").startswith("3 × Task failed ELB health checks in (target-group alb-")
    (event,) = [one for one in lines if "is unhealthy in" in one]
    assert event.endswith("Health checks failed with these codes: [400]). (× 3)")
    (printed,) = [one for one in lines if "Invalid HTTP_HOST header" in one]
    assert re.search(r" \(× \d+\)$", printed)
    assert re.match(r"log group /e2e/app, stream app-\d+/app/[\w-]+$", label(text, "log"))
    # Two while ECS starts the rollback's task beside the one that served throughout.
    assert re.match(r"  app-(\d+):1 keeps serving: [12] tasks? of app-\1:1\.$", lines[-1])
    assert "first deployment" not in text

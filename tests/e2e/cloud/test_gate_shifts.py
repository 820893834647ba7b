"""The gate's rollouts that shift traffic, against the running emulator with real containers. A minute is 6 s."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from sluice.author import Identity
from sluice.clock import SystemClock
from sluice.inputs.smoke import Smoke
from sluice.inputs.strategy import ECS_NAMES, Strategy
from sluice.release.approval import Approvals
from sluice.release.release_record import ReleaseRecords
from sluice.rollout.deployment.http_answer import asking
from sluice.rollout.deployment.service import Service
from sluice.rollout.diagnosis.rollout_failure import RolloutFailed
from sluice.rollout.request import Wanted
from sluice.rollout.rollout import Done, Rollout
from sluice.rollout.strategy.lifecycle.hooks import own_stages
from sluice.rollout.strategy.on_test_traffic import on_test_traffic
from tests.e2e.cloud.shifting import HEADER, VALUE, Shifting, pause
from tests.e2e.cloud.stage import Caller, Stage

USERS_FAIL = """
import app
answer, count = app.Handler.do_GET, [0]
def do_GET(self):
    count[0] += 1
    if self.headers["X-Sluice-Test"] is None and self.path == "/" and count[0] % 3 == 0:
        self.send_response(500)
        self.send_header("Content-Length", "0")
        self.end_headers()
        return
    answer(self)
app.Handler.do_GET = do_GET
app.main()
"""


class Gate:
    """A service that shifts traffic, and the gate in front of it."""

    def __init__(self, stage: Stage, images: tuple[str, str], kind: str = "blueGreen", **more: Any) -> None:
        self.stage, self.images, self.shift = stage, images, Shifting(stage)
        self.prefix = f"/sluice/e2e/{stage.name('stack')}"
        self.lines: list[str] = []
        strategy = self.strategy(kind, **more)
        self.first = self.definition(1)
        self.shift.create(self.first, self.configuration(strategy))
        assert self.roll_out(self.first, strategy).previous == ""

    def definition(self, version: int, **more: Any) -> str:
        return self.stage.task_definition(self.images[version - 1], stopTimeout=2, **more)

    def strategy(self, kind: str, **more: Any) -> Strategy:
        shift = self.shift
        groups = [shift.primary, shift.alternate]
        return Strategy.parse(
            {
                "kind": kind,
                "productionRule": shift.production,
                "testRule": shift.test,
                "targetGroups": groups,
                "testHeader": {"name": HEADER, "value": VALUE},
                "bakeMinutes": 0,
                "stepMinutes": 1,
                "suffixes": {
                    "loadBalancer": shift.balancer["LoadBalancerArn"].partition("loadbalancer/")[2],
                    "targetGroups": [group.rpartition(":")[2] for group in groups],
                },
            }
            | more
        )

    def configuration(self, strategy: Strategy) -> dict[str, Any]:
        share, minutes = strategy.step_percent, strategy.step_minutes
        steps: dict[str, dict[str, Any]] = {
            "canary": {"canaryConfiguration": {"canaryPercent": share, "canaryBakeTimeInMinutes": minutes}},
            "linear": {"linearConfiguration": {"stepPercent": share, "stepBakeTimeInMinutes": minutes}},
        }
        return {
            "strategy": ECS_NAMES[strategy.kind],
            "bakeTimeInMinutes": strategy.bake_minutes,
            "lifecycleHooks": [pause(stage) for stage in own_stages(strategy)],
            **steps.get(strategy.kind, {}),
        }

    def roll_out(self, definition: str, strategy: Strategy, path: str = "/", owner: str = "") -> Done:
        client, cluster = self.stage.client, self.stage.cluster
        service = Service(
            self.stage.ecs, self.stage.elb, self.stage.logs, cluster, self.shift.service, client("cloudwatch")
        )
        smoke = Smoke(f"{self.shift.url}{path}")
        wanted = Wanted(
            definition, "", 240, strategy.target_groups, smoke, digest="repo@sha256:x", strategy=strategy
        )  # fmt: skip
        clock = SystemClock(threading.Event())

        def log(text: str, ephemeral: bool) -> None:
            if not ephemeral:
                self.lines.append(text)

        return Rollout(
            service,
            wanted,
            clock,
            log,
            asking(smoke),
            ReleaseRecords(self.stage.ssm, self.prefix),
            me=Identity(owner or self.stage.name("owner"), "e2e@host", clock.now()),
            traffic=on_test_traffic(strategy, smoke, self.stage.ecs, self.stage.logs, cluster, clock, log),
            approvals=Approvals(self.stage.ssm, self.prefix),
        ).run()

    def change(self, strategy: Strategy) -> None:
        """As the program does, before Rollout."""
        self.stage.ecs.update_service(
            cluster=self.stage.cluster, service=self.shift.service, deploymentConfiguration=self.configuration(strategy)
        )

    @property
    def said(self) -> str:
        return "\n".join(self.lines)


@pytest.fixture(scope="module")
def images(stage: Stage) -> tuple[str, str]:
    return stage.push("1"), stage.push("2")


@pytest.fixture(scope="module")
def gate(stage: Stage, images: tuple[str, str]) -> Iterator[Gate]:
    """Version 1 serves: the gate took the service's own first deployment over and proved it."""
    made = Gate(stage, images)
    yield made
    made.shift.delete()


def test_a_good_version_reaches_users_after_its_proof(gate: Gate) -> None:
    with Caller(f"{gate.shift.url}/") as users:
        done = gate.roll_out(gate.definition(2), gate.strategy("blueGreen"))
    assert gate.shift.versions(10) == {"2": 10}
    assert users.failures == []
    assert done.previous == gate.first
    assert "is proven on test traffic" in gate.said
    assert "100 % of users' traffic goes to" in gate.said


def test_a_bad_version_reaches_nobody(gate: Gate) -> None:
    with Caller(f"{gate.shift.url}/") as users, pytest.raises(RolloutFailed) as failure:
        gate.roll_out(gate.definition(1), gate.strategy("blueGreen"), "/fail")
    assert "answered 500 instead of 200" in str(failure.value)
    assert "no user reached" in str(failure.value)
    assert Counter(answer.split()[1] for answer in users.answers).keys() == {"2"}
    assert users.failures == []


def test_a_canary_that_fails_for_users_is_rolled_back_with_its_figures(gate: Gate) -> None:
    strategy = gate.strategy("canary", stepPercent=20, analysis={"minRequests": 10})
    gate.change(strategy)
    bad = gate.definition(1, command=["python3", "-c", USERS_FAIL])
    with Caller(f"{gate.shift.url}/") as users, pytest.raises(RolloutFailed) as failure:
        gate.roll_out(bad, strategy)
    assert "at 20 % of users it does worse" in str(failure.value)
    assert "up to 20 % of users' requests reached" in str(failure.value)
    assert users.failures
    assert len(users.failures) < len(users.answers) * 0.2
    assert gate.shift.versions(10) == {"2": 10}


def test_a_good_canary(gate: Gate) -> None:
    strategy = gate.strategy("canary", stepPercent=20, analysis={"minRequests": 10, "latencyFactor": 5})
    gate.change(strategy)
    with Caller(f"{gate.shift.url}/") as users:
        gate.roll_out(gate.definition(1), strategy)
    assert users.failures == []
    assert gate.shift.versions(10) == {"1": 10}
    assert "at 20 % of users" in gate.said


def test_a_good_linear_one(stage: Stage, images: tuple[str, str]) -> None:
    limits = {"stepPercent": 50, "analysis": {"minRequests": 10, "latencyFactor": 5}}
    gate = Gate(stage, images, "linear", **limits)
    try:
        with Caller(f"{gate.shift.url}/") as users:
            gate.roll_out(gate.definition(2), gate.strategy("linear", **limits))
        assert users.failures == []
        assert gate.shift.versions(10) == {"2": 10}
        assert "at 50 % of users" in gate.said
    finally:
        gate.shift.delete()


def test_weights_that_were_changed_by_hand_are_named(gate: Gate) -> None:
    rule, elb = gate.shift.production, gate.stage.elb
    before = gate.shift.weights(rule)
    strategy = gate.strategy("canary", analysis={"minRequests": 0})
    elb.modify_rule(RuleArn=rule, Actions=gate.shift.forward((50, 50)))
    with pytest.raises(RolloutFailed, match="sends users to 2 target groups"):
        gate.roll_out(gate.definition(1), strategy)
    elb.modify_rule(RuleArn=rule, Actions=gate.shift.forward(before[::-1]))
    with pytest.raises(RolloutFailed, match="changed outside ECS"):
        gate.roll_out(gate.definition(1), strategy)
    elb.modify_rule(RuleArn=rule, Actions=gate.shift.forward(before))
    gate.roll_out(gate.definition(2), strategy)
    assert gate.shift.versions(10) == {"2": 10}

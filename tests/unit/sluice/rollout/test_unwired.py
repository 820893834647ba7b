"""The last step back to rolling is refused while users reach the target group that goes away."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.rollout.deployment.shape import Shape
from sluice.rollout.diagnosis.rollout_failure import RolloutFailed
from sluice.rollout.unwired import unwired
from tests.unit.sluice.migration.simulation import Clock
from tests.unit.sluice.rollout.rolling import NEW, Service, roll_out

WIRED: dict[str, Any] = {"alternateTargetGroupArn": "tg/b/2", "productionListenerRule": "rule"}
PLAIN: dict[str, Any] = {"targetGroupArn": "tg/a/1", "containerName": "app", "containerPort": 8080}


class Shift:
    def __init__(self, weights: dict[str, int]) -> None:
        self._weights = weights
        self.asked: list[str] = []

    def weights(self, rule: str) -> dict[str, int]:
        self.asked.append(rule)
        return self._weights


def wired(weights: dict[str, int], live: dict[str, Any] | None = None) -> Service:
    service = Service(Clock(), {NEW: "COMPLETED"})
    service.load_balancers = [PLAIN | {"advancedConfiguration": WIRED} if live is None else live]
    service.shift = Shift(weights)  # type: ignore[attr-defined]
    return service


@pytest.mark.parametrize("weights", [{"tg/a/1": 0, "tg/b/2": 100}, {"tg/a/1": 90, "tg/b/2": 10}, {}])
def test_refused_while_users_reach_the_other_group(weights: dict[str, int]) -> None:
    service = wired(weights)
    with pytest.raises(RolloutFailed, match=r"rolling keeps a alone(.|\n)*deploy once more with the former strategy"):
        roll_out(service, shape=Shape(load_balancers=(PLAIN,)))
    assert service.calls == []


def test_let_through_when_they_reach_the_one_that_stays() -> None:
    service = wired({"tg/a/1": 100, "tg/b/2": 0})
    roll_out(service, shape=Shape(load_balancers=(PLAIN,)))
    assert service.changes == [{"loadBalancers": [PLAIN]}]


def test_rolling_asks_no_rule() -> None:
    service = wired({}, PLAIN)
    roll_out(service, shape=Shape(load_balancers=(PLAIN,)))
    assert service.shift.asked == []  # type: ignore[attr-defined]


def test_what_is_unwired() -> None:
    live = [PLAIN | {"advancedConfiguration": WIRED}]
    assert unwired(live, [PLAIN]) == ("rule", "tg/a/1")
    assert unwired(live, live) == ("", "")
    assert unwired([PLAIN], [PLAIN]) == ("", "")
    assert unwired(live, []) == ("", ""), "nothing about load balancers is sent"

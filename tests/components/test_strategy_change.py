"""From rolling to a strategy and back: what each of the two steps changes, and that none is left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.components.program import Deployed
from tests.components.test_strategy import SERVICE, arn, groups, rules

Deploy = Callable[..., Deployed]


class TestSwitching:
    """The two steps from rolling to a strategy: first the wiring, then the strategy."""

    @pytest.fixture
    def wired(self, deploy: Deploy) -> Deployed:
        return deploy(service={"alternateGroup": True})

    def test_first_the_wiring_while_it_still_rolls(self, deploy: Deploy, wired: Deployed) -> None:
        service = wired.one(SERVICE).inputs
        assert service["deploymentConfiguration"] == {"strategy": "ROLLING"}
        [balancer] = wired.one("Rollout").inputs["loadBalancers"]
        (_, alternate), (production, test) = groups(wired), rules(wired)
        assert balancer["advancedConfiguration"] == {
            "alternateTargetGroupArn": arn(alternate),
            "productionListenerRule": arn(production),
            "testListenerRule": arn(test),
            "roleArn": arn(wired.one("iam/role:Role", "infrastructure")),
        }
        assert "strategy" not in wired.one("Rollout").inputs
        assert wired.one("Rollout").inputs["shape"] != deploy().one("Rollout").inputs["shape"], "a deployment starts"

    def test_then_the_strategy_and_nothing_else(self, deploy: Deploy, wired: Deployed) -> None:
        shifting = deploy(service={"strategy": "blueGreen"})
        assert shifting.one("Rollout").inputs["shape"] == wired.one("Rollout").inputs["shape"]
        for one in wired.resources:
            [now] = [other for other in shifting.resources if other.urn == one.urn]
            if one.type.rpartition(":")[2] not in ("Service", "Rollout", "MetricAlarm", "Dashboard"):
                assert now.inputs == one.inputs, one.urn


class TestOneStep:
    """A live service does not change its strategy by one step where AWS asks for two."""

    OWN = "organization/sluice/test"

    def live(self, deployed: Deployed) -> dict[str, Any]:
        return {self.OWN: deployed.outputs}

    @pytest.mark.parametrize(
        ("before", "after", "refused"),
        [
            ({}, {"strategy": "blueGreen"}, "rolls with one target group"),
            ({}, {"alternateGroup": True}, None),
            ({"alternateGroup": True}, {"strategy": "canary"}, None),
            ({"alternateGroup": True}, {}, None),
            ({"strategy": "blueGreen"}, {"strategy": "canary"}, None),
            ({"strategy": "blueGreen"}, {"alternateGroup": True}, None),
            ({"strategy": "blueGreen"}, {}, "users may be in the second group"),
        ],
    )
    def test_is_refused_before_anything_is_declared(
        self,
        deploy: Deploy,
        caplog: pytest.LogCaptureFixture,
        before: dict[str, Any],
        after: dict[str, Any],
        refused: str | None,
    ) -> None:
        others, deployed = self.live(deploy(service=before)), Deployed()
        if refused is None:
            deploy(service=after, others=others, deployed=deployed)
            assert deployed.all(SERVICE)
            return
        with pytest.raises(SystemExit):
            deploy(service=after, others=others, deployed=deployed)
        assert [one.type for one in deployed.resources if not one.type.startswith("pulumi:")] == []
        [error] = [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]
        assert refused in error
        assert "alternateGroup: true" in error

    def test_a_new_stack_starts_with_its_strategy(self, deploy: Deploy) -> None:
        assert deploy(service={"strategy": "linear", "stepPercent": 50}, others={self.OWN: {}}).all(SERVICE)

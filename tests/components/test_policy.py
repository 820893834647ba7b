"""The whole graph of every stack of this checkout, judged by the policy pack's rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bootstrap import statement, subject
from bootstrap.deployers import DEPLOY, PREVIEW, Grants
from bootstrap.scope import Scope
from infra.policies import AccountRegion
from policy.readiness import access
from policy.readiness.rules import judge
from policy.readiness.stack import StackGraph, StackResource
from tests.components.policy import PAGE, document, graph, verdicts
from tests.components.program import ACCOUNT, Deployed
from tests.components.rendered import rendered, stacks
from tests.components.test_entrance import EXISTING
from tests.components.test_strategy import SHARED

Deploy = Callable[..., Deployed]


def without_test_rule(shared: dict[str, Any]) -> dict[str, Any]:
    """The same listener for a rolling service."""
    return {key: {k: v for k, v in value.items() if k != "testPriority"} for key, value in shared.items()}


KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1"


def stopped(deployed: Deployed) -> dict[str, list[str]]:
    """The mandatory rules that a run of the program breaks, with what is said."""
    return {one.rule.name: [finding.text for finding in one.findings] for one in judge(graph(deployed)) if one.stops}


@pytest.mark.parametrize("stack", stacks())
def test_no_stack_breaks_a_rule_that_is_mandatory_for_it(stack: str) -> None:
    assert {one.rule.name: one.findings for one in verdicts(stack) if one.stops} == {}


def test_the_page_is_as_the_rules_and_stacks_are() -> None:
    assert PAGE.read_text(encoding="utf-8") == document(), "run `make policy`"


class TestDeployers:
    """What `make bootstrap` gives to GitHub's jobs keeps to the same rules as the stacks."""

    SCOPE = Scope(AccountRegion("aws", "eu-central-1", ACCOUNT), "sluice", "prod", "states", KEY, KEY)

    @pytest.mark.parametrize(("role", "grants"), [("deploy", DEPLOY), ("preview", PREVIEW)])
    def test_no_grant_breaks_a_rule(self, role: str, grants: Grants) -> None:
        granted = {about: grant(self.SCOPE) for about, grant in grants.items()}
        policies = [
            StackResource("aws:iam:Policy", about, about, {"policy": statement.document(said)})
            for about, said in granted.items()
        ]
        # What a grant leaves open has its reason beside it; docs/access.md lists them all.
        reasoned = {(about, one.sid) for about, said in granted.items() for one in said if one.why}
        findings = [(rule.name, one) for rule in access.RULES for one in rule.judge(StackGraph(policies))]
        assert [
            (rule, one)
            for rule, one in findings
            if not (rule == "iam-no-wildcard" and (one.about, one.text.partition(":")[0]) in reasoned)
        ] == []

    @pytest.mark.parametrize("ids", [(None, None), (1234, 567890)])
    def test_nobody_else_can_take_their_roles(self, ids: tuple[int | None, int | None]) -> None:
        head = subject.repository("example/shop", *ids)
        jobs = [
            *subject.deploying("example/shop", head, "prod", ["main"], ["deploy.yml"]),
            *subject.previewing("example/shop", head, ["main"], ["drift.yml"], pull_requests=True),
        ]
        role = StackResource("aws:iam:Role", "r", "r", {"assumeRolePolicy": subject.trust(self.SCOPE.account, jobs)})
        assert [finding for rule in access.RULES for finding in rule.judge(StackGraph([role]))] == []


class TestProduction:
    """The rules see the program's own resources, not only made-up ones."""

    def test_settings_for_play_are_refused_there(self) -> None:
        domain = {"name": "shop.example.com", "zone": "Z0123456789ABC"}  # without one the settings are refused
        broken = stopped(rendered("local", environment="prod", domain=domain, network={"egress": "public"}))
        assert {"database-backups", "private-tasks", "promoted-image", "account"} <= set(broken)

    def test_what_protects_the_data_comes_with_the_environment(self, deploy: Deploy) -> None:
        broken = stopped(deploy(environment="prod"))
        kept = {
            "database-deletion-protection",
            "database-final-snapshot",
            "secret-recovery",
            "snapshot-before-migrating",
            "load-balancer",
        }
        assert {*kept, "images-kept"} & set(broken) == set()
        deployed = deploy(environment="staging")
        advice = {one.rule.name for one in judge(graph(deployed)) if one.findings and not one.stops}
        assert kept <= advice

    @pytest.mark.parametrize(
        ("changes", "rule"),
        [
            ({"service": {"min": 1}}, "replicas"),
            ({"service": {"circuitBreaker": False}}, "rollback"),
            ({"snapshot": {"before": False}}, "snapshot-before-migrating"),
        ],
    )
    def test_a_careless_setting_is_refused(self, deploy: Deploy, changes: dict[str, Any], rule: str) -> None:
        assert rule not in stopped(deploy(environment="prod"))
        assert rule in stopped(deploy(environment="prod", **changes))

    @pytest.mark.parametrize("kind", ["blueGreen", "canary"])
    @pytest.mark.parametrize("listener", ["own", "existing"])
    def test_a_strategy_breaks_no_rule(self, deploy: Deploy, kind: str, listener: str) -> None:
        shared: dict[str, Any] = {"loadBalancer": SHARED, "network": EXISTING} if listener == "existing" else {}
        before = stopped(deploy(environment="prod", **{**shared, **without_test_rule(shared)}))
        assert stopped(deploy(environment="prod", service={"strategy": kind, "guard": True}, **shared)) == before

    def test_a_rule_sees_a_strategys_own_resources(self, deploy: Deploy) -> None:
        deployed = deploy(service={"strategy": "blueGreen"})
        test = deployed.one("lb/listenerRule:ListenerRule", "-test-test")
        test.needs["conditions"] = []
        test.ignored.clear()
        deployed.one("Rollout").inputs.pop("strategy")
        assert {"test-traffic-secret", "weights-of-ecs", "proof-before-users"} <= {*stopped(deployed)}

    def test_the_gate_cannot_be_left_out(self, deploy: Deploy) -> None:
        deployed = deploy()
        service = deployed.one("ecs/service:Service")
        service.needs["taskDefinition"] = [deployed.one("ecs/taskDefinition:TaskDefinition", "service").urn]
        assert "gate" in stopped(deployed)

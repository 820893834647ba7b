"""Strategies: the wiring of a load balancer and a service whose traffic ECS shifts, and what the gate is told of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sluice.inputs.strategy import Strategy
from tests.components.program import ACCOUNT, LISTENER, SECRET, Deployed, Registered
from tests.components.test_entrance import EXISTING, HOST

Deploy = Callable[..., Deployed]

KINDS: dict[str, dict[str, Any]] = {
    "blueGreen": {},
    "canary": {"stepPercent": 5, "stepMinutes": 2},
    "linear": {"stepPercent": 20.5, "stepMinutes": 1},
}
SHARED = {"listener": LISTENER, "priority": 40, "testPriority": 39, "host": HOST}
RULE, GROUP, SERVICE = "lb/listenerRule:ListenerRule", "lb/targetGroup:TargetGroup", "ecs/service:Service"


def arn(one: Registered) -> str:
    return f"arn:aws:mock:eu-central-1:{ACCOUNT}:{one.type.rpartition(':')[2]}/{one.name}"


def groups(deployed: Deployed) -> tuple[Registered, Registered]:
    """Primary and alternate."""
    alternate = deployed.one(GROUP, "-alt")
    [primary] = [one for one in deployed.all(GROUP) if one is not alternate]
    return primary, alternate


def rules(deployed: Deployed) -> tuple[Registered, Registered]:
    """Production and test."""
    test = deployed.one(RULE, "-test-test")
    [production] = [one for one in deployed.all(RULE) if one is not test]
    return production, test


def secret(value: Any) -> Any:
    """What the engine keeps encrypted in the state."""
    assert isinstance(value, dict)
    assert SECRET in value.values(), "it is no secret"
    return value["value"]


def header(rule: Registered) -> dict[str, Any]:
    [found] = [one["httpHeader"] for one in secret(rule.inputs["conditions"]) if "httpHeader" in one]
    assert isinstance(found, dict)
    return found


def told(deployed: Deployed) -> dict[str, Any]:
    """Rollout's strategy, with whole numbers as the gate's protocol reads them (sluice/protocol/values.py)."""
    found = json.dumps(secret(deployed.one("Rollout").inputs["strategy"]))
    return dict(json.loads(found, parse_float=lambda text: int(float(text)) if float(text) % 1 == 0 else float(text)))


def value(deployed: Deployed) -> str:
    """The random header's."""
    return "R" * int(deployed.one("RandomText").inputs["length"])


class TestRolling:
    """The default: nothing of a strategy is there."""

    def test_one_group_and_no_rule(self, deploy: Deploy) -> None:
        deployed = deploy()
        assert len(deployed.all(GROUP)) == 1
        assert deployed.all(RULE) == deployed.all("RandomText") == []
        assert "infrastructure" not in str([one.name for one in deployed.resources])
        assert "deploymentConfiguration" not in deployed.one(SERVICE).inputs
        assert "strategy" not in deployed.one("Rollout").inputs
        assert "strategy" not in deployed.outputs["gate"]
        assert len(deployed.outputs["gate"]["targetGroups"]) == 1


class TestOwnLoadBalancer:
    """A rule for every request and one for test traffic, before the listener's default action."""

    @pytest.fixture
    def deployed(self, deploy: Deploy) -> Deployed:
        return deploy(service={"strategy": "blueGreen"})

    def test_two_equal_groups(self, deployed: Deployed) -> None:
        primary, alternate = groups(deployed)
        assert primary.inputs == alternate.inputs
        assert primary.name == "sluice-test"

    def test_users_get_the_primary_group_until_ecs_shifts_them(self, deployed: Deployed) -> None:
        (primary, alternate), (production, _) = groups(deployed), rules(deployed)
        assert production.inputs["conditions"] == [{"pathPattern": {"values": ["*"]}}]
        [action] = production.inputs["actions"]
        weights = [(one["arn"], one["weight"]) for one in action["forward"]["targetGroups"]]
        assert (action["type"], weights) == ("forward", [(arn(primary), 1), (arn(alternate), 0)])

    def test_test_traffic_is_matched_first_by_a_random_secret(self, deployed: Deployed) -> None:
        (_, alternate), (production, test) = groups(deployed), rules(deployed)
        assert test.inputs["priority"] < production.inputs["priority"]
        assert test.inputs["listenerArn"] == production.inputs["listenerArn"]
        assert header(test) == {"httpHeaderName": "X-Sluice-Test", "values": [value(deployed)]}
        assert [one["targetGroupArn"] for one in test.inputs["actions"]] == [arn(alternate)]
        assert test.needs["conditions"] == [deployed.one("RandomText").urn]

    def test_nothing_but_ecs_writes_weights(self, deployed: Deployed) -> None:
        assert [one.ignored for one in rules(deployed)] == [["actions"], ["actions"]]
        assert {"loadBalancers", "taskDefinition"} <= {*deployed.one(SERVICE).ignored}

    def test_the_listener_stays_as_it_is(self, deploy: Deploy, deployed: Deployed) -> None:
        [now] = deployed.all("lb/listener:Listener")
        [before] = deploy().all("lb/listener:Listener")
        assert now.inputs == before.inputs

    def test_on_https_the_rules_are_of_the_listener_that_users_reach(self, deploy: Deploy) -> None:
        deployed = deploy(service={"strategy": "canary"}, domain={"name": HOST, "zone": "Z0123456789ABC"})
        [secure] = [one for one in deployed.all("lb/listener:Listener") if one.inputs["port"] == 443]
        assert [one.needs["listenerArn"] for one in rules(deployed)] == [[secure.urn], [secure.urn]]

    def test_groups_are_deleted_after_rules_and_rules_after_the_service(self, deployed: Deployed) -> None:
        service = deployed.one(SERVICE)
        assert {one.urn for one in rules(deployed)} <= {*service.dependencies}
        for rule in rules(deployed):
            assert {one.urn for one in groups(deployed)} <= {*rule.dependencies}, rule.name


class TestExistingListener:
    """The rule that there is already, and one more for test traffic to the same host."""

    @pytest.fixture
    def deployed(self, deploy: Deploy) -> Deployed:
        return deploy(service={"strategy": "blueGreen"}, loadBalancer=SHARED, network=EXISTING)

    def test_the_rule_stays_where_it_is(self, deploy: Deploy, deployed: Deployed) -> None:
        production, _ = rules(deployed)
        plain = {key: one for key, one in SHARED.items() if key != "testPriority"}
        [before] = deploy(loadBalancer=plain, network=EXISTING).all(RULE)
        assert production.urn == before.urn
        assert {**production.inputs, "actions": None} == {**before.inputs, "actions": None}
        assert (production.ignored, before.ignored) == (["actions"], [])

    def test_test_traffic_must_ask_for_the_same_host(self, deployed: Deployed) -> None:
        _, test = rules(deployed)
        assert test.inputs["priority"] == 39
        assert {"hostHeader": {"values": [HOST]}} in secret(test.inputs["conditions"])
        assert header(test)["values"] == [value(deployed)]

    def test_ecs_may_not_change_the_listener_of_others(self, deployed: Deployed) -> None:
        assert "ModifyListener" not in deployed.one("iam/rolePolicy:RolePolicy", "infrastructure").inputs["policy"]


class TestInfrastructureRole:
    """ECS takes it, for these rules and groups alone."""

    @pytest.fixture
    def deployed(self, deploy: Deploy) -> Deployed:
        return deploy(service={"strategy": "linear", "stepPercent": 50}, access={"boundary": True})

    def test_ecs_alone_takes_it(self, deployed: Deployed) -> None:
        role = deployed.one("iam/role:Role", "infrastructure").inputs
        [trust] = json.loads(role["assumeRolePolicy"])["Statement"]
        assert (trust["Principal"], trust["Action"]) == ({"Service": "ecs.amazonaws.com"}, "sts:AssumeRole")
        assert role["path"] == "/sluice/test/"
        assert role["permissionsBoundary"].endswith("-boundary")

    def test_it_changes_these_rules_and_groups_alone(self, deployed: Deployed) -> None:
        policy = json.loads(deployed.one("iam/rolePolicy:RolePolicy", "infrastructure").inputs["policy"])
        changed = {sid: one for one in policy["Statement"] if (sid := one["Sid"]) != "Describe"}
        assert {*changed["Rules"]["Resource"]} == {arn(one) for one in rules(deployed)}
        assert {*changed["Targets"]["Resource"]} == {arn(one) for one in groups(deployed)}

    def test_its_policy_outlives_the_service(self, deployed: Deployed) -> None:
        policy = deployed.one("iam/rolePolicy:RolePolicy", "infrastructure")
        assert policy.urn in deployed.one(SERVICE).needs["loadBalancers"]


class TestService:
    """What ECS is told."""

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_load_balancer_has_both_groups_and_rules(self, deploy: Deploy, kind: str) -> None:
        deployed = deploy(service={"strategy": kind, "deadline": 7200, **KINDS[kind]})
        [balancer] = deployed.one(SERVICE).inputs["loadBalancers"]
        (primary, alternate), (production, test) = groups(deployed), rules(deployed)
        assert balancer["targetGroupArn"] == arn(primary)
        assert balancer["advancedConfiguration"] == {
            "alternateTargetGroupArn": arn(alternate),
            "productionListenerRule": arn(production),
            "testListenerRule": arn(test),
            "roleArn": arn(deployed.one("iam/role:Role", "infrastructure")),
        }

    @pytest.mark.parametrize(
        ("settings", "strategy", "stages", "more"),
        [
            ({"strategy": "blueGreen"}, "BLUE_GREEN", ["POST_TEST_TRAFFIC_SHIFT"], {}),
            (
                {"strategy": "blueGreen", "guard": True},
                "BLUE_GREEN",
                ["PRE_SCALE_UP", "POST_TEST_TRAFFIC_SHIFT"],
                {},
            ),
            (
                {"strategy": "canary", "stepPercent": 2.5, "stepMinutes": 7},
                "CANARY",
                ["POST_TEST_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT"],
                {"canaryConfiguration": {"canaryPercent": 2.5, "canaryBakeTimeInMinutes": "7"}},
            ),
            (
                {"strategy": "linear", "stepPercent": 50, "stepMinutes": 0, "guard": True},
                "LINEAR",
                ["PRE_SCALE_UP", "POST_TEST_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT"],
                {"linearConfiguration": {"stepPercent": 50, "stepBakeTimeInMinutes": "0"}},
            ),
        ],
    )
    def test_pauses_and_steps(
        self, deploy: Deploy, settings: dict[str, Any], strategy: str, stages: list[str], more: dict[str, Any]
    ) -> None:
        deployed = deploy(service={"bakeMinutes": 3, "pauseMinutes": 20, **settings})
        configuration = deployed.one(SERVICE).inputs["deploymentConfiguration"]
        hooks = configuration.pop("lifecycleHooks")
        assert configuration == {"strategy": strategy, "bakeTimeInMinutes": "3", **more}
        assert [stage for hook in hooks for stage in hook["lifecycleStages"]] == stages
        for hook in hooks:
            assert hook["targetType"] == "PAUSE"
            assert hook["timeoutConfiguration"] == {"timeoutInMinutes": "20", "action": "ROLLBACK"}

    def test_all_tasks_are_doubled_and_a_failing_one_is_rolled_back(self, deploy: Deploy) -> None:
        service = deploy(service={"strategy": "blueGreen"}).one(SERVICE).inputs
        assert (service["deploymentMinimumHealthyPercent"], service["deploymentMaximumPercent"]) == (100, 200)
        assert service["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
        assert service["waitForSteadyState"] is False


class TestRollout:
    """What the gate is told, in the form that it takes."""

    @pytest.mark.parametrize("kind", KINDS)
    def test_it_takes_what_it_is_told(self, deploy: Deploy, kind: str) -> None:
        deployed = deploy(service={"strategy": kind, "deadline": 7200, "approve": "manual", **KINDS[kind]})
        (primary, alternate), (production, test) = groups(deployed), rules(deployed)
        parsed = Strategy.parse(told(deployed))
        assert (parsed.kind, parsed.approve, parsed.guard) == (kind, "manual", False)
        assert (parsed.production_rule, parsed.test_rule) == (arn(production), arn(test))
        assert parsed.target_groups == (arn(primary), arn(alternate))
        assert (parsed.test_header.name, parsed.test_header.value) == ("X-Sluice-Test", value(deployed))
        assert parsed.step_percent == KINDS[kind].get("stepPercent", 10)
        assert parsed.suffixes is not None
        assert parsed.suffixes.target_groups == (
            f"targetgroup/{primary.name}/1",
            f"targetgroup/{alternate.name}/1",
        )
        assert (parsed.analysis is None) == (kind == "blueGreen")
        assert parsed.proof is None

    def test_limits_of_the_analysis(self, deploy: Deploy) -> None:
        limits = {"minRequests": 10, "errorPercent": 2, "latencyFactor": 3.5}
        deployed = deploy(service={"strategy": "canary", "analysis": limits})
        assert told(deployed)["analysis"] == limits

    def test_a_proof_is_a_task_of_the_image_that_passed_the_gate(self, deploy: Deploy) -> None:
        proof = {"command": ["shop", "prove"], "timeout": 120}
        deployed = deploy(service={"strategy": "blueGreen", "proof": proof})
        task = told(deployed)["proof"]
        assert (task["command"], task["timeout"], task["container"]) == (["shop", "prove"], 120, "proof")
        assert task["securityGroups"] == deployed.one("Rollout").inputs["network"]["securityGroups"]
        container = deployed.container("-proof")
        assert container["image"] == deployed.container("-service")["image"]
        assert not container.get("secrets")
        assert deployed.one(SERVICE).inputs["loadBalancers"], "the service does not wait for the proof's task"

    def test_targets_of_both_groups_are_looked_at(self, deploy: Deploy) -> None:
        deployed = deploy(service={"strategy": "blueGreen"})
        both = [arn(one) for one in groups(deployed)]
        assert deployed.one("Rollout").inputs["targetGroups"] == both == deployed.outputs["gate"]["targetGroups"]

    def test_operators_commands_know_the_strategy(self, deploy: Deploy) -> None:
        deployed = deploy(service={"strategy": "blueGreen"})
        assert deployed.outputs["gate"]["strategy"] == told(deployed)


class TestAlarms:
    """Both groups are watched: each is production in turn."""

    def test_of_both_groups(self, deploy: Deploy) -> None:
        deployed = deploy(service={"strategy": "blueGreen"}, alarms={"enabled": True, "rollback": True})
        for name in ("-errors", "-deployment", "-latency", "-unhealthy-targets", "-no-healthy-target"):
            queries = deployed.one("MetricAlarm", name).inputs["metricQueries"]
            asked = {one["metric"]["dimensions"].get("TargetGroup") for one in queries if "metric" in one} - {None}
            assert asked == {f"targetgroup/{one.name}/1" for one in groups(deployed)}, name

    def test_the_dashboard_shows_both(self, deploy: Deploy) -> None:
        deployed = deploy(service={"strategy": "blueGreen"}, alarms={"enabled": True})
        body = deployed.one("dashboard:Dashboard").inputs["dashboardBody"]
        for one in groups(deployed):
            assert body.count(f"targetgroup/{one.name}/1") == body.count(f"targetgroup/{groups(deployed)[0].name}/1")

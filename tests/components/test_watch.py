"""Alarms, the dashboard, autoscaling: what the program asks for."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from components.monitoring.alarm import AlarmRule
from components.network.traffic import errors
from infra.monitoring.alarm_rules import WatchedResources, rules
from infra.monitoring.dashboard import body
from infra.monitoring.topic import publishers
from infra.settings.reading.read import check
from infra.settings.values.sizes import GIB, max_connections, memory
from tests.components.program import ACCOUNT, LISTENER, ROOT, Deployed, Registered

PAGE = "docs/alarms.md"
Deploy = Callable[..., Deployed]
WATCHED = WatchedResources("app/shop/1", ["targetgroup/shop/2"], "shop", "web", "shop-db", shared=False)
EMAIL = {"email": ["ops@example.com"]}
SHARED = {
    "loadBalancer": {"listener": LISTENER, "priority": 40, "host": "shop.example.com"},
    "network": {
        "vpc": "vpc-0123456789abcdef0",
        "taskSubnets": ["subnet-00000011", "subnet-00000012"],
        "databaseSubnets": ["subnet-00000021", "subnet-00000022"],
    },
}
"""A service behind somebody else's load balancer."""


@pytest.fixture
def stack(config: dict[str, Any]) -> Callable[..., list[AlarmRule]]:
    def made(**changes: Any) -> list[AlarmRule]:
        return rules(check("test", config | changes, folder=Path.cwd()), WATCHED)

    return made


def computed(rule: AlarmRule, values: dict[str, int | None]) -> float:
    """What CloudWatch makes of the rule's formula; every metric that it names must be among the rule's. None: no
    datapoint, with which nothing but FILL can do anything."""
    assert set(values) == set(rule.metrics)
    python = rule.formula.replace("IF(", "choose(").replace("100 *", "lambda: 100 *")
    functions = {
        "FILL": lambda value, missing: missing if value is None else value,
        "choose": lambda yes, this, other: this() if yes else other,
    }
    return float(eval(python, functions | values))  # noqa: S307 -- our own formula, which Python happens to read


def metrics(page: dict[str, Any]) -> set[tuple[str, ...]]:
    """What a dashboard draws: namespace, name, and each dimension's name and value."""
    rows = [row for one in page["widgets"] if one["type"] == "metric" for row in one["properties"]["metrics"]]
    return {tuple(part for part in row if isinstance(part, str)) for row in rows}


def alarms(deployed: Deployed) -> dict[str, Registered]:
    found = deployed.all("metricAlarm:MetricAlarm")
    return {one.name.removeprefix("sluice-test-"): one for one in found}


class TestRules:
    """What they look at, as AWS names it."""

    def test_every_metric_has_its_dimensions(self, stack: Callable[..., list[AlarmRule]]) -> None:
        balancer, group = {"LoadBalancer": "app/shop/1"}, {"TargetGroup": "targetgroup/shop/2"}
        known = {
            "HTTPCode_Target_5XX_Count": balancer | group,
            "HTTPCode_ELB_5XX_Count": balancer,
            "RequestCount": balancer | group,
            "TargetResponseTime": balancer | group,
            "UnHealthyHostCount": balancer | group,
            "HealthyHostCount": balancer | group,
            "CPUUtilization": {"ClusterName": "shop", "ServiceName": "web"},
            "MemoryUtilization": {"ClusterName": "shop", "ServiceName": "web"},
            "FreeStorageSpace": {"DBInstanceIdentifier": "shop-db"},
            "DatabaseConnections": {"DBInstanceIdentifier": "shop-db"},
            "MaximumUsedTransactionIDs": {"DBInstanceIdentifier": "shop-db"},
        }
        for rule in stack():
            for metric in [rule.metric] if rule.metric else rule.metrics.values():
                wanted = known[metric.name]
                if metric.namespace == "AWS/RDS":
                    wanted = known["FreeStorageSpace"]
                assert metric.dimensions == wanted, rule.name

    def test_limits_are_the_settings(self, stack: Callable[..., list[AlarmRule]]) -> None:
        wish = {"errorPercent": 3, "latency": 250, "databaseStorage": 20, "databaseConnections": 50}
        database = {"instanceClass": "db.m6g.large", "storage": 100}
        found = {one.name: one for one in stack(alarms=wish, database=database)}
        assert found["errors"].above == 3
        assert found["latency"].above == 0.25
        assert found["database-storage"].below == 20 * GIB
        assert found["database-connections"].above == max_connections("db.m6g.large") * 50 // 100  # type: ignore[operator]
        told = {one.name: one for one in stack(alarms={"maxConnections": 300})}
        assert told["database-connections"].above == 240

    @pytest.mark.parametrize(
        ("targets", "balancer", "requests", "percent"),
        [
            (5, 0, 100, 5.0),
            (0, 50, 50, 50.0),
            (1, 0, 10, 0.0),
            (0, 30, 0, 100.0),
            (30, 30, 90, 50.0),
            (5, None, 100, 5.0),
            (None, 50, 50, 50.0),
            (None, 30, None, 100.0),
            (None, None, 100, 0.0),
            (None, None, None, 0.0),
        ],
    )
    def test_errors_are_a_share_of_all_answers(
        self, targets: int | None, balancer: int | None, requests: int | None, percent: float
    ) -> None:
        """The formula, computed as CloudWatch would: with FILL, a missing count is 0."""
        rule = errors("errors", 5, 20, 5, "a", ["t"], shared=False)
        assert computed(rule, {"t": targets, "b": balancer, "r": requests}) == percent

    @pytest.mark.parametrize(
        ("targets", "requests", "percent"),
        [(5, 100, 5.0), (0, 100, 0.0), (1, 10, 0.0), (None, 100, 0.0), (None, None, 0.0)],
    )
    def test_a_shared_load_balancers_own_errors_are_not_counted(
        self, targets: int | None, requests: int | None, percent: float
    ) -> None:
        """HTTPCode_ELB_5XX_Count counts those of every service behind it."""
        rule = errors("errors", 5, 20, 5, "a", ["t"], shared=True)
        assert {one.name for one in rule.metrics.values()} == {"HTTPCode_Target_5XX_Count", "RequestCount"}
        assert computed(rule, {"t": targets, "r": requests}) == percent

    @pytest.mark.parametrize(
        ("counts", "percent"),
        [
            ({"t": 5, "r": 100, "u": None, "s": None}, 5.0),
            ({"t": None, "r": None, "u": 5, "s": 100}, 5.0),
            ({"t": 0, "r": 90, "u": 10, "s": 10}, 10.0),
        ],
        ids=["primary serves", "alternate serves", "a canary"],
    )
    def test_of_two_target_groups_all_answers_count(self, counts: dict[str, int | None], percent: float) -> None:
        """A service whose traffic ECS shifts: each group is production in turn."""
        rule = errors("errors", 5, 20, 5, "a", ["t", "u"], shared=False)
        assert computed(rule, {"b": None, **counts}) == percent

    def test_silence_is_bad_only_where_nobody_is_served(self, stack: Callable[..., list[AlarmRule]]) -> None:
        assert [one.name for one in stack() if one.silence_is_bad] == ["no-healthy-target"]

    def test_each_is_on_the_page_that_its_description_names(self, stack: Callable[..., list[AlarmRule]]) -> None:
        text = (ROOT / PAGE).read_text(encoding="utf-8")
        for rule in [*stack(), errors("deployment", 5, 20, 2, "a", ["t"], shared=False)]:
            assert f"| `{rule.name}` |" in text, rule.name

    @pytest.mark.parametrize(
        ("instance_class", "gib", "connections"),
        [
            ("db.t4g.micro", 1, 84),
            ("db.t3.medium", 4, 422),
            ("db.m6g.large", 8, 873),
            ("db.r6g.large", 16, 1774),
            ("db.r7g.4xlarge", 128, 5000),
            ("db.x2g.16xlarge", 1024, 5000),
        ],
    )
    def test_an_instance_class_has_memory(self, instance_class: str, gib: int, connections: int) -> None:
        assert memory(instance_class) == gib * GIB
        assert max_connections(instance_class) == connections

    def test_an_unknown_class_has_none(self) -> None:
        assert memory("db.z9.huge") is None
        assert max_connections("db.c6gd.medium") is None


class TestAlarms:
    """The resources."""

    def test_they_tell_the_topic_and_where_to_read(self, deploy: Deploy) -> None:
        deployed = deploy(notify=EMAIL)
        topic = deployed.outputs["topic"]
        found = alarms(deployed)
        assert len(found) == 10
        for name, one in found.items():
            assert one.inputs["alarmActions"] == one.inputs["okActions"] == [topic], name
            assert PAGE in one.inputs["alarmDescription"]

    def test_without_a_topic_they_only_show(self, deploy: Deploy) -> None:
        deployed = deploy()
        assert {tuple(one.inputs.get("alarmActions", ())) for one in alarms(deployed).values()} == {()}
        assert deployed.all("eventRule:EventRule") == []

    def test_they_can_be_left_out(self, deploy: Deploy) -> None:
        deployed = deploy(alarms={"enabled": False}, notify=EMAIL)
        assert alarms(deployed) == {}
        assert deployed.all("eventRule:EventRule") == []

    def test_a_formula_excludes_a_metric_of_its_own(self, deploy: Deploy) -> None:
        one = alarms(deploy())["errors"].inputs
        assert {"metricName", "namespace", "period", "statistic"}.isdisjoint(one)
        [returned] = [query["id"] for query in one["metricQueries"] if query["returnData"]]
        assert returned == "result"
        assert (one["evaluationPeriods"], one["datapointsToAlarm"], one["treatMissingData"]) == (5, 5, "notBreaching")

    def test_a_percentile_waits_for_enough_requests(self, deploy: Deploy) -> None:
        one = alarms(deploy())["latency"].inputs
        assert (one["extendedStatistic"], one["evaluateLowSampleCountPercentiles"]) == ("p95", "ignore")
        assert "statistic" not in one

    def test_those_that_take_a_rollout_back_are_others(self, deploy: Deploy) -> None:
        deployed = deploy(alarms={"rollback": True}, notify=EMAIL)
        guard = alarms(deployed)["deployment"]
        service = deployed.one("ecs/service:Service").inputs
        assert service["alarms"] == {"alarmNames": [guard.name], "enable": True, "rollback": True}
        assert guard.inputs.get("alarmActions", []) == [], "it wakes nobody"
        assert guard.inputs["evaluationPeriods"] == 2

    @pytest.mark.parametrize("wish", [{}, {"rollback": False}, {"enabled": False}])
    def test_without_them_the_service_is_told_that_it_has_none(self, deploy: Deploy, wish: dict[str, bool]) -> None:
        """ECS keeps the alarms of a service that an update does not mention."""
        service = deploy(alarms=wish).one("ecs/service:Service").inputs
        assert service["alarms"] == {"alarmNames": [], "enable": False, "rollback": False}

    @pytest.mark.parametrize("shared", [False, True])
    def test_errors_of_other_services_count_nowhere(self, deploy: Deploy, shared: bool) -> None:
        deployed = deploy(alarms={"rollback": True}, **(SHARED if shared else {}))
        for name in ("errors", "deployment"):
            queries = alarms(deployed)[name].inputs["metricQueries"]
            seen = {query["metric"]["metricName"] for query in queries if "metric" in query}
            assert ("HTTPCode_ELB_5XX_Count" in seen) is not shared, name
        assert ("HTTPCode_ELB_5XX_Count" in deployed.one("dashboard:Dashboard").inputs["dashboardBody"]) is not shared

    def test_the_topic_takes_what_they_and_the_events_say(self, deploy: Deploy) -> None:
        topic = f"arn:aws:sns:eu-central-1:{ACCOUNT}:shop"
        statements = {one["Sid"]: one for one in json.loads(publishers(topic))["Statement"]}
        assert {one["Resource"] for one in statements.values()} == {topic}
        assert statements["Alarms"]["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
        assert statements["Own"]["Condition"] == {"StringEquals": {"aws:SourceOwner": ACCOUNT}}
        assert len(deploy(notify=EMAIL).all("topicPolicy:TopicPolicy")) == 1


class TestDashboard:
    """One page, and its address."""

    def test_everything_is_on_it(self, deploy: Deploy) -> None:
        deployed = deploy()
        assert deployed.outputs["dashboard"] == (
            "https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#dashboards/dashboard/"
            "sluice-test"
        )
        widgets = json.loads(deployed.one("dashboard:Dashboard").inputs["dashboardBody"])["widgets"]
        assert len(widgets[0]["properties"]["alarms"]) == len(alarms(deployed))
        assert [(one["type"], one["properties"]["title"]) for one in widgets] == [
            ("alarm", "Alarms"),
            ("metric", "Requests and errors"),
            ("metric", "Seconds to answer"),
            ("metric", "Targets"),
            ("metric", "Service CPU, %"),
            ("metric", "Service memory, %"),
            ("metric", "Database CPU, %"),
            ("metric", "Database connections"),
            ("metric", "Database, free bytes of storage"),
            ("log", "Errors in the service's log"),
        ]

    def test_what_can_wake_somebody_is_drawn(self, stack: Callable[..., list[AlarmRule]]) -> None:
        """Of every alarm the metrics, with their dimensions: whoever was woken sees how it came to that."""
        drawn = metrics(body("eu-central-1", WATCHED, [], "/sluice/shop/web"))
        for rule in stack():
            for metric in [rule.metric] if rule.metric else rule.metrics.values():
                wanted = (metric.namespace, metric.name, *itertools.chain(*metric.dimensions.items()))
                if metric.name != "MaximumUsedTransactionIDs":  # grows for months: a graph of hours is a flat line
                    assert wanted in drawn, rule.name
        percentiles = [one for one in drawn if "TargetResponseTime" in one]
        assert len(percentiles) == 1

    def test_percentiles_are_three_and_the_log_is_the_services(self) -> None:
        widgets = body("eu-central-1", WATCHED, ["arn:alarm"], "/sluice/shop/web")["widgets"]
        by_title = {one["properties"]["title"]: one["properties"] for one in widgets}
        assert by_title["Alarms"]["alarms"] == ["arn:alarm"]
        assert [one[-1]["stat"] for one in by_title["Seconds to answer"]["metrics"]] == ["p50", "p95", "p99"]
        assert by_title["Errors in the service's log"]["query"].startswith("SOURCE '/sluice/shop/web' | ")
        assert by_title["Targets"]["stat"] == "Minimum"
        assert by_title["Requests and errors"]["stat"] == "Sum"

    def test_widgets_neither_overlap_nor_leave_the_page(self) -> None:
        taken: set[tuple[int, int]] = set()
        for widget in body("eu-central-1", WATCHED, [], "/sluice/shop/web")["widgets"]:
            assert widget["x"] + widget["width"] <= 24
            squares = {
                (widget["x"] + x, widget["y"] + y) for x in range(widget["width"]) for y in range(widget["height"])
            }
            assert taken.isdisjoint(squares), widget["properties"]["title"]
            taken |= squares


class TestAutoscaling:
    """Between min and max, and nobody else has a say."""

    def test_without_a_max_nothing_is_scaled(self, deploy: Deploy) -> None:
        deployed = deploy(service={"min": 3})
        service = deployed.one("ecs/service:Service")
        assert deployed.all("appautoscaling/target:Target") == []
        assert service.inputs["desiredCount"] == 3
        assert service.ignored == ["taskDefinition", "loadBalancers"], "both are the rollout's, desiredCount is not"

    def test_the_number_of_tasks_is_left_to_it(self, deploy: Deploy) -> None:
        deployed = deploy(service={"min": 2, "max": 8, "targetCpu": 50, "targetRequests": 600, "deadline": 3600})
        service = deployed.one("ecs/service:Service")
        assert "desiredCount" in service.ignored
        target = deployed.one("appautoscaling/target:Target").inputs
        assert (target["minCapacity"], target["maxCapacity"]) == (2, 8)
        assert target["resourceId"] == f"service/sluice-test/{service.name}"
        policies = {
            one.inputs["targetTrackingScalingPolicyConfiguration"]["predefinedMetricSpecification"][
                "predefinedMetricType"
            ]: one.inputs["targetTrackingScalingPolicyConfiguration"]
            for one in deployed.all("appautoscaling/policy:Policy")
        }
        assert policies["ECSServiceAverageCPUUtilization"]["targetValue"] == 50
        requests = policies["ALBRequestCountPerTarget"]
        assert requests["targetValue"] == 600
        label = requests["predefinedMetricSpecification"]["resourceLabel"]
        assert label == "app/sluice-test/1/targetgroup/sluice-test/1"
        assert "Count" not in json.dumps(deployed.one("Rollout").inputs), "the gate never says how many"

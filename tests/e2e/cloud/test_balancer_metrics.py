"""What CloudWatch answers about the target groups of a load balancer, after real requests."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from tests.e2e.cloud.shifting import Shifting
from tests.e2e.cloud.stage import Stage, until


@pytest.fixture(scope="module")
def served(stage: Stage) -> Shifting:
    """One version, in the alternate group."""
    made = Shifting(stage)
    definition = stage.task_definition(stage.push("1"), stopTimeout=2)
    made.ended(made.create(definition, {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0}))
    return made


def figure(shift: Shifting, metric: str, statistic: str, group: str, since: datetime.datetime) -> list[float]:
    """The values of one metric of one target group."""
    dimensions = {
        "TargetGroup": group.rpartition(":")[2],
        "LoadBalancer": shift.balancer["LoadBalancerArn"].partition(":loadbalancer/")[2],
    }
    asked: dict[str, Any] = {
        "Id": "m",
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/ApplicationELB",
                "MetricName": metric,
                "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
            },
            "Period": 60,
            "Stat": statistic,
        },
    }
    end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=1)
    found = shift.stage.client("cloudwatch").get_metric_data(MetricDataQueries=[asked], StartTime=since, EndTime=end)
    return [float(value) for value in found["MetricDataResults"][0]["Values"]]


def test_requests_errors_and_times_are_counted_by_target_group(served: Shifting) -> None:
    since = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    answers = [served.ask(path=path) for path in ["/"] * 6 + ["/fail"] * 3 + ["/slow"]]
    assert answers == ["1"] * 6 + ["500"] * 3 + ["1"]
    assert sum(figure(served, "RequestCount", "Sum", served.alternate, since)) == 10
    assert sum(figure(served, "HTTPCode_Target_5XX_Count", "Sum", served.alternate, since)) == 3
    assert sum(figure(served, "HTTPCode_Target_2XX_Count", "Sum", served.alternate, since)) == 7
    assert max(figure(served, "TargetResponseTime", "Maximum", served.alternate, since)) >= 2
    assert min(figure(served, "TargetResponseTime", "p50", served.alternate, since)) < 1
    assert max(figure(served, "TargetResponseTime", "p95", served.alternate, since)) > 0.5
    for metric in ("RequestCount", "HTTPCode_Target_5XX_Count", "TargetResponseTime"):
        assert figure(served, metric, "Sum", served.primary, since) == [], metric
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=1)
    assert figure(served, "RequestCount", "Sum", served.alternate, later) == []


def test_healthy_and_unhealthy_hosts_are_counted(served: Shifting) -> None:
    since = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    assert figure(served, "HealthyHostCount", "Minimum", served.alternate, since) == [1.0]
    assert figure(served, "UnHealthyHostCount", "Maximum", served.alternate, since) == [0.0]
    served.stage.elb.register_targets(TargetGroupArn=served.primary, Targets=[{"Id": "10.255.255.1", "Port": 8080}])
    until(lambda: 1.0 in figure(served, "UnHealthyHostCount", "Maximum", served.primary, since), 60)
    served.stage.elb.deregister_targets(TargetGroupArn=served.primary, Targets=[{"Id": "10.255.255.1", "Port": 8080}])
    served.delete()

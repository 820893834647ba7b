"""Alarms of CloudWatch, described as data before they are resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

PERIOD = 60
"""Seconds of one datapoint."""

RESULT = "result"


@dataclass(frozen=True)
class Metric:
    """One CloudWatch metric.

    Attributes:
        statistic: `Sum`, `Minimum`, … or a percentile like `p95`.
        dimensions: which one of its kind.
    """

    namespace: str
    name: str
    statistic: str
    dimensions: Mapping[str, pulumi.Input[str]]


@dataclass(frozen=True)
class Rule:
    """When to wake somebody.

    Attributes:
        name: short, a word or two.
        what: has happened, as one sentence.
        above, below: the threshold; exactly one of them.
        minutes: in a row that it lasts.
        metric: what is looked at; or a formula over several, by the names that it uses.
        silence_is_bad: whether no datapoint means the worst, otherwise it means that nothing happened.
    """

    name: str
    what: str
    minutes: int
    metric: Metric | None = None
    formula: str = ""
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    above: float | None = None
    below: float | None = None
    silence_is_bad: bool = False


RUNBOOK = "docs/alarms.md"


def alarm(
    name: str, rule: Rule, topic: pulumi.Input[str] | None, opts: pulumi.ResourceOptions
) -> aws.cloudwatch.MetricAlarm:
    """The resource for a rule, which tells the topic when it goes off and when it is over."""
    told = [topic] if topic is not None else []
    return aws.cloudwatch.MetricAlarm(
        f"{name}-{rule.name}",
        alarm_description=f"{rule.what} Runbook: {RUNBOOK} ({rule.name}).",
        comparison_operator="GreaterThanThreshold" if rule.above is not None else "LessThanThreshold",
        threshold=rule.above if rule.above is not None else rule.below,
        evaluation_periods=rule.minutes,
        datapoints_to_alarm=rule.minutes,
        # Counts are reported only where there is something to count: silence is no news, unless said.
        treat_missing_data="breaching" if rule.silence_is_bad else "notBreaching",
        alarm_actions=told,
        ok_actions=told,
        opts=opts,
        **(_measured(rule.metric) if rule.metric else {"metric_queries": _queries(rule)}),
    )


def _measured(metric: Metric) -> dict[str, Any]:
    percentile = metric.statistic.startswith("p")
    return {
        "namespace": metric.namespace,
        "metric_name": metric.name,
        "dimensions": dict(metric.dimensions),
        "period": PERIOD,
        "extended_statistic" if percentile else "statistic": metric.statistic,
        # A percentile of a handful of requests says nothing.
        **({"evaluate_low_sample_count_percentiles": "ignore"} if percentile else {}),
    }


def _queries(rule: Rule) -> list[dict[str, Any]]:
    """The formula, whose value counts, and what it is made of ("Using metric math" in the Amazon CloudWatch user
    guide)."""
    parts = [
        {
            "id": letter,
            "return_data": False,
            "metric": {
                "namespace": metric.namespace,
                "metric_name": metric.name,
                "dimensions": dict(metric.dimensions),
                "period": PERIOD,
                "stat": metric.statistic,
            },
        }
        for letter, metric in rule.metrics.items()
    ]
    return [{"id": RESULT, "expression": rule.formula, "label": rule.name, "return_data": True}, *parts]

"""CloudWatch alarms: rules as plain data, and the resources for them."""

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
        dimensions: name to value.
    """

    namespace: str
    name: str
    statistic: str
    dimensions: Mapping[str, pulumi.Input[str]]


@dataclass(frozen=True)
class AlarmRule:
    """The rule of an alarm.

    Attributes:
        name: one or two words.
        what: the event, as one sentence.
        minutes: consecutive minutes beyond the threshold.
        metric: the metric, where the rule has no formula.
        formula: metric math over `metrics`.
        metrics: the metrics of the formula, by their names in it.
        above, below: the threshold; exactly one of them.
        silence_is_bad: whether a missing datapoint raises the alarm; otherwise it means that nothing happened.
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
    name: str, rule: AlarmRule, topic: pulumi.Input[str] | None, opts: pulumi.ResourceOptions
) -> aws.cloudwatch.MetricAlarm:
    """Return the alarm of a rule, which notifies the topic when it is raised and when it clears."""
    actions = [topic] if topic is not None else []
    return aws.cloudwatch.MetricAlarm(
        f"{name}-{rule.name}",
        alarm_description=f"{rule.what} Runbook: {RUNBOOK} ({rule.name}).",
        comparison_operator="GreaterThanThreshold" if rule.above is not None else "LessThanThreshold",
        threshold=rule.above if rule.above is not None else rule.below,
        evaluation_periods=rule.minutes,
        datapoints_to_alarm=rule.minutes,
        # A count without events has no datapoint, so a missing one does not raise the alarm, unless the rule says so.
        treat_missing_data="breaching" if rule.silence_is_bad else "notBreaching",
        alarm_actions=actions,
        ok_actions=actions,
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
        # A percentile of a few requests is not meaningful.
        **({"evaluate_low_sample_count_percentiles": "ignore"} if percentile else {}),
    }


def _queries(rule: AlarmRule) -> list[dict[str, Any]]:
    """Return the queries of the formula and of its metrics ("Using metric math" in the Amazon CloudWatch user
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

"""Rules: somebody is notified of trouble."""

from __future__ import annotations

from collections.abc import Iterator

from .rule import PolicyRule, RuleScope, Violation
from .stack import StackGraph, StackResource, listed, mappings

ALARM = "aws:cloudwatch:MetricAlarm"

WATCHED = {
    "the share of requests that fail": ("HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count"),
    "how long users wait": ("TargetResponseTime",),
    "targets that are not healthy": ("UnHealthyHostCount", "HealthyHostCount"),
}
"""What must be monitored of every service, and the metrics that show it."""

WATCHED_DATABASE = {
    "the database's free storage": ("FreeStorageSpace",),
    "the database's CPU": ("CPUUtilization",),
    "the database's connections": ("DatabaseConnections",),
}
"""What must be monitored of every database."""

TOPIC = "aws:sns:Topic"


def metrics(alarm: StackResource) -> set[str]:
    """Return the metrics of an alarm, alone or in an expression; those of AWS/ECS do not count as a database's."""
    found = {(alarm.get("namespace"), alarm.get("metricName"))}
    for query in mappings(alarm.get("metricQueries")):
        metric = query.get("metric")
        if metric:
            found.add((metric.get("namespace"), metric.get("metricName")))
    return {str(name) for namespace, name in found if name and namespace != "AWS/ECS"}


def _watched(stack: StackGraph) -> Iterator[Violation]:
    seen = {name for alarm in stack.of(ALARM) for name in metrics(alarm)}
    wanted = {} if not stack.of("aws:ecs:Service") else dict(WATCHED)
    if stack.of("aws:rds:Instance"):
        wanted |= WATCHED_DATABASE
    for what, names in wanted.items():
        if not seen & set(names):
            yield Violation(None, f"no alarm watches {what} ({' or '.join(names)})")


def _failed_migrations(stack: StackGraph) -> Iterator[Violation]:
    notified = {
        urn
        for one in stack.of("aws:cloudwatch:EventTarget")
        for urn in stack.behind(one, "rule", "aws:cloudwatch:EventRule")
    }
    watching = [one for one in stack.of("aws:cloudwatch:EventRule") if "ECS Task" in str(one.get("eventPattern"))]
    if not any(one.urn in notified for one in watching):
        yield Violation(None, "no event rule reports a failed migration task")


def _reach(stack: StackGraph) -> Iterator[Violation]:
    for alarm in stack.of(ALARM):
        # An alarm that only stops a deployment is for ECS, and need not notify anybody.
        silent = not listed(alarm.get("alarmActions")) or alarm.get("actionsEnabled") is False
        if silent and "deployment" not in alarm.name:
            yield Violation(alarm.urn, "tells nobody")
    subscribed = {urn for one in stack.of("aws:sns:TopicSubscription") for urn in stack.behind(one, "topic", TOPIC)}
    for topic in stack.of(TOPIC):
        if topic.urn not in subscribed:
            yield Violation(topic.urn, "it has no subscriber")


RULES = [
    PolicyRule(
        "alarms",
        "Failing requests, slow answers, unhealthy targets and a database short of resources raise an alarm",
        "leave the setting `alarms` on",
        RuleScope.PRODUCTION,
        whole=_watched,
    ),
    PolicyRule(
        "failed-migration-alarm",
        "A failed migration is reported, whoever ran it",
        "leave the setting `alarms` on",
        RuleScope.PRODUCTION,
        whole=_failed_migrations,
    ),
    PolicyRule(
        "alarms-reach-someone",
        "Alarms reach a person",
        "notify.email, or notify.topic",
        RuleScope.PRODUCTION,
        whole=_reach,
    ),
]

"""The load balancer's figures for each target group, as CloudWatch answers them.

AWS, "CloudWatch metrics for your Application Load Balancer" (ELB user guide): RequestCount, HTTPCode_Target_2XX_Count
to _5XX_Count, TargetResponseTime (seconds until the target begins to answer), TargetConnectionErrorCount,
HealthyHostCount, UnHealthyHostCount in the namespace AWS/ApplicationELB, by TargetGroup and LoadBalancer and, but for
the hosts, by LoadBalancer alone; a count is reported only where it is not zero. AWS reports once a minute; here a
figure is there at once, so that a question about the last seconds is answered. Alarms do not follow these figures:
SetAlarmState says how an alarm stands. MiniStack counts nothing.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import alb, cloudwatch

from emulator.cloud.correction import Correction
from emulator.cloud.elb.health import State
from emulator.cloud.elb.registered import Registered
from emulator.cloud.replace import replace
from emulator.cloud.settings import Settings

NAMESPACE = "AWS/ApplicationELB"
KEPT_SECONDS = 3 * 3600.0
_ASKING = ("_get_metric_data", "_get_metric_statistics", "_list_metrics")
_points: Any = AccountRegionScopedDict()
_lock = threading.Lock()
_before_asking: list[Callable[[], None]] = []


def install(settings: Settings) -> None:
    """Show the figures to whoever asks CloudWatch for metrics."""
    for name in _ASKING:
        replace(cloudwatch, name, _shown(getattr(cloudwatch, name)))


CORRECTION = Correction(
    rule="CloudWatch has the load balancer's figures for each target group.",
    fault="The load balancer counts nothing, and CloudWatch has no such metric.",
    ministack="1.5.33",
    install=install,
)


def answered(group: str, status: int | None, seconds: float) -> None:
    """Count one request to a target of a group.

    Args:
        group: the target group's ARN.
        status: what the target answered; None when no connection to it came about.
        seconds: until it began to answer.
    """
    for dimensions in _dimensions(group):
        _count("RequestCount", dimensions, 1.0)
        if status is None:
            _count("TargetConnectionErrorCount", dimensions, 1.0)
        else:
            _count(f"HTTPCode_Target_{status // 100}XX_Count", dimensions, 1.0)
            _count("TargetResponseTime", dimensions, float(f"{seconds:.2g}"), "Seconds")


def hosts(registered: Registered, group: str) -> None:
    """Count the healthy and the unhealthy targets of a group as they are now."""
    states = [target.health.state for target in registered.of(group)]
    for dimensions in _dimensions(group):
        if "TargetGroup" in dimensions and states:
            _count("HealthyHostCount", dimensions, float(states.count(State.HEALTHY)))
            _count("UnHealthyHostCount", dimensions, float(states.count(State.UNHEALTHY)))


def every_group(registered: Registered) -> None:
    """From now on count the hosts of every group of the account before a question is answered."""

    def count() -> None:
        for group in list(alb._tgs):
            hosts(registered, group)

    _before_asking.append(count)


def _dimensions(group: str) -> Iterator[dict[str, str]]:
    record = alb._tgs.get(group)
    for balancer in (record or {}).get("LoadBalancerArns") or ():
        name = {"LoadBalancer": balancer.partition(":loadbalancer/")[2]}
        yield {"TargetGroup": group.rpartition(":")[2], **name}
        yield name


def _count(metric: str, dimensions: dict[str, str], value: float, unit: str = "Count") -> None:
    """Add one observation. Equal ones of a tenth of a second are one point: a load test must not fill the memory."""
    now = time.time()
    key = (NAMESPACE, metric, cloudwatch._dims_key(dimensions))
    with _lock:
        points = _points.get(key)
        if points is None:
            points = _points[key] = []
        moment = int(now * 10) / 10
        for point in reversed(points):
            if point["Timestamp"] != moment:
                break
            if point["Value"] == value:
                point["Count"] += 1.0
                return
        points.append({"Timestamp": moment, "Value": value, "Count": 1.0, "Unit": unit, "Dimensions": dimensions})
        if points[0]["Timestamp"] < now - KEPT_SECONDS:
            points[:] = [point for point in points if point["Timestamp"] >= now - KEPT_SECONDS / 2]


def _shown(ask: Callable[..., Any]) -> Callable[..., Any]:
    def asked(*arguments: Any, **named: Any) -> Any:
        with _published():
            return ask(*arguments, **named)

    return asked


@contextlib.contextmanager
def _published() -> Iterator[None]:
    """The figures are among MiniStack's metrics while one question is answered, and no alarm of its sees them."""
    for refresh in _before_asking:
        refresh()
    with _lock:
        shown = {key: list(points) for key, points in _points.items()}
    before = {key: cloudwatch._metrics.get(key) for key in shown}
    for key, points in shown.items():
        cloudwatch._metrics[key] = [*(before[key] or ()), *points]
    try:
        yield
    finally:
        for key, own in before.items():
            if own is None:
                del cloudwatch._metrics[key]
            else:
                cloudwatch._metrics[key] = own

"""What a load balancer measures of a service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi

from components.monitoring.alarm import AlarmRule, Metric

NAMESPACE = "AWS/ApplicationELB"


def metric(
    name: str, statistic: str, load_balancer: pulumi.Input[str], target_group: pulumi.Input[str] | None = None
) -> Metric:
    """A metric of the target group's, or of the load balancer alone ("CloudWatch metrics for your Application Load
    Balancer" in the Elastic Load Balancing user guide). Both are named by the last parts of their ARNs."""
    where = {"LoadBalancer": load_balancer}
    return Metric(NAMESPACE, name, statistic, where if target_group is None else {**where, "TargetGroup": target_group})


def of_groups(
    name: str,
    statistic: str,
    function: str,
    load_balancer: pulumi.Input[str],
    target_groups: Sequence[pulumi.Input[str]],
) -> dict[str, Any]:
    """What an alarm measures of the service's target groups, as arguments of AlarmRule: the metric of one group, or a
    formula over two.

    Args:
        function: of metric math, which makes one number of two: MAX or SUM.
    """
    found = [metric(name, statistic, load_balancer, group) for group in target_groups]
    if len(found) == 1:
        return {"metric": found[0]}
    metrics = dict(zip("pq", found, strict=True))
    return {"formula": f"{function}([{', '.join(f'FILL({one}, 0)' for one in metrics)}])", "metrics": metrics}


def errors(
    name: str,
    percent: int,
    floor: int,
    minutes: int,
    load_balancer: pulumi.Input[str],
    target_groups: Sequence[pulumi.Input[str]],
    *,
    shared: bool,
) -> AlarmRule:
    """Answers with a 5xx, of all answers; of both target groups, where the service has two.

    Counts the load balancer's own 5xx too, as a target that does not answer has no 5xx to count. RequestCount counts
    only requests that reached a target, so the load balancer's are added to the total.

    shared: whether the load balancer serves other services too. HTTPCode_ELB_5XX_Count has no dimension of a target
    group, so it would count their errors: it is left out, and a service that does not answer is noticed by its
    unhealthy targets only.
    """
    primary, *alternate = target_groups
    failed, asked = "FILL(t, 0)", "FILL(r, 0)"  # counts are reported only where there are any
    metrics = {"t": metric("HTTPCode_Target_5XX_Count", "Sum", load_balancer, primary)}
    if not shared:
        failed, asked = f"{failed} + FILL(b, 0)", f"{asked} + FILL(b, 0)"
        metrics["b"] = metric("HTTPCode_ELB_5XX_Count", "Sum", load_balancer)
    metrics["r"] = metric("RequestCount", "Sum", load_balancer, primary)
    for group in alternate:
        failed, asked = f"{failed} + FILL(u, 0)", f"{asked} + FILL(s, 0)"
        metrics["u"] = metric("HTTPCode_Target_5XX_Count", "Sum", load_balancer, group)
        metrics["s"] = metric("RequestCount", "Sum", load_balancer, group)
    return AlarmRule(
        name,
        f"More than {percent} % of the answers have been a 5xx for {minutes} minutes.",
        minutes=minutes,
        formula=f"IF({asked} > {floor}, 100 * ({failed}) / ({asked}), 0)",
        metrics=metrics,
        above=percent,
    )

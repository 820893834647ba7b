"""What a load balancer measures of a service."""

from __future__ import annotations

import pulumi

from components.monitoring.alarm import Metric, Rule

NAMESPACE = "AWS/ApplicationELB"


def metric(
    name: str, statistic: str, load_balancer: pulumi.Input[str], target_group: pulumi.Input[str] | None = None
) -> Metric:
    """A metric of the target group's, or of the load balancer alone ("CloudWatch metrics for your Application Load
    Balancer" in the Elastic Load Balancing user guide). Both are named by the last parts of their ARNs."""
    where = {"LoadBalancer": load_balancer}
    return Metric(NAMESPACE, name, statistic, where if target_group is None else {**where, "TargetGroup": target_group})


def errors(
    name: str,
    percent: int,
    floor: int,
    minutes: int,
    load_balancer: pulumi.Input[str],
    target_group: pulumi.Input[str],
    *,
    shared: bool,
) -> Rule:
    """Answers with a 5xx, of all answers.

    Counts the load balancer's own 5xx too, as a target that does not answer has no 5xx to count. RequestCount counts
    only requests that reached a target, so the load balancer's are added to the total.

    shared: whether the load balancer serves other services too. HTTPCode_ELB_5XX_Count has no dimension of a target
    group, so it would count their errors: it is left out, and a service that does not answer is noticed by its
    unhealthy targets only.
    """
    failed, asked = "FILL(t, 0)", "FILL(r, 0)"  # counts are reported only where there are any
    metrics = {"t": metric("HTTPCode_Target_5XX_Count", "Sum", load_balancer, target_group)}
    if not shared:
        failed, asked = f"{failed} + FILL(b, 0)", f"{asked} + FILL(b, 0)"
        metrics["b"] = metric("HTTPCode_ELB_5XX_Count", "Sum", load_balancer)
    metrics["r"] = metric("RequestCount", "Sum", load_balancer, target_group)
    return Rule(
        name,
        f"More than {percent} % of the answers have been a 5xx for {minutes} minutes.",
        minutes=minutes,
        formula=f"IF({asked} > {floor}, 100 * ({failed}) / ({asked}), 0)",
        metrics=metrics,
        above=percent,
    )

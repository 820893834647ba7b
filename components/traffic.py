"""What a load balancer measures of a service."""

from __future__ import annotations

import pulumi

from components.alarm import Metric, Rule

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
) -> Rule:
    """Answers with a 5xx, of all answers.

    The load balancer's own are among them: a target that does not answer has no 5xx to count. RequestCount counts only
    requests that reached a target, so theirs are added below the line too.
    """
    asked = "FILL(r, 0) + FILL(b, 0)"  # counts are reported only where there are any
    return Rule(
        name,
        f"More than {percent} % of the answers have been a 5xx for {minutes} minutes.",
        minutes=minutes,
        formula=f"IF({asked} > {floor}, 100 * (FILL(t, 0) + FILL(b, 0)) / ({asked}), 0)",
        metrics={
            "t": metric("HTTPCode_Target_5XX_Count", "Sum", load_balancer, target_group),
            "b": metric("HTTPCode_ELB_5XX_Count", "Sum", load_balancer),
            "r": metric("RequestCount", "Sum", load_balancer, target_group),
        },
        above=percent,
    )

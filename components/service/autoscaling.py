"""How many tasks the service has, as its load asks for."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

Tracking = aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs
Specification = aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs
NAMESPACE, DIMENSION = "ecs", "ecs:service:DesiredCount"
OUT_SECONDS, IN_SECONDS = 60, 300
"""Pauses after tasks were added, and after some were taken away: more come quickly, they go slowly."""


@dataclass(frozen=True)
class AutoscalingArgs:
    """cluster, service: names. least, most: tasks. cpu: percentage that the tasks should use on average. requests: a
    minute and task that they should answer; None: not looked at. load_balancer, target_group: names in CloudWatch."""

    cluster: pulumi.Input[str]
    service: pulumi.Input[str]
    least: int
    most: int
    cpu: int
    requests: int | None
    load_balancer: pulumi.Input[str]
    target_group: pulumi.Input[str]


class Autoscaling(pulumi.ComponentResource):
    """Target tracking on CPU and on requests per task; of two policies the one that wants more tasks wins.

    While ECS deploys, tasks are added and none taken away ("Service auto scaling and deployments" in the Amazon ECS
    developer guide), and a rollout never says how many there should be: neither disturbs the other.
    """

    def __init__(self, name: str, args: AutoscalingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:components:Autoscaling", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        target = aws.appautoscaling.Target(
            name,
            service_namespace=NAMESPACE,
            resource_id=pulumi.Output.concat("service/", args.cluster, "/", args.service),
            scalable_dimension=DIMENSION,
            min_capacity=args.least,
            max_capacity=args.most,
            opts=child,
        )
        metrics = {"cpu": (args.cpu, Specification(predefined_metric_type="ECSServiceAverageCPUUtilization"))}
        if args.requests is not None:
            label = pulumi.Output.concat(args.load_balancer, "/", args.target_group)
            metrics["requests"] = (
                args.requests,
                Specification(predefined_metric_type="ALBRequestCountPerTarget", resource_label=label),
            )
        for kind, (value, metric) in metrics.items():
            aws.appautoscaling.Policy(
                f"{name}-{kind}",
                policy_type="TargetTrackingScaling",
                service_namespace=target.service_namespace,
                resource_id=target.resource_id,
                scalable_dimension=target.scalable_dimension,
                target_tracking_scaling_policy_configuration=Tracking(
                    target_value=value,
                    predefined_metric_specification=metric,
                    scale_out_cooldown=OUT_SECONDS,
                    scale_in_cooldown=IN_SECONDS,
                    disable_scale_in=False,
                ),
                opts=child,
            )
        self.register_outputs({})

"""How many tasks the service has, as its load asks for."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

Tracking = aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs
Specification = aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs
NAMESPACE, DIMENSION = "ecs", "ecs:service:DesiredCount"
OUT_SECONDS, IN_SECONDS = 60, 300
"""Cooldowns after a scale-out and after a scale-in, in seconds: tasks are added quickly and removed slowly."""


@dataclass(frozen=True)
class AutoscalingArgs:
    """Inputs of Autoscaling.

    Attributes:
        cluster, service: names.
        least, most: number of tasks.
        cpu: average CPU utilization to aim for, in percent.
        requests: per minute and task to aim for; None: CPU alone.
        load_balancer, target_group: names in CloudWatch.
    """

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

    During a deployment ECS scales out and never in ("Service auto scaling and deployments" in the Amazon ECS developer
    guide), and a rollout does not set the number of tasks: neither disturbs the other.
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

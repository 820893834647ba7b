"""Notifies the topic of a deployment that nobody let go on: ECS rolls it back."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True)
class PauseTimedOutArgs:
    """Inputs of PauseTimedOut.

    Attributes:
        cluster: ARN.
        topic: ARN.
    """

    cluster: pulumi.Input[str]
    topic: pulumi.Input[str]


class PauseTimedOut(pulumi.ComponentResource):
    """An EventBridge rule for pauses of the service's deployments that timed out.

    Either the deployer was killed, or the deployment came from outside the gate. The gate itself notifies the topic of
    the deployments that it rolls back.
    """

    def __init__(self, name: str, args: PauseTimedOutArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:infra:PauseTimedOut", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        rule = aws.cloudwatch.EventRule(
            f"{name}-pause",
            description=f"Deployments of {name} that nobody continued",
            event_pattern=pulumi.Output.from_input(args.cluster).apply(lambda arn: pattern(arn, name)),
            opts=child,
        )
        aws.cloudwatch.EventTarget(
            f"{name}-pause",
            rule=rule.name,
            target_id="topic",
            arn=args.topic,
            input_transformer={
                "input_paths": {
                    "deployment": "$.detail.serviceDeploymentArn",
                    "stage": "$.detail.lifecycleStage",
                },
                "input_template": json.dumps(
                    f"A deployment of {name} was rolled back: nobody continued it at <stage>. Either its deployer was"
                    " killed, or it was not the gate's. Deployment <deployment>. Runbook:"
                    " docs/strategies.md#a-pause-that-timed-out"
                ),
            },
            opts=child,
        )
        self.register_outputs({"rule": rule.name})


def pattern(cluster: str, name: str) -> str:
    """Return the event pattern ("Amazon ECS hook state change events" in the Amazon ECS developer guide).

    Args:
        cluster: ARN.
        name: how the service's name begins; other services of a shared cluster do not count.
    """
    services = f"{cluster.replace(':cluster/', ':service/')}/{name}-"
    return json.dumps(
        {
            "source": ["aws.ecs"],
            "detail-type": ["ECS Hook State Change"],
            "detail": {
                "clusterArn": [cluster],
                "serviceArn": [{"prefix": services}],
                "hookType": ["PAUSE"],
                "eventName": ["HOOK_TIMED_OUT"],
            },
        }
    )

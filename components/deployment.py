"""Moves the service to the revision that the gate let through, and says whether that worked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from gate.plugin import sdk as gate


@dataclass(frozen=True)
class SmokeRequest:
    """path: asked below the service's URL. status: that counts as an answer. timeout: seconds of one request."""

    path: str
    status: int
    timeout: int


@dataclass(frozen=True)
class DeploymentArgs:
    """task_definition: what the gate let through. image: its reference by digest. deadline: seconds until a rollout
    that has not completed has failed. shape: hash of the service's other settings that start a deployment."""

    cluster: pulumi.Input[str]
    service: pulumi.Input[str]
    task_definition: pulumi.Input[str]
    image: pulumi.Input[str]
    url: pulumi.Input[str]
    smoke: SmokeRequest
    deadline: int
    target_group_arns: Sequence[pulumi.Input[str]]
    shape: pulumi.Input[str]


class Deployment(pulumi.ComponentResource):
    """A rollout, watched to its end: completed by its own id, every target healthy, the smoke request answered.

    Outputs: deployment_id (ECS'), task_definition (the revision that now serves), image (likewise, by digest),
    completed_at (ISO 8601).
    """

    deployment_id: pulumi.Output[str]
    task_definition: pulumi.Output[str]
    image: pulumi.Output[str]
    completed_at: pulumi.Output[str]

    def __init__(self, name: str, args: DeploymentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:components:Deployment", name, None, opts)
        rollout = gate.Rollout(
            name,
            cluster=args.cluster,
            service=args.service,
            task_definition=args.task_definition,
            deadline=args.deadline,
            target_groups=list(args.target_group_arns),
            smoke={
                "url": pulumi.Output.concat(args.url, args.smoke.path),
                "status": args.smoke.status,
                "timeout": args.smoke.timeout,
            },
            image_digest=args.image,
            shape=args.shape,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.deployment_id = rollout.deployment_id
        self.task_definition = rollout.task_definition
        self.image = rollout.image_digest
        self.completed_at = rollout.completed_at
        self.register_outputs(
            {"deploymentId": self.deployment_id, "taskDefinition": self.task_definition, "image": self.image}
        )

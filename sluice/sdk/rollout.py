"""A rollout as a Pulumi resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from sluice.sdk.definition import properties


class Rollout(pulumi.CustomResource):
    """Deploys a revision to an ECS service and is done only when it is proven healthy.

    Args:
        cluster: cluster ARN.
        service: service name or ARN.
        task_definition: revision ARN, as MigrationRun let it through.
        image_digest: ``repository@sha256:…`` of that revision.
        deadline: seconds for the whole rollout.
        target_groups: ARNs whose targets must all be healthy.
        smoke: ``{"url", "address" (to connect to, in place of the URL's host), "host" (header), "status", "timeout"
            (seconds), "attempts", "answers", "body", "json" (dotted path to value), "versionHeader", "version",
            "task"}``; None sends no request. The task asks in place of the deployer, here and in the soak:
            ``{"command", "taskDefinition", "container", "subnets", "securityGroups", "assignPublicIp" (bool)}``.
        soak: ``{"seconds", "url", "timeout"}``: how long the version that serves must first stay healthy on the new
            schema; it is asked at the path that it answered when it was proven. An empty URL asks nothing; None soaks
            not at all.
        database: identity of the database, as MigrationRun's: when it is another one than before, nothing is soaked.
        shape: changes whenever something else about the service starts a deployment.
        network: the service's, ``{"subnets", "securityGroups", "assignPublicIp" (bool)}``. ECS restores the former
            network together with the former revision, so the rollout sends it again.
        platform_version: of Fargate, as the service declares it; sent again like the network.
        load_balancers: of the service, as UpdateService takes them; sent again like the network.
        records: SSM path (``/sluice/PROJECT/STACK``) below which releases and the rollout under way are written down.
        holds: SSM path of the held images, which are refused.
        rollback: an earlier release is to serve again: the one that it replaces is held.
        retain: whether the records outlive the resource; true unless said.
        topic: ARN of the SNS topic that is told of a failure.
        keep: ``{"repository" (name), "registry" (account), "stack", "images"}``: the release and these images are
            tagged in ECR as in use, so that a lifecycle policy can keep them; None tags nothing.
        proof: MigrationRun's output ``run``: the service is not moved when somebody else's run has begun since, or one
            that may have changed the schema.
        names: ``{"version", "revision"}`` of the image, for the records; no change by themselves.
        strategy: how ECS shifts traffic, where it is not rolling: ``{"kind" (blueGreen, canary, linear),
            "productionRule" (ARN), "testRule" (ARN), "targetGroups" (ARNs: primary, alternate), "testHeader",
            "approve" (automatic, manual), "guard" (bool), "pauseMinutes", "stepPercent", "stepMinutes",
            "bakeMinutes", "proof", "analysis", "suffixes"}``. The test header is ``{"name", "value"}``. The proof is a
            task that asks the new version: ``{"command", "timeout" (seconds), "taskDefinition", "container", "subnets",
            "securityGroups", "assignPublicIp" (bool)}``; None runs none. The analysis judges each step of canary and
            linear: ``{"minRequests", "errorPercent", "latencyFactor"}``. The suffixes are CloudWatch's names:
            ``{"loadBalancer", "targetGroups" (two)}``. None: rolling.

    Attributes:
        task_definition: the revision that serves.
        deployment_id: ECS's id of the deployment that brought it.
        image_digest: as given.
        previous_task_definition: the revision that served before; empty on a first deployment.
        completed_at: when it was proven, ISO 8601 in UTC.
    """

    def __init__(
        self,
        name: str,
        *,
        cluster: pulumi.Input[str],
        service: pulumi.Input[str],
        task_definition: pulumi.Input[str],
        image_digest: pulumi.Input[str],
        deadline: pulumi.Input[int],
        target_groups: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        smoke: pulumi.Input[Mapping[str, Any]] | None = None,
        soak: pulumi.Input[Mapping[str, Any]] | None = None,
        database: pulumi.Input[str] | None = None,
        shape: pulumi.Input[str] | None = None,
        network: pulumi.Input[Mapping[str, Any]] | None = None,
        platform_version: pulumi.Input[str] | None = None,
        load_balancers: pulumi.Input[Sequence[Mapping[str, Any]]] | None = None,
        records: pulumi.Input[str] | None = None,
        holds: pulumi.Input[str] | None = None,
        rollback: bool = False,
        retain: pulumi.Input[bool] | None = None,
        topic: pulumi.Input[str | None] | None = None,
        keep: pulumi.Input[Mapping[str, Any] | None] | None = None,
        proof: pulumi.Input[int] | None = None,
        names: pulumi.Input[Mapping[str, str]] | None = None,
        strategy: pulumi.Input[Mapping[str, Any] | None] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        given = locals() | {
            "target_groups": target_groups or [],
            "rollback": rollback or None,
        }
        props = properties(Rollout, given, ("deploymentId", "previousTaskDefinition", "completedAt"))
        super().__init__("gate:index:Rollout", name, props, opts)
        self.task_definition: pulumi.Output[str] = pulumi.get(self, "taskDefinition")
        self.deployment_id: pulumi.Output[str] = pulumi.get(self, "deploymentId")
        self.image_digest: pulumi.Output[str] = pulumi.get(self, "imageDigest")
        self.previous_task_definition: pulumi.Output[str] = pulumi.get(self, "previousTaskDefinition")
        self.completed_at: pulumi.Output[str] = pulumi.get(self, "completedAt")

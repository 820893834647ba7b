"""A rollout as a Pulumi resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi


class Rollout(pulumi.CustomResource):
    """Deploys a revision to an ECS service and is done only when it is proven healthy.

    Args:
        cluster: cluster ARN.
        service: service name or ARN.
        task_definition: revision ARN, as MigrationRun let it through.
        image_digest: ``repository@sha256:…`` of that revision.
        deadline: seconds for the whole rollout.
        target_groups: ARNs whose targets must all be healthy.
        smoke: ``{"url", "status", "timeout" (seconds), "attempts"}``; None sends no request.
        shape: changes whenever something else about the service starts a deployment.

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
        shape: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {
            "cluster": cluster,
            "service": service,
            "taskDefinition": task_definition,
            "imageDigest": image_digest,
            "deadline": deadline,
            "targetGroups": target_groups or [],
            "smoke": smoke,
            "shape": shape,
            "deploymentId": None,
            "previousTaskDefinition": None,
            "completedAt": None,
        }
        super().__init__("gate:index:Rollout", name, props, opts)
        self.task_definition: pulumi.Output[str] = pulumi.get(self, "taskDefinition")
        self.deployment_id: pulumi.Output[str] = pulumi.get(self, "deploymentId")
        self.image_digest: pulumi.Output[str] = pulumi.get(self, "imageDigest")
        self.previous_task_definition: pulumi.Output[str] = pulumi.get(self, "previousTaskDefinition")
        self.completed_at: pulumi.Output[str] = pulumi.get(self, "completedAt")

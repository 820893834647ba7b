"""An image's migrations as a Pulumi resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from sluice.sdk.definition import properties


class MigrationRun(pulumi.CustomResource):
    """Runs an image's migration steps as one-off Fargate tasks and lets its service task definition through.

    Give :attr:`service_task_definition`, never the TaskDefinition's own ARN, to whatever deploys the service: then no
    partial update (``--target``) can go around the gate.

    Args:
        cluster: cluster ARN.
        task_definition: revision ARN of the migration task.
        container: the container whose command a step replaces.
        service_task_definition: revision ARN to let through.
        network: ``{"subnets": […], "securityGroups": […], "assignPublicIp": bool}``.
        steps: ``{"name", "command", "phase", "timeout" (seconds), "attempts", "shards", "environment"}`` each; a step
            with an image or secrets of its own adds ``{"taskDefinition", "container", "image", "secrets"}``, and a
            step whose task definition replaces the image's entrypoint says it as ``"entryPoint"``.
        image_digest: ``repository@sha256:…``.
        database: the database's own identity (RDS: ``resourceId``).
        environment, secrets: of the migration task, as written there; a change runs the steps again.
        records: SSM path of the run records, ``/sluice/PROJECT/STACK/runs``.
        phase: which steps this run takes, ``before`` or ``after`` the rollout.
        after_service: ``{"service", "taskDefinition"}``; runs once no task of another revision is left.
        retain: keep records and revisions when the resource is deleted.
        snapshot: ``{"instance" or "cluster" (identifier), "keep", "timeout" (seconds), "pending" (command),
            "taskDefinition" (that the command runs as), "copyTo" (``{"role", "key"}``: ARNs in another account, which
            gets a copy)}``; it is taken before the first step, unless the image's command ``pending`` exits with 0.
        topic: ARN of the SNS topic that is told of a failure.
        deadline: seconds for the snapshot and all steps together; 0 for none but their own.
        holds: SSM path of the held images, whose steps are not run.
        rollback: an earlier release is to serve again: its revision is let through, and no step runs.
        service_secrets: name to ``valueFrom`` of the service's secrets that are known before its revision is; a preview
            looks whether they exist, and a run reads their values for the JSON keys that they mean, where it may.
        target_groups: ARNs of the service's target groups, to which a listener must forward before anything runs.
        architecture: ECS's name of the tasks' CPU (``X86_64``, ``ARM64``); a preview compares the image's.
        names: ``{"version", "revision"}`` of the image, for the records; no change by themselves.
        trusted: ARNs of KMS keys, one of which must have signed the image before anything runs; none: nobody needs to.

    Attributes:
        service_task_definition: the revision that this image's migrations let through.
        results: per step: name, tasks, exitCodes, attempts, seconds, logStreams.
        run: number of the run record that proves it.
        fingerprint: what the steps ran for.
        snapshot_name: the snapshot that was taken before them; empty when none was.
    """

    def __init__(
        self,
        name: str,
        *,
        cluster: pulumi.Input[str],
        task_definition: pulumi.Input[str],
        container: pulumi.Input[str],
        service_task_definition: pulumi.Input[str],
        network: pulumi.Input[Mapping[str, Any]],
        steps: pulumi.Input[Sequence[Mapping[str, Any]]],
        image_digest: pulumi.Input[str],
        database: pulumi.Input[str],
        records: pulumi.Input[str],
        environment: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        secrets: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        phase: str = "before",
        after_service: pulumi.Input[Mapping[str, Any]] | None = None,
        retain: bool = True,
        snapshot: pulumi.Input[Mapping[str, Any]] | None = None,
        topic: pulumi.Input[str] | None = None,
        deadline: pulumi.Input[int] = 0,
        holds: pulumi.Input[str] | None = None,
        rollback: bool = False,
        service_secrets: Mapping[str, str] | None = None,
        target_groups: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        architecture: str = "",
        names: pulumi.Input[Mapping[str, str]] | None = None,
        trusted: Sequence[str] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        given = locals() | {
            "environment": environment or {},
            "secrets": secrets or {},
            "rollback": rollback or None,
            "service_secrets": service_secrets or None,
            "architecture": architecture or None,
            "trusted": list(trusted) or None,
        }
        props = properties(MigrationRun, given, ("results", "run", "fingerprint", "snapshotName"))
        super().__init__("gate:index:MigrationRun", name, props, opts)
        self.service_task_definition: pulumi.Output[str] = pulumi.get(self, "serviceTaskDefinition")
        self.results: pulumi.Output[Sequence[Mapping[str, Any]]] = pulumi.get(self, "results")
        self.run: pulumi.Output[int] = pulumi.get(self, "run")
        self.fingerprint: pulumi.Output[str] = pulumi.get(self, "fingerprint")
        self.snapshot_name: pulumi.Output[str] = pulumi.get(self, "snapshotName")

"""An image's migrations as a Pulumi resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from sluice.sdk.definition import properties


class MigrationRun(pulumi.CustomResource):
    """Runs an image's migration steps as one-off Fargate tasks, then outputs its service task definition.

    Pass :attr:`service_task_definition`, never the TaskDefinition's own ARN, to the resources that deploy the service:
    then no partial update (``--target``) skips the migrations.

    Args:
        cluster: cluster ARN.
        task_definition: revision ARN of the migration task.
        container: the container whose command a step replaces.
        service_task_definition: revision ARN to output after the migrations.
        network: ``{"subnets": […], "securityGroups": […], "assignPublicIp": bool}``.
        steps: ``{"name", "command", "phase", "timeout" (seconds), "attempts", "shards", "environment"}`` each; a step
            with an image or secrets of its own adds ``{"taskDefinition", "container", "image", "secrets"}``, and a
            step whose task definition replaces the image's entrypoint adds ``"entryPoint"``.
        image_digest: ``repository@sha256:…``.
        database: the database's own identity (RDS: ``resourceId``).
        environment, secrets: of the migration task, as written there; a change runs the steps again.
        records: SSM path of the run records, ``/sluice/PROJECT/STACK/runs``.
        phase: which steps to run: those ``before`` or those ``after`` the rollout.
        after_service: ``{"service", "taskDefinition"}``; wait until the service has no task of another revision.
        retain: keep records and revisions when the resource is deleted.
        snapshot: ``{"instance" or "cluster" (identifier), "keep", "timeout" (seconds), "pending" (command),
            "taskDefinition" (that the command runs as), "copyTo" (``{"role", "key"}``: ARNs in another account, which
            gets a copy)}``; it is taken before the first step, unless the image's command ``pending`` exits with 0.
        topic: ARN of the SNS topic for failure notices.
        deadline: seconds for the snapshot and all steps together; 0 for their own timeouts only.
        holds: SSM path of the held images, which are refused.
        rollback: roll back to an earlier release: output its revision and run no step.
        service_secrets: ``valueFrom`` by name of the service's secrets that are known before its revision is; a preview
            checks that they exist, and a run checks their JSON keys, where it may read the values.
        target_groups: ARNs of the service's target groups; a listener must forward to each before anything runs.
        architecture: ECS's name of the tasks' CPU (``X86_64``, ``ARM64``); a preview compares it with the image's.
        names: ``{"version", "revision"}`` of the image, for the records; a change of them alone runs nothing.
        trusted: ARNs of KMS keys, one of which must have signed the image; empty: no signature is required.

    Attributes:
        service_task_definition: the input, once the steps have succeeded.
        results: per step: name, tasks, exitCodes, attempts, seconds, logStreams.
        run: number of the run record that proves it.
        fingerprint: of the image, steps, variables, secrets and database that the steps ran for.
        snapshot_name: the snapshot that was taken before the steps; empty for none.
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

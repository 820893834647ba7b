"""Rolls the service out to the revision that passed the gate, and proves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.image.repository import Repository
from components.network.placement import Placement
from components.service.service import Service, directed
from sluice import sdk as gate


@dataclass(frozen=True)
class SmokeTask:
    """The one-off task that sends the smoke request in place of the deployer.

    Attributes:
        definition: ARN of the revision.
        container: the container that runs the command.
        command: sends the request.
        placement: where it can reach the load balancer.
    """

    definition: pulumi.Input[str]
    container: str
    command: Sequence[str]
    placement: Placement

    def described(self) -> dict[str, Any]:
        """Return it in the form of Rollout's input."""
        return {
            "command": list(self.command),
            "taskDefinition": self.definition,
            "container": self.container,
            "subnets": list(self.placement.subnet_ids),
            "securityGroups": list(self.placement.security_group_ids),
            "assignPublicIp": self.placement.public_ip,
        }


@dataclass(frozen=True)
class SmokeRequest:
    """The request that a new version must answer before the rollout is done.

    Attributes:
        path: path below the service's URL.
        status: expected HTTP status.
        timeout: seconds of one request.
        attempts: number of wrong answers that fail the version.
        body: expected part of the body.
        json: expected values by dotted path.
        version_header: header with the application's version.
        version: expected version; empty: not compared.
        host: Host header, also of the soak; empty: the URL's.
        task: sends the requests, also of the soak, in place of the deployer; None: the deployer sends them.
    """

    path: str
    status: int
    timeout: int
    attempts: int
    body: str
    json: Mapping[str, Any]
    version_header: str
    version: pulumi.Input[str] = ""
    host: str = ""
    task: SmokeTask | None = None

    def described(self, service: Service) -> dict[str, Any]:
        """Return it in the form of Rollout's input."""
        described: dict[str, Any] = {
            "url": pulumi.Output.concat(service.url, self.path),
            **directed(service, self.host),
            "status": self.status,
            "timeout": self.timeout,
            "attempts": self.attempts,
            "body": self.body,
            "json": self.json,
            "versionHeader": self.version_header,
            "version": self.version,
        }
        return described | ({"task": self.task.described()} if self.task else {})


@dataclass(frozen=True)
class Soak:
    """How long the serving version is watched on the new schema, before the rollout.

    Attributes:
        seconds: how long the version that serves must stay healthy on the new schema; 0: not at all.
        path: deep health path below the service's URL.
        timeout: seconds of one request.
    """

    seconds: int
    path: str
    timeout: int


@dataclass(frozen=True)
class Keep:
    """Which images of the repository stay protected from deletion.

    Attributes:
        repository: of the image.
        stack: the stack whose tasks run it.
        images: further images of migration steps, in the same repository.
    """

    repository: Repository
    stack: str
    images: Sequence[str] = ()

    def described(self) -> pulumi.Output[dict[str, Any] | None]:
        """Return it in the form of Rollout's input; None where the repository is not in ECR."""
        repository = self.repository
        images = [repository.reference(image) for image in self.images]
        return pulumi.Output.all(name=repository.name, account=repository.account, images=images).apply(
            lambda known: (
                {
                    "repository": known["name"],
                    "registry": known["account"],
                    "stack": self.stack,
                    "images": known["images"],
                }
                if known["account"]
                else None
            )
        )


@dataclass(frozen=True)
class DeploymentArgs:
    """Inputs of Deployment.

    Attributes:
        task_definition: the revision that passed the gate.
        image: its reference by digest.
        smoke: None for no smoke request and no soak.
        database: its identity.
        deadline: seconds until a rollout that has not completed has failed.
        records: SSM path of the stack's records.
        protected: whether the records outlive the stack.
        topic: ARN of the SNS topic for failure notices.
        rollback: roll back to an earlier release and hold the current one.
        keep: the images to tag as in use, where the repository has a lifecycle policy; None for none.
        proof: number of the run that proves the image's migrations.
        names: version and revision of the image, for the records.
    """

    cluster: pulumi.Input[str]
    service: Service
    task_definition: pulumi.Input[str]
    image: pulumi.Input[str]
    smoke: SmokeRequest | None
    soak: Soak
    database: pulumi.Input[str]
    deadline: int
    records: str
    protected: bool
    topic: pulumi.Input[str | None] = None
    rollback: bool = False
    keep: Keep | None = None
    proof: pulumi.Input[int] | None = None
    names: pulumi.Input[Mapping[str, str]] | None = None


class Deployment(pulumi.ComponentResource):
    """A rollout that is proven: its own deployment completed, every target healthy, the smoke request answered.

    Outputs: deployment_id (ECS's), task_definition (the serving revision), image (its image, by digest), completed_at
    (ISO 8601).
    """

    deployment_id: pulumi.Output[str]
    task_definition: pulumi.Output[str]
    image: pulumi.Output[str]
    completed_at: pulumi.Output[str]

    def __init__(self, name: str, args: DeploymentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:components:Deployment", name, None, opts)
        service, smoke, soak = args.service, args.smoke, args.soak
        rollout = gate.Rollout(
            name,
            cluster=args.cluster,
            service=service.name,
            task_definition=args.task_definition,
            deadline=args.deadline,
            target_groups=service.target_group_arns,
            smoke=smoke.described(service) if smoke else None,
            soak={
                "seconds": soak.seconds,
                "url": pulumi.Output.concat(service.url, soak.path) if smoke else "",
                "timeout": soak.timeout,
            },
            database=args.database,
            image_digest=args.image,
            shape=service.shape,
            network=service.network,
            platform_version=service.platform_version,
            load_balancers=service.load_balancers,
            records=args.records,
            holds=f"{args.records}/holds",
            rollback=args.rollback,
            retain=args.protected,
            topic=args.topic,
            keep=args.keep.described() if args.keep else None,
            proof=args.proof,
            names=args.names,
            strategy=service.shifted(),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.deployment_id = rollout.deployment_id
        self.task_definition = rollout.task_definition
        self.image = rollout.image_digest
        self.completed_at = rollout.completed_at
        self.register_outputs(
            {"deploymentId": self.deployment_id, "taskDefinition": self.task_definition, "image": self.image}
        )

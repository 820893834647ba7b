"""The stack's outputs: for operators, the pipeline, and stacks that promote from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.database.database import Database
from components.database.existing_database import ExistingDatabase
from components.delivery.deployment import Deployment, Keep, SmokeRequest
from components.delivery.migration_gate import CONTAINER, MigrationGate
from components.delivery.release import promotable, release
from components.image.origin import Origin
from components.network.placement import Placement
from components.service.service import Service, directed
from components.tasks.step import Step
from infra.settings.settings import Settings
from infra.tasks.cluster import Cluster, ExistingCluster
from infra.tasks.logs import Logs


@dataclass(frozen=True)
class Deployed:
    """The parts of a stack.

    Attributes:
        path: SSM path of its records.
        migration_placement: where migrations run.
        gates: of the before phase and, where there are after-steps, of the after phase.
        smoke: None where no smoke request is set.
        signed: the image once it is signed; None where the stack signs nothing.
    """

    stack: Settings
    path: str
    cluster: Cluster | ExistingCluster
    migration_placement: Placement
    gates: Sequence[MigrationGate]
    service: Service
    deployment: Deployment
    smoke: SmokeRequest | None
    steps: Sequence[Step]
    logs: Logs
    origin: Origin
    database: Database | ExistingDatabase
    topic: pulumi.Input[str] | None
    keep: Keep
    dashboard: pulumi.Input[str]
    signed: pulumi.Input[str] | None = None

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs by name."""
        service, database, logs = self.service, self.database, self.logs
        results = pulumi.Output.all(*(gate.results for gate in self.gates))
        return {
            "url": service.url,
            "address": service.balancer.address,
            "service": service.name,
            "cluster": self.cluster.name,
            "repository": self.origin.repository.url,
            "image": self.deployment.image,
            "builtTag": self.origin.built,
            "release": release(self.origin, self.deployment),
            "promotable": promotable(
                self.origin, self.gates, self.deployment, self.stack.app.architecture, self.signed
            ),
            "migrations": results.apply(lambda phases: [step for phase in phases for step in phase]),
            "gate": self._gate(),
            "topic": self.topic,
            "dashboard": self.dashboard,
            "database": {
                "address": database.address,
                "port": database.port,
                "name": database.database,
                # The next change of it is compared with this one.
                **({} if self.stack.database.existing else {"version": self.stack.database.major}),
            },
            "logGroup": {"migration": logs.migration.name, "service": logs.service.name},
        }

    def _gate(self) -> dict[str, Any]:
        """Return the output for the `sluice` command."""
        settings, service, gate = self.stack, self.service, self.gates[0]
        return {
            "taskDefinition": gate.task_definition,
            "container": CONTAINER,
            "subnets": self.migration_placement.subnet_ids,
            "securityGroups": self.migration_placement.security_group_ids,
            "assignPublicIp": self.migration_placement.public_ip,
            "records": f"{self.path}/runs",
            "region": settings.aws.region,
            # What `sluice` needs beside it.
            "project": pulumi.get_project(),
            "stack": pulumi.get_stack(),
            "cluster": self.cluster.arn,
            "service": service.name,
            "serviceTaskDefinition": self.deployment.task_definition,
            "image": gate.image,
            "targetGroups": service.target_group_arns,
            **({"wired": True} if service.strategy else {}),  # the next change of the strategy is compared with it
            **({"strategy": shifted} if (shifted := service.shifted()) else {}),
            "logGroups": {"migration": self.logs.migration.name, "service": self.logs.service.name},
            "url": service.url,
            "smoke": self._smoke(),
            "livePath": settings.app.live_path,
            "deep": self._deep() if settings.smoke.from_ == "deployer" else None,
            "deadline": settings.service.deadline,
            "repository": self.origin.repository.url,
            "database": self.database.identifier,
            "snapshot": settings.snapshot_before,
            "copyTo": settings.snapshot.copy_to.role if settings.snapshot.copy_to else None,
            "topic": self.topic,
            "steps": pulumi.Output.all(*(one.steps for one in self.gates)).apply(self._steps),
            "holds": f"{self.path}/holds",
            "keep": self.keep.described(),
            "trusted": [] if settings.rollback else list(settings.signing.trusted),
        }

    def _smoke(self) -> dict[str, Any] | None:
        """Return the smoke request for any release, so without the version, which differs between releases."""
        described = self.smoke.described(self.service) if self.smoke else None
        return described and {key: value for key, value in described.items() if key != "version"}

    def _deep(self) -> dict[str, Any]:
        """Return the deep health path that an operator's machine can request."""
        service, settings = self.service, self.stack
        return {
            "url": pulumi.Output.concat(service.url, settings.soak.path or settings.app.health_path),
            **directed(service, settings.smoke.host or ""),
            "status": self._deep_status(),
            "timeout": settings.smoke.timeout,
            "shared": service.balancer.shared,
        }

    def _deep_status(self) -> int:
        """Return the status of a healthy deep path: 200 for the soak, the smoke request's own for its path."""
        smoke, path = self.stack.smoke, self.stack.app.health_path
        return smoke.status if (smoke.path or path) == (self.stack.soak.path or path) else 200

    def _steps(self, let_through: Sequence[Sequence[dict[str, Any]] | None]) -> list[dict[str, Any]]:
        """Return each step, with its own revision if it has one, and its secrets if an operator's command may use it.

        Args:
            let_through: the steps as the gates output them.
        """
        revisions = {step["name"]: step.get("taskDefinition") for steps in let_through for step in steps or ()}
        return [
            {"name": step.name, "phase": step.phase, "command": list(step.command)}
            | ({"secrets": list(step.secrets)} if step.repeatable else {})
            | ({"taskDefinition": revision} if (revision := revisions.get(step.name)) else {})
            for step in self.steps
        ]

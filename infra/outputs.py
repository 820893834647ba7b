"""What a stack tells its operators: the output `gate`, from which `sluice` knows where to work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from components.deployment import Deployment, Keep
from components.migration_gate import CONTAINER, MigrationGate
from components.placement import Placement
from components.service import Service, directed
from components.step import Step
from infra.observability import Logs
from infra.settings.settings import Settings


@dataclass(frozen=True)
class Operations:
    """path: SSM path of the stack's records. place: where migrations run. The rest: the parts of the stack that
    operators work on."""

    stack: Settings
    path: str
    cluster: pulumi.Input[str]
    place: Placement
    gate: MigrationGate
    service: Service
    deployment: Deployment
    steps: Sequence[Step]
    logs: Logs
    repository: pulumi.Input[str]
    database: pulumi.Input[str]
    topic: pulumi.Input[str] | None
    keep: Keep

    def output(self) -> dict[str, Any]:
        """The output `gate`."""
        settings, service, gate = self.stack, self.service, self.gate
        return {
            "taskDefinition": gate.task_definition,
            "container": CONTAINER,
            "subnets": self.place.subnet_ids,
            "securityGroups": self.place.security_group_ids,
            "assignPublicIp": self.place.public_ip,
            "records": f"{self.path}/runs",
            "region": settings.aws.region,
            # What `sluice` needs beside it.
            "project": pulumi.get_project(),
            "stack": pulumi.get_stack(),
            "cluster": self.cluster,
            "service": service.name,
            "serviceTaskDefinition": self.deployment.task_definition,
            "image": gate.image,
            "targetGroups": [service.target_group_arn],
            "logGroups": {"migration": self.logs.migration.name, "service": self.logs.service.name},
            "url": service.url,
            "smoke": {
                "url": pulumi.Output.concat(service.url, settings.smoke.path or settings.app.health_path),
                **directed(service),
                "status": settings.smoke.status,
                "timeout": settings.smoke.timeout,
                "attempts": settings.smoke.attempts,
            },
            "deadline": settings.service.deadline,
            "repository": self.repository,
            "database": self.database,
            "snapshot": settings.snapshot_before,
            "topic": self.topic,
            "steps": [{"name": step.name, "phase": step.phase, "command": list(step.command)} for step in self.steps],
            "holds": f"{self.path}/holds",
            "keep": self.keep.described(),
        }

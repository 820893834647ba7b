"""One stack of the suite on the emulated AWS: its load balancer, its revisions, its jobs, and the truth about it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator.cloud.emulator import REGION
from tests.chaos.ledger import OPERATOR, Ledger, Scene, Step
from tests.e2e.cloud.stage import NETWORK
from tests.e2e.cloud.stage import Stage as Cloud

APP = Path(__file__).parent / "app"
TASKS = 2
STEP_SECONDS = 15
ROLLOUT_SECONDS = 60
SMOKE_SECONDS = 5
CHECK_SECONDS = 10
"""Between two checks of a target, in AWS's seconds; the emulator's pass ten times faster."""
GRACE_SECONDS = 60
DEREGISTRATION_SECONDS = 20
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Truth:
    """A service as ECS and the load balancer have it.

    Attributes:
        revision: of its PRIMARY deployment.
        state: that deployment's rolloutState.
        targets: how many in which state, the leaving ones not counted.
    """

    revision: str
    state: str
    running: int
    targets: dict[str, int]

    @property
    def settled(self) -> bool:
        """Completed, and every target is healthy."""
        return self.state == "COMPLETED" and self.running == TASKS and self.targets == {"healthy": TASKS}

    def __str__(self) -> str:
        return f"{self.revision.rpartition('/')[2]} {self.state}, {self.running} running, targets {self.targets}"


class Stack:
    """A service of two tasks, with records and task families of its own.

    Args:
        images: references by digest, by version.
        alarm: whether the service has a deployment alarm, which is never in ALARM.
        soak: seconds that the version which serves is watched on the new schema.
    """

    def __init__(
        self,
        cloud: Cloud,
        ledger: Ledger,
        images: dict[int, str],
        folder: Path,
        scene: Scene,
        *,
        alarm: bool = False,
        soak: int = 0,
    ) -> None:
        self.cloud, self.scene = cloud, scene
        self.name = f"chaos-{next(_NUMBERS)}"
        self.prefix = f"/sluice/{self.name}/chaos"
        self.state = folder / f"{self.name}.json"
        self._ledger, self._images, self._soak = ledger, images, soak
        self._revisions: dict[tuple[int, str], str] = {}
        ledger.scenes[self.name] = scene
        address, self.group = cloud.load_balancer("/live", interval=CHECK_SECONDS)
        delay = [{"Key": "deregistration_delay.timeout_seconds", "Value": str(DEREGISTRATION_SECONDS)}]
        cloud.elb.modify_target_group_attributes(TargetGroupArn=self.group, Attributes=delay)
        self.url = f"http://{address}"
        self._alarm = self._alarms() if alarm else None

    def _alarms(self) -> dict[str, Any]:
        self.cloud.client("cloudwatch").put_metric_alarm(
            AlarmName=self.name,
            Namespace="Chaos",
            MetricName="errors",
            Statistic="Sum",
            Period=10,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="notBreaching",
        )
        return {"alarmNames": [self.name], "enable": True, "rollback": True}

    def revision(self, version: int, role: str) -> str:
        """ARN of the version's task definition for ``serve`` or ``migrate``."""
        if (version, role) not in self._revisions:
            environment = {"SCENE": self.name, "LEDGER": self._ledger.address}
            self._revisions[version, role] = self.cloud.task_definition(
                self._images[version],
                f"{self.name}-{role}",
                stopTimeout=5,
                environment=[{"name": name, "value": value} for name, value in environment.items()],
            )
        return self._revisions[version, role]

    def job(self, version: int) -> dict[str, Any]:
        """What a deployer of that version is to do; without its endpoint."""
        steps = self.scene.steps
        migrations = {
            "cluster": self.cloud.cluster,
            "taskDefinition": self.revision(version, "migrate"),
            "container": "app",
            "serviceTaskDefinition": self.revision(version, "serve"),
            "network": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": True},
            "steps": [_step(step) for step in steps],
            "imageDigest": self._images[version],
            "database": "db-1",
            "records": f"{self.prefix}/runs",
            "holds": f"{self.prefix}/holds",
        }
        rollout = {
            "cluster": self.cloud.cluster,
            "service": self.name,
            "deadline": ROLLOUT_SECONDS,
            "imageDigest": self._images[version],
            "targetGroups": [self.group],
            "smoke": {
                "url": f"{self.url}/health",
                "timeout": SMOKE_SECONDS,
                "versionHeader": "X-Version",
                "version": str(version),
            },
            "records": self.prefix,
            "holds": f"{self.prefix}/holds",
        }
        if self._soak:
            rollout["soak"] = {"seconds": self._soak, "url": f"{self.url}/health", "timeout": SMOKE_SECONDS}
        job = {
            "state": str(self.state),
            "region": REGION,
            "account": self.cloud.cloud.account,
            "migrations": migrations,
            "rollout": rollout,
            "service": self._service(),
        }
        if any(step.phase == "after" for step in steps):
            after = {"service": self.name, "taskDefinition": self.revision(version, "serve")}
            job["after"] = migrations | {"phase": "after", "afterService": after}
        return job

    def operator(self, version: int) -> dict[str, Any]:
        """An operator's command on that version's image, which the ledger knows as a step of its own."""
        return self.job(version) | {"operator": _step(Step(OPERATOR, 1))["command"]}

    def _service(self) -> dict[str, Any]:
        deployment: dict[str, Any] = {
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            "maximumPercent": 200,
            "minimumHealthyPercent": 100,
        }
        if self._alarm:
            deployment["alarms"] = self._alarm
        return {
            "cluster": self.cloud.cluster,
            "serviceName": self.name,
            "desiredCount": TASKS,
            "launchType": "FARGATE",
            "networkConfiguration": NETWORK,
            "loadBalancers": [{"targetGroupArn": self.group, "containerName": "app", "containerPort": 8080}],
            "deploymentConfiguration": deployment,
            "healthCheckGracePeriodSeconds": GRACE_SECONDS,
        }

    # -- the truth, from AWS itself

    def truth(self) -> Truth:
        seen = self.cloud.described(self.name)
        primary = next(one for one in seen["deployments"] if one["status"] == "PRIMARY")
        states = [state for state, _ in self.cloud.states(self.group) if state != "draining"]
        return Truth(
            str(primary["taskDefinition"]),
            str(primary.get("rolloutState")),
            int(seen["runningCount"]),
            {state: states.count(state) for state in set(states)},
        )

    def stopped_from_outside(self) -> frozenset[str]:
        """Containers (12 digits) of migration tasks that StopTask ended: such a migration has not succeeded, whatever
        its exit code."""
        ecs, found = self.cloud.ecs, set()
        pages = ecs.get_paginator("list_tasks").paginate(
            cluster=self.cloud.cluster, family=f"{self.name}-migrate", desiredStatus="STOPPED"
        )
        for page in pages:
            if page["taskArns"]:
                for task in ecs.describe_tasks(cluster=self.cloud.cluster, tasks=page["taskArns"])["tasks"]:
                    if task.get("stopCode") != "EssentialContainerExited":
                        found |= {str(container.get("runtimeId"))[:12] for container in task["containers"]}
        return frozenset(found)

    def delete(self) -> None:
        """The service goes, if the first deploy came to it; the rest is the account's."""
        if self.cloud.ecs.describe_services(cluster=self.cloud.cluster, services=[self.name])["services"]:
            self.cloud.delete(self.name)


def _step(step: Step) -> dict[str, Any]:
    return {
        "name": step.name,
        "command": ["python", "/app.py", "migrate", step.name],
        "phase": step.phase,
        "shards": step.shards,
        "timeout": STEP_SECONDS,
    }

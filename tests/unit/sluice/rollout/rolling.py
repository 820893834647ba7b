"""A stage for rollouts: a scripted service, its records, and a smoke request that answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sluice.diagnosis.log_place import LogPlace
from sluice.diagnosis.printed import Printed
from sluice.inputs.smoke import Smoke
from sluice.release.names import Names
from sluice.release.release_record import By, Release, RolloutRecord
from sluice.rollout.deployment.http_answer import Answer
from sluice.rollout.deployment.judge import TargetState
from sluice.rollout.request import Wanted
from sluice.rollout.rollout import Done, Rollout
from tests.unit.sluice.migration.simulation import Clock, client_error

NEW, OLD = "arn:td/notes:8", "arn:td/notes:7"


GROUP = "arn:targetgroup/notes"


SMOKE = Smoke("http://notes/health")


class Service:
    """A service whose deployments end as told: ``ends`` maps a revision to its way after *takes* seconds."""

    def __init__(self, clock: Clock, ends: dict[str, str], first: bool = False, takes: float = 5) -> None:
        self.clock = clock
        self.ends = ends
        self.takes = takes
        self.deployments: list[dict[str, Any]] = [] if first else [self._new(OLD, "COMPLETED")]
        self.calls: list[tuple[str, bool]] = []
        self.states: dict[str, int] = {"healthy": 2}
        self.begun = 0.0
        self.running = 2
        self.interloper = False
        self.refuses: set[str] = set()
        self.changes: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.ecs_deployment = ""
        self.rolled_back = ""
        self.stopped_by_ecs: list[str] = []
        self.alarms: list[str] = []
        self.ill: list[str] = []
        self.load_balancers: list[Mapping[str, Any]] = []
        self.readings = Readings()

    def _new(self, revision: str, state: str = "IN_PROGRESS") -> dict[str, Any]:
        number = len(getattr(self, "calls", []))
        return {
            "id": f"ecs-svc/{number}",
            "taskDefinition": revision,
            "status": "PRIMARY",
            "rolloutState": state,
            "createdAt": datetime.fromtimestamp(self.clock.time, UTC),
            "runningCount": 1,
        }

    def describe(self) -> dict[str, Any]:
        current = self.deployments[0] if self.deployments else None
        if current and current["rolloutState"] == "IN_PROGRESS" and self.clock.time - self.begun >= self.takes:
            end = self.ends.get(current["taskDefinition"], "COMPLETED")
            if end == "rolled back":
                self.calls.append((OLD, False))
                self.rolled_back = str(current["id"])
                self.deployments = [self._new(OLD, "COMPLETED")]
            elif end != "stuck":
                current["rolloutState"] = end
        if self.interloper and current and current["rolloutState"] == "COMPLETED" and current["taskDefinition"] == NEW:
            self.deployments = [self._new("arn:td/notes:6", "COMPLETED") | {"id": "ecs-svc/theirs"}]
        return {
            "status": "ACTIVE",
            "desiredCount": 2,
            "runningCount": self.running,
            "deployments": [dict(one) for one in self.deployments],
            "events": self.events,
            "loadBalancers": self.load_balancers,
        }

    def deploy(self, task_definition: str, force: bool, changes: Mapping[str, Any] | None = None) -> str:
        current = self.deployments[0] if self.deployments else None
        if current and current["taskDefinition"] == task_definition and not force and not changes:
            return str(current["id"])  # UpdateService with an unchanged revision starts nothing
        self.load_balancers = (changes or {}).get("loadBalancers", self.load_balancers)
        if port := self.readings.refused(self.load_balancers, task_definition):
            raise client_error(f"InvalidParameterException, no port {port}", "UpdateService")
        self.changes.append(dict(changes or {}))
        self.calls.append((task_definition, force))
        self.begun = self.clock.time
        for one in self.deployments:
            one["status"] = "ACTIVE"
        self.deployments.insert(0, self._new(task_definition))
        return str(self.deployments[0]["id"])

    def record(self, deployment: str) -> dict[str, Any] | None:
        if "record" in self.refuses:
            raise client_error("AccessDeniedException", "ListServiceDeployments")
        arn = self.ecs_deployment or "arn:service-deployment/1"
        if deployment == self.rolled_back:
            breaker = {"status": "TRIGGERED", "failureCount": 3, "threshold": 3}
            return {
                "serviceDeploymentArn": arn,
                "status": "ROLLBACK_SUCCESSFUL",
                "deploymentCircuitBreaker": breaker,
            }
        return {"serviceDeploymentArn": arn, "status": "IN_PROGRESS"} if self.ecs_deployment else None

    def stop_deployment(self, arn: str) -> None:
        if "stop_deployment" in self.refuses:
            raise client_error("ConflictException", "StopServiceDeployment")
        self.stopped_by_ecs.append(arn)

    def in_alarm(self, seen: dict[str, Any] | None) -> list[str]:
        return self.alarms

    def targets(self, target_group: str) -> TargetState:
        return TargetState(self.states, ())

    def stopped_tasks(self, deployment: str, task_definition: str) -> list[dict[str, Any]]:
        if "stopped_tasks" in self.refuses:
            raise client_error("AccessDeniedException", "ListTasks")
        if task_definition == OLD:
            return [
                {"taskArn": f"arn:task/notes/{reason}", "stoppedReason": reason, "stopCode": _code(reason)}
                for reason in self.ill
            ]
        return [
            {
                "taskArn": "arn:task/notes/dead",
                "stoppedReason": "Essential container in task exited",
                "containers": [{"name": "app", "exitCode": 1}],
            }
        ] * 3

    def last_lines(self, task: dict[str, Any]) -> list[str]:
        return ["cannot read settings"]


class Readings:
    """How the revision is set up, and what its task printed first."""

    def __init__(self) -> None:
        self.containers: list[dict[str, Any]] = [{"name": "app", "portMappings": [{"containerPort": 8080}]}]
        self.group: dict[str, Any] = {}
        self.ports: dict[str, int] = {}
        self.running: list[dict[str, Any]] = []
        self.first: list[Printed] = []

    def definition(self, task_definition: str) -> dict[str, Any]:
        if port := self.ports.get(task_definition):
            return {"containerDefinitions": [{"name": "app", "portMappings": [{"containerPort": port}]}]}
        return {"containerDefinitions": self.containers}

    def refused(self, load_balancers: Sequence[Mapping[str, Any]], task_definition: str) -> int:
        """The port that UpdateService refuses, because the revision does not have it; 0: none."""
        own = self.ports.get(task_definition)
        asked = [int(one["containerPort"]) for one in load_balancers]
        return next((port for port in asked if own and port != own), 0)

    def target_group(self, arn: str) -> dict[str, Any]:
        return self.group

    def running_tasks(self, deployment: str) -> list[dict[str, Any]]:
        return self.running

    def first_lines(self, task: Mapping[str, Any], place: LogPlace) -> list[Printed]:
        return self.first


def _code(reason: str) -> str:
    """The stopCode that goes with a reason."""
    if reason.startswith("Essential"):
        return "EssentialContainerExited"
    return "UserInitiated" if "by user" in reason else "ServiceSchedulerInitiated"


class Records:
    """The store of the last rollout and of the releases, in memory."""

    def __init__(self, left: RolloutRecord | None = None, *releases: Release) -> None:
        self.last = left
        self.written: list[RolloutRecord] = []
        self.releases = list(releases)
        self.refuses = False

    def rollout(self) -> RolloutRecord | None:
        return self.last

    def write(self, rollout: RolloutRecord) -> None:
        if self.refuses:
            raise client_error("AccessDeniedException", "PutParameter")
        self.last = rollout
        self.written.append(rollout)

    def recent(self, newest: int) -> list[Release]:
        return list(self.releases)

    def add(
        self,
        digest: str,
        task_definition: str,
        at: int,
        deployment: str,
        newest: int,
        author: str,
        by: By,
        names: Names,
        path: str,
    ) -> Release:
        said = (author, by, names.version, names.revision, path)
        made = Release(newest + 1, digest, task_definition, at, deployment, *said)
        self.releases.append(made)
        return self.releases[-1]


def well(url: str, timeout: float) -> Answer:
    return Answer(200, "ok")


def roll_out(
    service: Service,
    ask: Callable[[str, float], Answer] = well,
    previous: str = "",
    records: Records | None = None,
    lines: list[str] | None = None,
    **more: Any,
) -> Done:
    wanted = Wanted(NEW, previous, 300, (GROUP,), SMOKE, digest="repo@sha256:new", **more)
    said = lines if lines is not None else []
    rollout = Rollout(service, wanted, service.clock, lambda text, _: said.append(text), ask, records)  # type: ignore[arg-type]
    return rollout.run()

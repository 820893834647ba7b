"""Every service deployment and service revision that was, until its service is deleted.

AWS, ServiceDeployment and ServiceRevision (ECS API reference), "View service history using Amazon ECS service
deployments" (developer guide): each deployment of a service is one service deployment towards one service revision; a
rollback is a part of it, towards an older revision; the history goes with the service. The last part of its ARN is not
the number of `ecs-svc/…`, that of its target revision's is (hashicorp/terraform-provider-aws, service.go). The
operations are in service_history.py; MiniStack has neither.
"""

from __future__ import annotations

import dataclasses
import secrets
import threading
import time
from typing import Any

from emulator.cloud.ecs.service.service_deployment import ONGOING, Part, status
from emulator.cloud.ecs.strategies.stages import State


@dataclasses.dataclass
class Revision:
    """What a deployment wants to run.

    Attributes:
        arn: its name.
        created: when, in seconds since the epoch.
        service: members of the service that it fixes.
        images: of its containers, with the digests that run.
        resolved: resolvedConfiguration.loadBalancers: the target groups that its tasks are in.
    """

    arn: str
    created: float
    service: dict[str, Any]
    images: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    resolved: list[dict[str, Any]] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class ServiceDeployment:
    """One service deployment. `own` and `rollback` are the very entries of deployments[], also after those vanish.

    Attributes:
        arn: its name.
        service: MiniStack's record of the service.
        target: the revision that it wants to run.
        sources: the revisions that had tasks when it began.
        configuration: the service's deploymentConfiguration at that time.
        own: the entry that it was begun with.
        created: when, in seconds since the epoch, as all of them.
        rollback: the entry that undoes it, in a rolling deployment.
        rollback_target: the revision that it was rolled back to.
        rollback_began: when.
        started: when it did something first.
        finished: when it ended.
        updated: when it changed last.
        state: where it is, when it shifts traffic; else None.
        serving: the revision that serves before it, when it shifts traffic.
    """

    arn: str
    service: dict[str, Any]
    target: Revision
    sources: list[Revision]
    configuration: dict[str, Any]
    own: dict[str, Any]
    created: float
    rollback: dict[str, Any] | None = None
    rollback_target: Revision | None = None
    rollback_began: float | None = None
    started: float | None = None
    finished: float | None = None
    updated: float = 0.0
    state: State | None = None
    serving: Revision | None = None

    @property
    def status(self) -> str:
        """Its status word."""
        if self.state is not None:
            return self.state.status
        own = Part(self.own["rolloutState"], self.own["status"] == "PRIMARY", self.started is not None)
        back = self.rollback
        return status(own, None if back is None else Part(back["rolloutState"], back["status"] == "PRIMARY"))


_deployments: dict[str, ServiceDeployment] = {}
_revisions: dict[str, Revision] = {}
_lock = threading.Lock()


def begin(service: dict[str, Any], deployment: dict[str, Any]) -> None:
    """A deployment of the service has begun; it is the first in the service's list."""
    now = time.time()
    number = str(deployment["id"]).rpartition("/")[2]
    revision = Revision(_arn(service, "service-revision", number), now, _wanted(service, deployment))
    sources = [
        _revisions[one["_service_revision"]] for one in service["deployments"][1:] if one.get("_service_revision")
    ]
    made = ServiceDeployment(
        _arn(service, "service-deployment", secrets.token_urlsafe(16).replace("_", "-")),
        service,
        revision,
        sources,
        dict(service.get("deploymentConfiguration") or {}),
        deployment,
        now,
        updated=now,
    )
    deployment.update(_service_deployment=made.arn, _service_revision=revision.arn)
    with _lock:
        _revisions[revision.arn] = revision
        _deployments[made.arn] = made
    service["currentServiceDeployment"] = made.arn


def rolled_back(failed: dict[str, Any], fresh: dict[str, Any], before: dict[str, Any]) -> None:
    """`fresh` undoes `failed` by the revision of `before`."""
    made = _deployments[failed["_service_deployment"]]
    revision = _revisions[before["_service_revision"]]
    fresh.update(_service_deployment=made.arn, _service_revision=revision.arn)
    made.rollback, made.rollback_target, made.rollback_began = fresh, revision, time.time()


def refresh(service: dict[str, Any], tasks: list[dict[str, Any]]) -> None:
    """Follow what the scheduler has done: who has started, who has finished, which images run."""
    now = time.time()
    for made in of(service):
        if made.started is None and any(task.get("_deployment_id") == made.own["id"] for task in tasks):
            made.started = made.updated = now
        if made.status not in ONGOING and made.finished is None:
            made.finished = made.updated = now
    for task in tasks:
        entry: dict[str, Any] = next(
            (one for one in service["deployments"] if one["id"] == task.get("_deployment_id")), {}
        )
        revision = _revisions.get(entry.get("_service_revision", ""))
        if revision is not None and all("imageDigest" in one for one in task["containers"]):
            revision.images = [
                {"containerName": one["name"], "image": one["image"], "imageDigest": one["imageDigest"]}
                for one in task["containers"]
            ]
    service["currentServiceRevisions"] = [
        counted(one, service) for one in dict.fromkeys(entry["_service_revision"] for entry in service["deployments"])
    ]


def of(service: dict[str, Any]) -> list[ServiceDeployment]:
    """The service's deployments, newest first."""
    with _lock:
        found = [one for one in _deployments.values() if one.service is service]
    return sorted(found, key=lambda one: one.created, reverse=True)


def find(arn: str) -> ServiceDeployment | None:
    """One service deployment."""
    return _deployments.get(arn)


def revision(arn: str) -> Revision | None:
    """One service revision."""
    return _revisions.get(arn)


def counted(revision: str, service: dict[str, Any]) -> dict[str, Any]:
    """A revision with the counts of its tasks."""
    entries = [one for one in service["deployments"] if one.get("_service_revision") == revision]
    return {
        "arn": revision,
        "requestedTaskCount": sum(int(one["desiredCount"]) for one in entries if one["status"] == "PRIMARY"),
        "runningTaskCount": sum(int(one["runningCount"]) for one in entries),
        "pendingTaskCount": sum(int(one["pendingCount"]) for one in entries),
    }


def forget(service: dict[str, Any]) -> None:
    """The service is INACTIVE."""
    with _lock:
        for arn in [one.arn for one in _deployments.values() if one.service is service]:
            made = _deployments.pop(arn)
            _revisions.pop(made.target.arn, None)


def _arn(service: dict[str, Any], kind: str, last: str) -> str:
    prefix, _, rest = str(service["serviceArn"]).partition(":service/")
    return f"{prefix}:{kind}/{rest}/{last}"


def _wanted(service: dict[str, Any], deployment: dict[str, Any]) -> dict[str, Any]:
    members = ("serviceArn", "clusterArn", "launchType", "capacityProviderStrategy", "loadBalancers")
    more = ("serviceRegistries", "networkConfiguration")
    return {
        **{name: service[name] for name in (*members, *more) if service.get(name)},
        "taskDefinition": deployment["taskDefinition"],
        "platformVersion": deployment["platformVersion"],
        "platformFamily": "Linux",
        "containerImages": [],
    }

"""Rules on the service and its deployment: tasks, replicas, health, the gate before it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .rule import Judged, PolicyRule, RuleScope, Violation
from .stack import StackGraph, StackResource, mappings

REPLICAS = 2
SERVICE = "aws:ecs:Service"
TASKS = ("aws:ecs:TaskDefinition",)
HIDDEN = re.compile(r"(PASSWORD|PASSWD|SECRET|TOKEN|PRIVATE_KEY|API_?KEY|CREDENTIALS)$", re.IGNORECASE)
"""Endings of the names of variables whose values nobody should read."""
SECRET_VALUE = re.compile(
    r"(?:AKIA|ASIA)[A-Z0-9]{16}|-----BEGIN [A-Z ]*PRIVATE KEY|[a-z][a-z0-9+.-]*://[^\s/:@]*:[^\s/@]+@"
)
"""Values that nobody should read, whatever their name: an access key, a private key, a URL with a password."""
DIGEST = re.compile(r"[^@\s]+@sha256:[0-9a-f]{64}")


def containers(one: StackResource) -> Iterator[Mapping[str, Any]]:
    """Yield the containers of a task definition, from its JSON."""
    said = one.get("containerDefinitions")
    yield from mappings(json.loads(said) if isinstance(said, str) else said)


def _plain_secrets(one: StackResource) -> Judged:
    for container in containers(one):
        for variable in mappings(container.get("environment")):
            value = str(variable.get("value") or "")
            if value and (HIDDEN.search(str(variable.get("name"))) or SECRET_VALUE.search(value)):
                yield f"{variable['name']} is plain text in the task definition, for everybody who may describe it"


def _digests(one: StackResource) -> Judged:
    for container in containers(one):
        if not DIGEST.fullmatch(str(container.get("image"))):
            yield f"runs {container.get('image')}, which may be another image tomorrow"


def _restrained(one: StackResource) -> Judged:
    for mode in ("ipcMode", "networkMode", "pidMode"):
        if one.get(mode) == "host":
            yield f"{mode} is the host's: its tasks are not isolated"
    for container in containers(one):
        for option in container.get("dockerSecurityOptions") or ():
            if "unconfined" in str(option) or "label:disable" in str(option):
                yield f"container {container.get('name')} is unconfined: {option}"
        if container.get("privileged"):
            yield f"container {container.get('name')} is privileged"
        if not container.get("logConfiguration"):
            yield f"container {container.get('name')} has no log configuration"


def _shut(one: StackResource) -> Judged:
    if one.get("enableExecuteCommand") is True:
        yield "ECS Exec is on: whoever may call it has a shell with access to the data"


def _replicas(one: StackResource) -> Judged:
    count = one.get("desiredCount")
    if not isinstance(count, (int, float)) or count < REPLICAS:
        yield f"starts with {count} tasks: the first that fails is an outage"


def _rolls_back(one: StackResource) -> Judged:
    breaker = one.get("deploymentCircuitBreaker")
    if not isinstance(breaker, Mapping) or breaker.get("enable") is not True or breaker.get("rollback") is not True:
        yield "a version that does not start is retried for ever: the circuit breaker is off"
    if one.get("deploymentMinimumHealthyPercent") != 100:
        yield "old tasks stop before as many new ones are healthy"


def _scaled(stack: StackGraph) -> Iterator[Violation]:
    targets = [
        one
        for one in stack.of("aws:appautoscaling:Target")
        if one.get("scalableDimension") == "ecs:service:DesiredCount"
    ]
    scaled = {urn for one in targets for urn in stack.behind(one, "resourceId", SERVICE)}
    for one in stack.of(SERVICE):
        if one.urn not in scaled:
            yield Violation(one.urn, "nothing adds tasks when they are busy")
    for one in targets:
        least = one.get("minCapacity")
        if not isinstance(least, (int, float)) or least < REPLICAS:
            yield Violation(one.urn, f"may go down to {least} tasks")


def _gated(stack: StackGraph) -> Iterator[Violation]:
    for one in stack.of(SERVICE):
        if not stack.behind(one, "taskDefinition", "gate:index:MigrationRun"):
            yield Violation(one.urn, "its task definition does not come from a MigrationRun: it skips the migrations")
        if "taskDefinition" not in one.ignored:
            yield Violation(one.urn, "does not ignore taskDefinition: not only Rollout deploys")
    for one in stack.of("gate:index:Rollout"):
        if not stack.behind(one, "taskDefinition", "gate:index:MigrationRun"):
            yield Violation(one.urn, "rolls out what did not pass the gate")
    for one in stack.of(SERVICE, "gate:index:Rollout"):
        if stack.behind(one, "taskDefinition", *TASKS):
            yield Violation(
                one.urn, "its task definition also comes from outside the gate: it may be one that did not pass"
            )
    for one in stack.of("aws:ecs:TaskSet", "aws:codedeploy:DeploymentGroup", "aws:ecs:ExpressGatewayService"):
        yield Violation(one.urn, "deploys to a service without the gate")


def _checked(one: StackResource) -> Judged:
    if not one.get("healthCheck.path") or one.get("healthCheck.enabled") is False:
        yield "has no health check"


def _built_elsewhere(stack: StackGraph) -> Iterator[Violation]:
    for one in stack.of("docker:index:Image", "docker-build:index:Image"):
        yield Violation(one.urn, "builds an image that no other stack has tested")


def _scanned(stack: StackGraph) -> Iterator[Violation]:
    judging = {one.urn for one in stack.of("gate:index:ImageScan") if one.get("severity") in ("critical", "high")}
    for one in stack.of("gate:index:MigrationRun"):
        if one.get("phase") == "before" and not judging & stack.behind(one, "imageDigest", "gate:index:ImageScan"):
            yield Violation(one.urn, "runs an image that was not scanned for known weaknesses")


def _measured(one: StackResource) -> Judged:
    found = [part.get("value") for part in mappings(one.get("settings")) if part.get("name") == "containerInsights"]
    if not {"enabled", "enhanced"} & set(found):
        yield "keeps no task metrics: after an incident nobody knows which task ran out of memory"


def _snapshots(stack: StackGraph) -> Iterator[Violation]:
    for one in stack.of("gate:index:MigrationRun"):
        if one.get("phase") == "before" and not one.get("snapshot"):
            yield Violation(one.urn, "migrates without a snapshot to restore")
        if one.get("retain") is not True:
            yield Violation(one.urn, "forgets who ran which migration when the stack is destroyed")


RULES = [
    PolicyRule(
        "gate",
        "Only what passed the migrations is deployed",
        "take the task definition from MigrationRun, ignore its changes in the service, and deploy by Rollout",
        RuleScope.EVERYWHERE,
        whole=_gated,
    ),
    PolicyRule(
        "image-by-digest",
        "Tasks run an image by its digest",
        "write `REPOSITORY@sha256:…`",
        RuleScope.EVERYWHERE,
        TASKS,
        _digests,
    ),
    PolicyRule(
        "no-plain-secrets",
        "No secret is a plain variable",
        "keep it in Secrets Manager, and name it in `app.secrets`",
        RuleScope.EVERYWHERE,
        TASKS,
        _plain_secrets,
    ),
    PolicyRule(
        "restrained-containers",
        "Containers have no privileges of the host, and their output is kept",
        "leave `privileged` out, set logConfiguration",
        RuleScope.EVERYWHERE,
        TASKS,
        _restrained,
    ),
    PolicyRule(
        "promoted-image",
        "Production builds nothing: it runs the digest that another stack has proven",
        "promoteFrom: STACK, or image: REPOSITORY@sha256:…, in place of app.context",
        RuleScope.PRODUCTION,
        whole=_built_elsewhere,
    ),
    PolicyRule(
        "image-scan",
        "An image with known critical weaknesses is refused before its migrations run",
        "scan.severity: critical or high",
        RuleScope.PRODUCTION,
        whole=_scanned,
    ),
    PolicyRule(
        "container-insights",
        "Metrics of tasks are kept after they stop",
        "leave the setting `cluster.insights` out",
        RuleScope.PRODUCTION,
        ("aws:ecs:Cluster",),
        _measured,
    ),
    PolicyRule(
        "replicas",
        f"{REPLICAS} tasks or more serve from the start",
        f"service.min: {REPLICAS} or more",
        RuleScope.PRODUCTION,
        (SERVICE,),
        _replicas,
    ),
    PolicyRule(
        "autoscaling",
        f"Tasks are added when they are busy, and never fewer than {REPLICAS}",
        "service.max above service.min",
        RuleScope.PRODUCTION,
        whole=_scaled,
    ),
    PolicyRule(
        "rollback",
        "A version that does not start is rolled back automatically, while the old one serves",
        "service.circuitBreaker: true",
        RuleScope.PRODUCTION,
        (SERVICE,),
        _rolls_back,
    ),
    PolicyRule(
        "health-check",
        "Targets have a health check",
        "app.livePath",
        RuleScope.EVERYWHERE,
        ("aws:lb:TargetGroup",),
        _checked,
    ),
    PolicyRule(
        "no-exec",
        "Nobody has a shell in a task",
        "enableExecuteCommand: false",
        RuleScope.PRODUCTION,
        (SERVICE,),
        _shut,
    ),
    PolicyRule(
        "snapshot-before-migrating",
        "There is a snapshot to restore, and records of what ran",
        "snapshot.before: true",
        RuleScope.PRODUCTION,
        whole=_snapshots,
    ),
]

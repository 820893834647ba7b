"""Clusters, task definitions, services (botocore service ``ecs``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from emulator.plugins.aws.entry import Entry, Hooks, ResourceRequest
from emulator.plugins.aws.mapping import is_empty
from emulator.plugins.aws.property import LOCAL, OMIT, REPLACE, UNSEEN, Members, Name, Operation, Property, names
from sluice.protocol.resource import Refused

# -- cluster

CLUSTER = Entry(
    "aws:ecs/cluster:Cluster", "ecs",
    create=Operation("create_cluster"),
    read=Operation("describe_clusters", {"clusters": ["$id"], "include": ["SETTINGS", "CONFIGURATIONS"]}),
    item="clusters[0]", id="cluster.clusterArn", absent="status == 'INACTIVE'",
    update=Operation("update_cluster", {"cluster": "$id"}),
    delete=Operation(
        "delete_cluster", {"cluster": "$id"},
        retry=("ClusterContainsServicesException", "ClusterContainsTasksException", "UpdateInProgressException"),
    ),
    properties={
        "name": Property("clusterName", replace=True),
        "settings": Property(block=names("name value"), unset=[{"name": "containerInsights", "value": "disabled"}]),
    },
    outputs={"arn": "clusterArn"},
    name=Name(prefix=""),
    gone=("ClusterNotFoundException",),
)  # fmt: skip

# -- task definition: every change is a new revision

# What AWS adds to a container definition on read. Source: ECS API reference, ContainerDefinition and its members.
_CONTAINER: Members = {"cpu": 0, "essential": True}
_HEALTH_CHECK: Members = {"interval": 30, "timeout": 5, "retries": 3}


def same_containers(left: Any, right: Any) -> bool:
    """Equality of two documents of container definitions once AWS's defaults are in both."""
    return bool(_containers(left) == _containers(right))


def _containers(document: Any) -> Any:
    parsed = json.loads(document) if isinstance(document, str) else document
    return {str(container.get("name")): _filled(_container(container)) for container in parsed}


def _filled(value: Any) -> Any:
    """Without what is empty: AWS shows ``"mountPoints": []`` of a container that has none. Order in lists counts."""
    if isinstance(value, Mapping):
        return {key: _filled(item) for key, item in value.items() if not is_empty(item)}
    return [_filled(item) for item in value] if isinstance(value, list) else value


def _container(container: Members) -> Members:
    full = _CONTAINER | container
    if "healthCheck" in full:
        full["healthCheck"] = _HEALTH_CHECK | full["healthCheck"]
    for name in ("environment", "secrets"):
        full[name] = sorted(full.get(name) or [], key=lambda pair: str(pair.get("name")))
    ports = full.get("portMappings") or []
    # In awsvpc mode the host's port is the container's; AWS shows it, programs leave it out.
    full["portMappings"] = [{"protocol": "tcp", "hostPort": port.get("containerPort")} | port for port in ports]
    return full


def _remember_arn(request: ResourceRequest) -> None:
    if request.answer:
        request.outputs["arn"] = request.answer["taskDefinition"]["taskDefinitionArn"]


_VOLUME = names("name", configureAtLaunch=Property("configuredAtLaunch"), hostPath=Property("host.sourcePath"))
TASK_DEFINITION = Entry(
    "aws:ecs/taskDefinition:TaskDefinition", "ecs",
    create=Operation("register_task_definition"),
    read=Operation("describe_task_definition", {"taskDefinition": "$arn"}), item="taskDefinition", id="$family",
    absent="status == 'INACTIVE'",
    delete=Operation("deregister_task_definition", {"taskDefinition": "$arn"}),
    arn="taskDefinitionArn",
    properties={
        "family": REPLACE,
        "containerDefinitions": Property(replace=True, json=True, same=same_containers),
        "cpu": REPLACE,
        "memory": REPLACE,
        "networkMode": REPLACE,
        "executionRoleArn": REPLACE,
        "taskRoleArn": REPLACE,
        "ipcMode": REPLACE,
        "pidMode": REPLACE,
        "requiresCompatibilities": REPLACE,
        "runtimePlatform": Property(replace=True, block=names("cpuArchitecture operatingSystemFamily")),
        "ephemeralStorage": Property(replace=True, block=names("sizeInGib")),
        "volumes": Property(replace=True, block=_VOLUME),
        "skipDestroy": LOCAL,
    },
    outputs={
        "arn": "taskDefinitionArn", "revision": "revision",
        "arnWithoutRevision": lambda request, item: item["taskDefinitionArn"].rsplit(":", 1)[0],
    },
    hooks=Hooks(created=_remember_arn),
    gone=("ClientException",),  # "Unable to describe task definition", and the only code that there is for it
)  # fmt: skip

# -- service


def same_revision(left: Any, right: Any) -> bool:
    """``family:7`` and the ARN that ends in it are one revision; a family alone is not known to be any."""
    return str(left).rsplit("/", 1)[-1] == str(right).rsplit("/", 1)[-1]


def _service_prepare(request: ResourceRequest, operation: Operation, params: Members) -> None:
    if operation.method == "update_service" and request.flat.get("forceNewDeployment"):
        params["forceNewDeployment"] = True
    if operation.method == "create_service" and request.flat.get("schedulingStrategy") != "DAEMON":
        params.setdefault("desiredCount", 0)  # AWS demands a number; none is the official provider's


def _service_ready(request: ResourceRequest) -> None:
    def probe() -> tuple[bool, None, str]:
        if not request.observe():
            raise Refused(f"{request.call.name}: the service was deleted by somebody else while it was being set up")
        status, deployments = request.item["status"], request.item.get("deployments", [])
        counts = f"{request.item['runningCount']} of {request.item['desiredCount']} tasks running"
        steady = len(deployments) == 1 and request.item["runningCount"] == request.item["desiredCount"]
        done = status == "ACTIVE" and (steady or not request.flat.get("waitForSteadyState"))
        return done, None, f"{status}, {counts}, {len(deployments)} deployments"

    request.wait(
        probe, "service to be active" if not request.flat.get("waitForSteadyState") else "service to be steady"
    )


def _scale_in(request: ResourceRequest) -> None:
    """A service with tasks is not deleted; force would, but first the tasks are told to stop in the ordinary way."""
    if request.observe() and request.item["status"] == "ACTIVE" and request.item.get("schedulingStrategy") != "DAEMON":
        request.ask("update_service", cluster=request.flat["cluster"], service=request.id, desiredCount=0)


def _inactive(request: ResourceRequest) -> None:
    def probe() -> tuple[bool, None, str]:
        there = request.observe()
        return (
            not there,
            None,
            f"{request.item['status']}, {request.item['runningCount']} tasks running" if there else "",
        )

    request.wait(probe, "service to be inactive")


_SERVICE = {"cluster": "$cluster", "service": "$id"}
_CONFIGURATION = "deploymentConfiguration"
_BREAKER = f"{_CONFIGURATION}.deploymentCircuitBreaker"
_ALARMS = f"{_CONFIGURATION}.alarms"
_LIFECYCLE_HOOK = names(
    "targetType hookTargetArn roleArn lifecycleStages",
    timeoutConfiguration=Property(block=names("timeoutInMinutes action")),
)
_ADVANCED = names("alternateTargetGroupArn productionListenerRule testListenerRule roleArn")
_BALANCER = names("targetGroupArn containerName containerPort", advancedConfiguration=Property(block=_ADVANCED))
SERVICE = Entry(
    "aws:ecs/service:Service", "ecs",
    create=Operation("create_service"),
    read=Operation("describe_services", {"cluster": "$cluster", "services": ["$id"]}), item="services[0]",
    id="service.serviceArn", absent="status == 'INACTIVE'",
    update=Operation("update_service", _SERVICE),
    delete=Operation("delete_service", {**_SERVICE, "force": True}),
    properties={
        "name": Property("serviceName", replace=True),
        "cluster": Property(replace=True, seen="clusterArn", same=same_revision),
        "taskDefinition": Property(only_when_changed=True, same=same_revision),
        "desiredCount": Property(unset=0),
        "launchType": REPLACE,
        "platformVersion": Property(unset="LATEST"),
        "schedulingStrategy": REPLACE,
        "deploymentController.type": Property("deploymentController.type", replace=True),
        "deploymentMaximumPercent": Property(f"{_CONFIGURATION}.maximumPercent", unset=200),
        "deploymentMinimumHealthyPercent": Property(f"{_CONFIGURATION}.minimumHealthyPercent", unset=100),
        "deploymentCircuitBreaker.enable": Property(f"{_BREAKER}.enable", unset=False),
        "deploymentCircuitBreaker.rollback": Property(f"{_BREAKER}.rollback", unset=False),
        "deploymentConfiguration.strategy": Property(f"{_CONFIGURATION}.strategy", unset="ROLLING"),
        # The official provider sends nothing for what was removed, and AWS keeps it (terraform-provider-aws#47096).
        "deploymentConfiguration.bakeTimeInMinutes": Property(f"{_CONFIGURATION}.bakeTimeInMinutes", unset=OMIT),
        "deploymentConfiguration.lifecycleHooks": Property(
            f"{_CONFIGURATION}.lifecycleHooks", block=_LIFECYCLE_HOOK, unset=OMIT
        ),
        "deploymentConfiguration.canaryConfiguration": Property(
            f"{_CONFIGURATION}.canaryConfiguration", block=names("canaryPercent canaryBakeTimeInMinutes"), unset=OMIT
        ),
        "deploymentConfiguration.linearConfiguration": Property(
            f"{_CONFIGURATION}.linearConfiguration", block=names("stepPercent stepBakeTimeInMinutes"), unset=OMIT
        ),
        "alarms.alarmNames": Property(f"{_ALARMS}.alarmNames", unset=[]),
        "alarms.enable": Property(f"{_ALARMS}.enable", unset=False),
        "alarms.rollback": Property(f"{_ALARMS}.rollback", unset=False),
        "availabilityZoneRebalancing": Property(unset="DISABLED", seen=UNSEEN),  # the emulator does not show it
        "loadBalancers": Property(block=_BALANCER, unset=[]),
        "healthCheckGracePeriodSeconds": Property(unset=0),
        "networkConfiguration": Property(
            "networkConfiguration.awsvpcConfiguration",
            block=names("subnets securityGroups", assignPublicIp=Property(values={True: "ENABLED", False: "DISABLED"})),
        ),
        "enableEcsManagedTags": Property(unset=False),
        "enableExecuteCommand": Property(unset=False),
        "propagateTags": Property(unset="NONE"),
        "forceNewDeployment": LOCAL,
        "triggers": LOCAL,
        "waitForSteadyState": LOCAL,
    },
    outputs={"arn": "serviceArn"},
    name=Name(prefix=""),
    hooks=Hooks(prepare=_service_prepare, ready=_service_ready, deleting=_scale_in, deleted=_inactive),
    gone=("ServiceNotFoundException", "ServiceNotActiveException", "ClusterNotFoundException"),
    deadline=600,
)  # fmt: skip

ENTRIES = (CLUSTER, TASK_DEFINITION, SERVICE)

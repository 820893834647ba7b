"""Faults of ECS's services and of Application Auto Scaling. One probe starts a container."""

from __future__ import annotations

from typing import Any

from tests.e2e.cloud.stage import NETWORK, until
from tests.e2e.ministack.account import Account, code
from tests.e2e.ministack.probe import Probe
from tests.e2e.ministack.probes.tasks import IMAGE, UNTIL_TERM, cluster, definition, health_check, without_image

ABSENT = "arn:aws:ecs:us-east-1:123456789012:service-deployment/probe/absent/1234567890123456789"


def service(account: Account, task_definition: str, count: int = 0, **more: Any) -> dict[str, Any]:
    """Create a service. Returns it as CreateService does."""
    made: dict[str, Any] = account.client("ecs").create_service(
        cluster=account.once(cluster),
        serviceName=account.name("service"),
        taskDefinition=task_definition,
        desiredCount=count,
        launchType="FARGATE",
        networkConfiguration=NETWORK,
        **more,
    )["service"]
    return made


def empty(account: Account) -> str:
    """A service that wants no task: its name."""
    return str(service(account, account.once(without_image))["serviceName"])


def unhealthy_deployment_is_complete(account: Account) -> bool:
    """A deployment is COMPLETED although its task's health check fails."""
    ecs, family = (
        account.client("ecs"),
        definition(
            account, "unhealthy", IMAGE, command=UNTIL_TERM, stopTimeout=2, healthCheck=health_check(interval=5)
        ),
    )
    where = {"cluster": account.once(cluster)}
    name = service(account, family, count=1)["serviceName"]

    def judged() -> dict[str, Any]:
        deployment: dict[str, Any] = ecs.describe_services(**where, services=[name])["services"][0]["deployments"][0]
        return deployment if deployment["rolloutState"] == "COMPLETED" or deployment["failedTasks"] else {}

    try:
        return bool(until(judged, 30)["rolloutState"] == "COMPLETED")
    finally:
        ecs.delete_service(**where, service=name, force=True)


def changed_network_starts_no_deployment(account: Account) -> bool:
    """UpdateService with another network configuration starts no deployment."""
    ecs, where = account.client("ecs"), {"cluster": account.once(cluster), "service": account.once(empty)}
    before = ecs.describe_services(cluster=where["cluster"], services=[where["service"]])["services"][0]
    other = {"awsvpcConfiguration": {"subnets": ["subnet-2"], "assignPublicIp": "DISABLED"}}
    after = ecs.update_service(**where, networkConfiguration=other)["service"]
    return bool(after["deployments"][0]["id"] == before["deployments"][0]["id"])


def service_is_deleted_at_once(account: Account) -> bool:
    """DeleteService answers INACTIVE, without DRAINING before."""
    name = service(account, account.once(without_image))["serviceName"]
    gone = account.client("ecs").delete_service(cluster=account.once(cluster), service=name)["service"]
    return bool(gone["status"] == "INACTIVE")


def group_without_listener_is_taken(account: Account) -> bool:
    """CreateService takes a target group that no listener forwards to."""
    group = account.client("elbv2").create_target_group(
        Name=account.name("lonely"), Protocol="HTTP", Port=8080, VpcId="vpc-1", TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    behind = {"targetGroupArn": group, "containerName": "app", "containerPort": 8080}
    family = definition(account, "behind", portMappings=[{"containerPort": 8080}])
    asked = {"account": account, "task_definition": family, "loadBalancers": [behind]}
    return code(service, **asked) != "InvalidParameterException"


def service_deployment_cannot_be_stopped(account: Account) -> bool:
    """StopServiceDeployment is an unknown operation."""
    call = account.client("ecs").stop_service_deployment
    return code(call, serviceDeploymentArn=ABSENT) != "ServiceDeploymentNotFoundException"


def service_has_no_history(account: Account) -> bool:
    """ListServiceDeployments lists none of a service that has one."""
    asked = {"cluster": account.once(cluster), "service": account.once(empty)}
    return not account.client("ecs").list_service_deployments(**asked)["serviceDeployments"]


def service_cannot_scale(account: Account) -> bool:
    """RegisterScalableTarget is an unknown operation."""
    call = account.client("application-autoscaling").register_scalable_target
    resource = f"service/{account.once(cluster)}/{account.once(empty)}"
    what = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount", "ResourceId": resource}
    return code(call, **what, MinCapacity=0, MaxCapacity=1) != ""


PROBES = (
    Probe("ecs/service/scheduler", unhealthy_deployment_is_complete),
    Probe("ecs/service/services", changed_network_starts_no_deployment),
    Probe("ecs/service/services", service_is_deleted_at_once),
    Probe("ecs/service/services", group_without_listener_is_taken),
    Probe("ecs/service/service_history", service_deployment_cannot_be_stopped),
    Probe("ecs/service/service_history", service_has_no_history),
    Probe("scaling/targets", service_cannot_scale),
)

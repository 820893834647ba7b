"""The service: its shape. What runs in it is decided by the deployment."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.monitoring.alarm import alarm
from components.network.existing_listener import ExistingListener
from components.network.load_balancer import LoadBalancer
from components.network.placement import Placement
from components.network.traffic import errors
from components.service.strategy import Strategy
from components.tasks.container import Container, HealthCheck
from components.tasks.isolation import Isolation

CONTAINER = "service"
PLATFORM_VERSION = "LATEST"
GUARD_MINUTES, GUARD_FLOOR = 2, 20
"""Minutes of errors that roll a deployment back, and the requests per minute below which errors do not count."""

NO_ALARMS: aws.ecs.ServiceAlarmsArgsDict = {"alarm_names": [], "enable": False, "rollback": False}
"""Switches deployment alarms off. UpdateService keeps what the call does not name, so without this block a service
would keep alarms that were removed. All three members are required (DeploymentAlarms, Amazon ECS API reference)."""


@dataclass(frozen=True)
class ServiceArgs:
    """Inputs of Service.

    Attributes:
        cluster: ARN.
        task_definition: that the gate let through; used when the service is created and never again.
        port: that its container listens on.
        tasks: that always run.
        scales: whether autoscaling sets the number of tasks.
        errors: percentage of 5xx that rolls a deployment back; 0: none does.
        grace: seconds after a task starts in which failed checks do not count.
        circuit_breaker: whether the ECS circuit breaker stops a failing deployment and rolls it back.
        balancer: that its requests come through.
        strategy: how ECS shifts traffic; None: rolling with one target group.
    """

    cluster: pulumi.Input[str]
    task_definition: pulumi.Input[str]
    port: int
    tasks: int
    scales: bool
    errors: int
    grace: int
    circuit_breaker: bool
    placement: Placement
    balancer: LoadBalancer | ExistingListener
    strategy: Strategy | None = None


def service_container(port: int, stop_timeout: int, health: HealthCheck | None, isolation: Isolation) -> Container:
    """The container of a service task: its requests may end while it stops, and a slow log must not slow it down."""
    return Container(
        name=CONTAINER,
        log_mode="non-blocking",
        stop_timeout=stop_timeout,
        port=port,
        health=health,
        isolation=isolation,
    )


class Service(pulumi.ComponentResource):
    """An ECS service on Fargate behind a load balancer.

    Outputs:
        name: of the service.
        balancer: that its requests come through.
        strategy: how ECS shifts traffic; None: rolling with one target group.
        url, target_group_arns: the balancer's.
        network, platform_version, load_balancers: as the deployment compares them with ECS's.
        shape: changes when one of these does: ECS then starts a deployment, which the gate has to watch.
    """

    name: pulumi.Output[str]
    balancer: LoadBalancer | ExistingListener
    strategy: Strategy | None
    url: pulumi.Output[str]
    target_group_arns: list[pulumi.Output[str]]
    shape: pulumi.Output[str]
    network: Mapping[str, Any]
    platform_version: str
    load_balancers: Sequence[Mapping[str, Any]]

    def __init__(self, name: str, args: ServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:components:Service", name, None, opts)
        balancer, strategy = args.balancer, args.strategy
        network: aws.ecs.ServiceNetworkConfigurationArgsDict = {
            "subnets": list(args.placement.subnet_ids),
            "security_groups": list(args.placement.security_group_ids),
            "assign_public_ip": args.placement.public_ip,
        }
        target: aws.ecs.ServiceLoadBalancerArgsDict = {
            "target_group_arn": balancer.target_group_arn,
            "container_name": CONTAINER,
            "container_port": args.port,
        }
        if strategy is not None:
            target["advanced_configuration"] = strategy.advanced()
        service = aws.ecs.Service(
            name,
            cluster=args.cluster,
            task_definition=args.task_definition,
            launch_type="FARGATE",
            platform_version=PLATFORM_VERSION,
            desired_count=args.tasks,
            network_configuration=network,
            load_balancers=[target],
            health_check_grace_period_seconds=args.grace,
            # The old tasks serve until as many new ones are healthy; needs room for twice the tasks.
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=200,
            deployment_configuration=strategy.configuration() if strategy else None,
            deployment_circuit_breaker={"enable": args.circuit_breaker, "rollback": args.circuit_breaker},
            alarms=self._guard(name, args.errors, balancer) if args.errors else NO_ALARMS,
            # Set explicitly: the AWS default depends on the service's age. It starts tasks outside of deployments.
            availability_zone_rebalancing="ENABLED",
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            enable_execute_command=False,
            # The provider's own waiting calls a rolled-back deployment a success; the deployment component judges
            # instead.
            wait_for_steady_state=False,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=balancer.ready,
                # Only the rollout moves the service to another revision, once the gate let it through. The port that
                # the load balancer asks must be one of the revision's, so UpdateService takes both or neither. How
                # many tasks there are is autoscaling's business, where there is any.
                ignore_changes=["taskDefinition", "loadBalancers", *(["desiredCount"] if args.scales else [])],
            ),
        )
        self.name = service.name
        self.balancer, self.strategy = balancer, strategy
        self.url = balancer.url
        shift = strategy.shift if strategy and strategy.kind != "rolling" else None
        self.target_group_arns = [group.arn for group in shift.groups] if shift else [balancer.target_group_arn]
        self.network = {
            "subnets": network["subnets"],
            "securityGroups": network["security_groups"],
            "assignPublicIp": args.placement.public_ip,
        }
        self.platform_version = PLATFORM_VERSION
        self.load_balancers = [
            {
                "targetGroupArn": balancer.target_group_arn,
                "containerName": CONTAINER,
                "containerPort": args.port,
                **({"advancedConfiguration": strategy.update()} if strategy else {}),
            }
        ]
        # After the service: whoever compares shapes must find the deployment that the new shape started.
        self.shape = pulumi.Output.all(
            service.id, {"network": network, "target": target, "platform": PLATFORM_VERSION}
        ).apply(lambda known: fingerprint(known[1]))
        self.register_outputs(
            {"name": self.name, "url": self.url, "targetGroupArn": balancer.target_group_arn, "shape": self.shape}
        )

    def shifted(self) -> dict[str, Any] | None:
        """The strategy in the form of Rollout's input; None: the service is rolling."""
        return self.strategy.described(self.balancer.suffix) if self.strategy else None

    def _guard(
        self, name: str, percent: int, balancer: LoadBalancer | ExistingListener
    ) -> aws.ecs.ServiceAlarmsArgsDict:
        """An alarm of the service's own: it rolls a deployment back and pages nobody; the paging one is slower. ECS
        watches for a while after the last task was replaced, the longer the longer the alarm takes ("How CloudWatch
        alarms detect Amazon ECS deployment failures" in the Amazon ECS developer guide)."""
        place = (balancer.suffix, balancer.target_group_suffixes)
        rule = errors("deployment", percent, GUARD_FLOOR, GUARD_MINUTES, *place, shared=balancer.shared)
        guard = alarm(name, rule, None, pulumi.ResourceOptions(parent=self))
        return {"alarm_names": [guard.name], "enable": True, "rollback": True}


def directed(service: Service, host: str = "") -> dict[str, pulumi.Input[str]]:
    """Where a request to the service goes: the load balancer's address, where the service has a name of its own, as a
    new name takes a while to reach every DNS server. host: sent as Host header; empty: the URL's."""
    address: dict[str, pulumi.Input[str]] = {"address": service.balancer.address} if service.balancer.named else {}
    return address | ({"host": host} if host else {})


def fingerprint(shape: Mapping[str, Any]) -> str:
    """A hash of the settings of a service that make ECS start a deployment, the order of lists apart.

    Source: UpdateService in the Amazon ECS API reference, which says of each parameter whether it does.
    """
    return hashlib.sha256(json.dumps(_ordered(shape), sort_keys=True).encode()).hexdigest()


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _ordered(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return sorted((_ordered(part) for part in value), key=json.dumps)
    return value

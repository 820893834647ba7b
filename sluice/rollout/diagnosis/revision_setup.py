"""How a revision and its target group are set up, as far as a diagnosis compares it. Pure.

Sources: DescribeTaskDefinition, DescribeServices (ECS API reference), DescribeTargetGroups (ELB API reference).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice.diagnosis.log_place import LogPlace

LONGEST_START_PERIOD = 300
"""Seconds; HealthCheck.startPeriod of the ECS API reference."""


@dataclass(frozen=True)
class Setup:
    """What is known; None or empty where it is not.

    Attributes:
        container: name of the container that the load balancer asks.
        port: on which the targets are asked for requests.
        check_port: on which the health check asks.
        path: of the health check.
        matcher: statuses that pass, as in ``200`` or ``200-299``.
        interval: seconds between two checks of the load balancer.
        timeout: seconds for one answer.
        grace: seconds after a task's start in which failed checks do not count.
        command: of the check inside the container.
        memory: MiB that the container may use.
        log: where the container's log goes.
    """

    container: str = ""
    port: int | None = None
    check_port: int | None = None
    path: str = "/"
    matcher: str = "200"
    interval: int | None = None
    timeout: int | None = None
    grace: int | None = None
    command: str = ""
    memory: int | None = None
    log: LogPlace | None = None


def setup(
    definition: Mapping[str, Any], service: Mapping[str, Any] | None, group: Mapping[str, Any], group_arn: str = ""
) -> Setup:
    """From what the API says; *definition*: of the revision that failed; *group*: of *group_arn*."""
    balancers = (service or {}).get("loadBalancers") or []
    balancer = next((one for one in balancers if one.get("targetGroupArn") == group_arn), (balancers or [{}])[0])
    containers = definition.get("containerDefinitions") or []
    container = next((one for one in containers if one.get("name") == balancer.get("containerName")), None)
    if container is None:
        container = next((one for one in containers if one.get("portMappings")), containers[0] if containers else {})
    mapped = [one.get("containerPort") for one in container.get("portMappings") or []]
    check = container.get("healthCheck") or {}
    asked = balancer.get("containerPort")
    # After a rollback the service has the load balancer of the version before, which may listen elsewhere.
    port = asked if asked in mapped or not mapped else mapped[0]
    port = port or group.get("Port")
    check_port = str(group.get("HealthCheckPort") or "")
    grace = (service or {}).get("healthCheckGracePeriodSeconds")
    command = list(check.get("command") or ())
    return Setup(
        container=str(container.get("name") or ""),
        port=port,
        check_port=int(check_port) if check_port.isdigit() else port,
        path=str(group.get("HealthCheckPath") or "/"),
        matcher=str((group.get("Matcher") or {}).get("HttpCode") or "200"),
        interval=group.get("HealthCheckIntervalSeconds"),
        timeout=group.get("HealthCheckTimeoutSeconds"),
        grace=max(grace or 0, check.get("startPeriod") or 0) if grace is not None or check else None,
        command=" ".join(command[1:]) if command and command[0] != "NONE" else "",
        memory=_mebibytes(container.get("memory") or definition.get("memory")),
        log=LogPlace.of(container) if container else None,
    )


def _mebibytes(value: Any) -> int | None:
    return int(value) if str(value or "").isdigit() else None

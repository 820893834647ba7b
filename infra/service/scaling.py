"""How many tasks the service has, by the settings."""

from __future__ import annotations

import pulumi

from components.service.autoscaling import Autoscaling, AutoscalingArgs
from components.service.service import Service
from infra.settings.settings import Settings


def scaling_of(
    name: str, stack: Settings, cluster: pulumi.Input[str], service: Service, opts: pulumi.ResourceOptions
) -> Autoscaling | None:
    """Autoscaling, where the settings give a range. cluster: its name."""
    wanted = stack.service
    if not wanted.scales:
        return None
    return Autoscaling(
        name,
        AutoscalingArgs(
            cluster=cluster,
            service=service.name,
            least=wanted.min,
            most=wanted.max or wanted.min,
            cpu=wanted.target_cpu,
            requests=wanted.target_requests,
            load_balancer=service.balancer.suffix,
            target_group=service.balancer.target_group_suffixes[0],
        ),
        opts,
    )

"""How ECS shifts the service's traffic to a new version, by the settings."""

from __future__ import annotations

import pulumi

from components.image.origin import Origin
from components.network.existing_listener import ExistingListener
from components.network.load_balancer import LoadBalancer
from components.network.placement import Placement
from components.service.strategy import Analysis, ProofTask, Strategy
from infra.service.infrastructure_role import InfrastructureRole
from infra.service.one_off_task import one_off_task
from infra.settings.settings import Settings
from infra.tasks.access import Standing
from infra.tasks.logs import Logs


def strategy_of(
    name: str,
    stack: Settings,
    balancer: LoadBalancer | ExistingListener,
    origin: Origin,
    image: pulumi.Input[str],
    logs: Logs,
    placement: Placement,
    opts: pulumi.ResourceOptions,
) -> Strategy | None:
    """None: the service rolls, with one target group.

    Args:
        image: of the release, whose migrations have run: the proof runs it.
        placement: the service's.
    """
    shift, service = balancer.shift, stack.service
    if shift is None:
        return None
    infrastructure = InfrastructureRole(
        name,
        Standing.of(pulumi.get_project(), pulumi.get_stack(), bounded=stack.access.boundary),
        [group.arn for group in shift.groups],
        [rule.arn for rule in shift.rules],
        opts,
    )
    wanted, steps = service.shift, service.strategy in ("canary", "linear")
    limits = wanted.analysis
    return Strategy(
        kind=service.strategy,
        shift=shift,
        role_arn=infrastructure.arn,
        bake_minutes=wanted.bake_minutes,
        step_percent=wanted.step_percent,
        step_minutes=wanted.step_minutes,
        pause_minutes=wanted.pause_minutes,
        approve=wanted.approve,
        guard=wanted.guard,
        proof=_proof(name, stack, origin, image, logs, placement, opts),
        analysis=Analysis(limits.min_requests, limits.error_percent, limits.latency_factor) if steps else None,
    )


def _proof(
    name: str,
    stack: Settings,
    origin: Origin,
    image: pulumi.Input[str],
    logs: Logs,
    placement: Placement,
    opts: pulumi.ResourceOptions,
) -> ProofTask | None:
    wanted = stack.service.proof
    if wanted is None:
        return None
    task = one_off_task(name, "proof", stack, origin, image, wanted.command, logs, placement, opts)
    return ProofTask(task.described(), wanted.timeout)

"""How requests come to the service: a load balancer of its own or an existing one's listener, and under which name."""

from __future__ import annotations

import pulumi

from components.network.existing_listener import ExistingListener, ExistingListenerArgs
from components.network.load_balancer import AccessLogs, Https, LoadBalancer, LoadBalancerArgs
from components.network.target_group import TargetCheck, TargetGroupArgs
from infra.network.domain import Alias, AliasArgs, Certificate, CertificateArgs
from infra.network.existing_network import ExistingNetwork
from infra.network.network import Network
from infra.network.traffic_logs import BALANCER, TrafficLogs
from infra.network.waf import Waf, WafArgs
from infra.ordering import after
from infra.settings.settings import Settings


def entrance(
    name: str,
    stack: Settings,
    network: Network | ExistingNetwork,
    traffic: TrafficLogs | None,
    opts: pulumi.ResourceOptions,
) -> LoadBalancer | ExistingListener:
    """The load balancer or the existing listener of the service; and the certificate and the firewall, where the
    settings ask for them.

    It exists before tasks do: the gate checks whether a listener forwards, and the application may need its name.

    Args:
        traffic: where the load balancer may write its access logs.
    """
    # Older stacks have it as a part of their Service.
    own = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(aliases=[pulumi.Alias(parent=_service(name))]))
    health, balancer, domain = stack.service.health, stack.load_balancer, stack.domain
    check = TargetCheck(stack.app.live_path, health.interval, health.timeout, health.retries)
    targets = TargetGroupArgs(network.vpc_id, check, stack.service.drain_seconds)
    if balancer.listener is not None:
        host = domain.name or balancer.host or ""
        there = ExistingListenerArgs(
            targets,
            balancer.listener,
            balancer.priority or 0,
            host,
            stack.protected,
            balancer.test_priority if stack.service.shifts else None,
        )
        listener = ExistingListener(name, there, own)
        if stack.smoke.from_ == "deployer" and pulumi.runtime.is_dry_run():
            listener.internal.apply(_hint)
        return listener
    https = None
    if domain.name is not None:
        certificate: pulumi.Input[str] = domain.certificate or ""
        if domain.zone is not None and domain.certificate is None:
            certificate = Certificate(name, CertificateArgs(domain.name, domain.zone), opts).arn
        https = Https(domain.name, certificate)
    written = balancer.access_logs_in(stack.environment)
    args = LoadBalancerArgs(
        targets=targets,
        subnet_ids=network.public_subnet_ids,
        security_group_id=network.firewall.load_balancer,
        protected=stack.protected,
        https=https,
        access_logs=AccessLogs(traffic.bucket, BALANCER) if traffic and written else None,
        shifts=stack.service.shifts,
    )
    made = LoadBalancer(name, args, own)
    if stack.guarded:
        Waf(name, WafArgs(made.arn, stack.waf.rate_limit, stack.waf.managed_rules), opts)
    return made


def _hint(internal: bool) -> None:
    """Says in a preview that the deployer may not reach what it will ask."""
    if internal:
        pulumi.log.info(
            "loadBalancer.listener is an internal load balancer's: a deployer outside of its network cannot send the"
            " smoke request; write smoke.from: task, or off, where this one is outside (docs/smoke.md)"
        )


def _service(name: str) -> str:
    """URN of the stack's Service."""
    return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::sluice:components:Service::{name}"


def attached(balancer: LoadBalancer | ExistingListener) -> list[pulumi.Output[str]]:
    """ARNs of the service's target groups, known only when a listener forwards to them."""
    groups = [one.arn for one in balancer.shift.groups] if balancer.shift else [balancer.target_group_arn]
    ready = [pulumi.Output.from_input(one.urn) for one in balancer.ready]
    return [after(group, *ready) for group in groups]


def alias(name: str, stack: Settings, balancer: LoadBalancer | ExistingListener, opts: pulumi.ResourceOptions) -> None:
    """Leads the service's own name to its load balancer, where the settings say in which zone it is."""
    domain = stack.domain
    if domain.name is not None and domain.zone is not None:
        Alias(name, AliasArgs(domain.name, domain.zone, balancer.address, balancer.zone_id), opts)

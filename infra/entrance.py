"""How requests come to the service: a load balancer of its own or an existing one's listener, and under which name."""

from __future__ import annotations

import pulumi

from components.existing_listener import ExistingListenerArgs
from components.load_balancer import Https, LoadBalancerArgs
from components.service import Service
from components.target_group import TargetCheck, TargetGroupArgs
from infra.domain import Alias, AliasArgs, Certificate, CertificateArgs
from infra.existing_network import ExistingNetwork
from infra.network import Network
from infra.settings.settings import Settings


def entrance(
    name: str, stack: Settings, network: Network | ExistingNetwork, opts: pulumi.ResourceOptions
) -> LoadBalancerArgs | ExistingListenerArgs:
    """What the service's load balancer is made of; makes the certificate where the settings ask for one."""
    health, balancer, domain = stack.service.health, stack.load_balancer, stack.domain
    check = TargetCheck(stack.app.live_path, health.interval, health.timeout, health.retries)
    targets = TargetGroupArgs(network.vpc_id, check, stack.service.drain_seconds)
    if balancer.listener is not None:
        host = domain.name or balancer.host or ""
        return ExistingListenerArgs(targets, balancer.listener, balancer.priority or 0, host, stack.protected)
    https = None
    if domain.name is not None:
        certificate: pulumi.Input[str] = domain.certificate or ""
        if domain.zone is not None and domain.certificate is None:
            certificate = Certificate(name, CertificateArgs(domain.name, domain.zone), opts).arn
        https = Https(domain.name, certificate)
    return LoadBalancerArgs(
        targets=targets,
        subnet_ids=network.public_subnet_ids,
        security_group_id=network.firewall.load_balancer,
        protected=stack.protected,
        https=https,
    )


def alias(name: str, stack: Settings, service: Service, opts: pulumi.ResourceOptions) -> None:
    """Leads the service's own name to its load balancer, where the settings say in which zone it is."""
    domain = stack.domain
    if domain.name is not None and domain.zone is not None:
        Alias(name, AliasArgs(domain.name, domain.zone, service.balancer.address, service.balancer.zone_id), opts)

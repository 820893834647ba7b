"""Host headers of requests to the service, as in a deployment (docs/host-header.md)."""

from __future__ import annotations

from check import docker
from infra.settings.settings import Settings

HERE = "localhost"
"""Replaces the load balancer's own name, which a deployment without `domain` uses."""


def service(settings: Settings) -> dict[str, str]:
    """Return the values of `${service.host}` and `${service.url}`."""
    host = settings.domain.name or settings.load_balancer.host or HERE
    return {"host": host, "url": f"{'https' if settings.domain.name else 'http'}://{host}"}


def of_users(settings: Settings) -> str:
    """Return the Host header of users, rollout and soak."""
    return settings.smoke.host or service(settings)["host"]


def of_the_load_balancer(container: str, port: int) -> str:
    """Return the Host header of the load balancer's check: the task's own address and port."""
    networks = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
    address = docker.ask(["inspect", "--format", networks, container]).split()
    return f"{address[0]}:{port}" if address else ""

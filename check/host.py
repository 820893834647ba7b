"""Under which names the service is asked here: the Host headers of a deployment (docs/host-header.md)."""

from __future__ import annotations

from check import docker
from infra.settings.settings import Settings

HERE = "localhost"
"""In place of the load balancer's own name, which a deployment without `domain` has."""


def service(settings: Settings) -> dict[str, str]:
    """Return what `${service.host}` and `${service.url}` stand for."""
    host = settings.domain.name or settings.load_balancer.host or HERE
    return {"host": host, "url": f"{'https' if settings.domain.name else 'http'}://{host}"}


def of_users(settings: Settings) -> str:
    """Return what users, rollout and soak send."""
    return settings.smoke.host or service(settings)["host"]


def of_the_load_balancer(container: str, port: int) -> str:
    """Return what the load balancer's check sends: the task's own address, with the port that it asks."""
    networks = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
    address = docker.ask(["inspect", "--format", networks, container]).split()
    return f"{address[0]}:{port}" if address else ""

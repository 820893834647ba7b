"""The name that users send: what the application is told of it, and with which Host header the gate asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pulumi.output import Unknown

from tests.components.program import LISTENER, Deployed
from tests.components.test_entrance import EXISTING, HOST, ZONE

Deploy = Callable[..., Deployed]
TOLD = {"ALLOWED_HOSTS": "${service.host},extra", "PUBLIC_URL": "${service.url}/app", "OTHER": "${HOME} {host}"}
SHARED = {"loadBalancer": {"listener": LISTENER, "priority": 7, "host": HOST}, "network": EXISTING}


@pytest.fixture
def told(config: dict[str, Any]) -> dict[str, Any]:
    return {**config["app"], "environment": TOLD}


@pytest.mark.parametrize(
    ("changes", "host", "url"),
    [
        ({}, "web.example.com", "http://web.example.com"),
        ({"domain": {"name": HOST, "zone": ZONE}}, HOST, f"https://{HOST}"),
        (SHARED, HOST, f"https://{HOST}"),
    ],
    ids=["the load balancer's own name", "a domain", "an existing listener"],
)
def test_every_task_is_told_of_the_service(
    deploy: Deploy, told: dict[str, Any], changes: dict[str, Any], host: str, url: str
) -> None:
    deployed = deploy(app=told, **changes)
    assert deployed.outputs["url"] == url
    for kind in ("service", "test-migration", "bootstrap"):
        variables = deployed.variables(kind)
        assert variables["ALLOWED_HOSTS"] == f"{host},extra"
        assert variables["PUBLIC_URL"] == f"{url}/app"
        assert variables["OTHER"] == "${HOME} {host}", "nothing else is replaced"
    assert deployed.one("MigrationRun").inputs["environment"]["ALLOWED_HOSTS"] == f"{host},extra"


def test_a_step_may_be_told_too(deploy: Deploy) -> None:
    steps = [{"name": "seed", "command": ["seed"], "environment": {"AT": "${service.url}", "PLAIN": "1"}}]
    deployed = deploy(migrations=steps)
    [_, seed] = deployed.one("MigrationRun").inputs["steps"]
    assert seed["environment"] == {"AT": "http://web.example.com", "PLAIN": "1"}


def test_the_variables_are_known_in_a_preview_where_nothing_names_the_service(deploy: Deploy) -> None:
    """Else a new load balancer would make the steps run."""
    balancer = {"LoadBalancer": {"dnsName": None}}
    run = deploy(preview=True, stale=balancer).one("MigrationRun").inputs
    assert not isinstance(run["environment"], Unknown)


def test_the_gate_asks_for_the_urls_host_unless_told(deploy: Deploy) -> None:
    deployed = deploy()
    assert "host" not in deployed.one("Rollout").inputs["smoke"]
    assert "host" not in deployed.outputs["gate"]["smoke"]
    deployed = deploy(smoke={"host": HOST})
    assert deployed.one("Rollout").inputs["smoke"]["host"] == HOST
    assert deployed.outputs["gate"]["smoke"]["host"] == HOST, "`sluice rollback` and `make smoke` ask as Rollout does"


def test_the_gate_waits_for_the_listener_that_it_looks_for(deploy: Deploy) -> None:
    for deployed, kind in ((deploy(), "Listener"), (deploy(**SHARED), "ListenerRule")):
        run = deployed.one("MigrationRun")
        assert run.inputs["targetGroups"] == deployed.one("Rollout").inputs["targetGroups"]
        assert deployed.one(f":{kind}").urn in run.needs["targetGroups"]


def test_after_steps_look_for_no_listener(deploy: Deploy) -> None:
    late = {"name": "late", "command": ["late"], "phase": "after"}
    deployed = deploy(migrations=[{"name": "master", "command": ["migrate"]}, late])
    assert "targetGroups" not in deployed.one("MigrationRun", "after").inputs

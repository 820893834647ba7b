"""Who sends the smoke request and the soak's: the deployer, a task in the service's network, nobody."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.components.program import DIGEST, LISTENER, REGISTRY, Deployed
from tests.components.test_entrance import EXISTING

Deploy = Callable[..., Deployed]
COMMAND = ["sh", "-c", 'curl -f "$SLUICE_URL"']
CURL = f"111122223333.dkr.ecr.eu-central-1.amazonaws.com/curl@sha256:{'ef' * 32}"


def statements(deployed: Deployed, name: str) -> dict[str, Any]:
    """Of a role's policy, by their ids."""
    policy = json.loads(deployed.one("iam/rolePolicy:RolePolicy", name).inputs["policy"])
    return {one["Sid"]: one for one in policy["Statement"]}


def test_the_deployer_asks_unless_said_otherwise(deploy: Deploy) -> None:
    deployed = deploy()
    assert "task" not in deployed.one("Rollout").inputs["smoke"]
    assert not any(one.name.endswith("-smoke") for one in deployed.resources)
    assert deployed.outputs["gate"]["deep"]["url"] == "http://web.example.com/health"


class TestTask:
    @pytest.fixture
    def deployed(self, deploy: Deploy) -> Deployed:
        return deploy(smoke={"from": "task", "command": COMMAND})

    def test_runs_where_the_service_does(self, deployed: Deployed) -> None:
        asks = deployed.one("Rollout").inputs["smoke"]["task"]
        service = deployed.one("ecs/service:Service").inputs["networkConfiguration"]
        assert asks["command"] == COMMAND
        assert (asks["subnets"], asks["securityGroups"]) == (service["subnets"], service["securityGroups"])
        assert asks["assignPublicIp"] is service["assignPublicIp"]
        definition = deployed.one("ecs/taskDefinition:TaskDefinition", "-smoke")
        assert asks["taskDefinition"].endswith(definition.name)
        assert asks["container"] == deployed.container("-smoke")["name"] == "smoke"

    def test_is_the_release_itself_once_its_migrations_have_run(self, deployed: Deployed) -> None:
        assert deployed.container("-smoke")["image"] == f"{REGISTRY}@{DIGEST}"
        run = deployed.one("MigrationRun")
        assert run.urn in deployed.one("ecs/taskDefinition:TaskDefinition", "-smoke").dependencies

    def test_reads_no_secret_and_may_do_nothing(self, deployed: Deployed) -> None:
        container = deployed.container("-smoke")
        assert container["secrets"] == container["environment"] == container["portMappings"] == []
        assert set(statements(deployed, "-smoke-execution")) == {"Login", "Pull", "Log"}
        policies = [one.inputs["role"] for one in deployed.all("iam/rolePolicy:RolePolicy")]
        assert not any(role.startswith("sluice-test-smoke-task") for role in policies)

    def test_an_operator_asks_by_it_too(self, deployed: Deployed) -> None:
        gate, asked = deployed.outputs["gate"], deployed.one("Rollout").inputs["smoke"]
        assert gate["smoke"] == {key: value for key, value in asked.items() if key != "version"}
        assert gate.get("deep") is None, "an operator's machine does not reach it either"

    def test_the_soak_is_asked_by_it_too(self, deployed: Deployed) -> None:
        assert deployed.one("Rollout").inputs["soak"]["url"] == "http://web.example.com/health"

    def test_an_image_of_its_own(self, deploy: Deploy, config: dict[str, Any]) -> None:
        smoke = {"from": "task", "command": COMMAND, "image": CURL}
        known = {"repositories": [CURL.partition("@")[0]]}
        deployed = deploy(smoke=smoke, access=known, app=config["app"] | {"stepEntryPoint": ["env"]})
        container = deployed.container("-smoke")
        assert container["image"] == CURL
        assert "entryPoint" not in container
        assert any(
            one.endswith("repository/curl") for one in statements(deployed, "-smoke-execution")["Pull"]["Resource"]
        )
        assert CURL in deployed.one("Rollout").inputs["keep"]["images"]

    def test_of_the_release_the_entry_point_of_steps(self, deploy: Deploy, config: dict[str, Any]) -> None:
        smoke = {"from": "task", "command": COMMAND}
        deployed = deploy(smoke=smoke, app=config["app"] | {"stepEntryPoint": ["env"]})
        assert deployed.container("-smoke")["entryPoint"] == ["env"]


INTERNAL = {"getLoadBalancer": {"internal": True}}


@pytest.mark.parametrize(
    ("smoke", "stale", "preview", "said"),
    [
        ({}, INTERNAL, True, 1),
        ({}, INTERNAL, False, 0),
        ({}, {}, True, 0),
        ({"from": "task", "command": COMMAND}, INTERNAL, True, 0),
        ({"from": "off"}, INTERNAL, True, 0),
    ],
    ids=["a preview says it", "an update does not", "public", "a task", "nobody"],
)
def test_an_internal_load_balancer_may_be_out_of_reach(
    deploy: Deploy,
    caplog: pytest.LogCaptureFixture,
    smoke: dict[str, Any],
    stale: dict[str, Any],
    preview: bool,
    said: int,
) -> None:
    caplog.set_level("INFO")
    balancer = {"listener": LISTENER, "priority": 1, "host": "shop.example.com"}
    deploy(loadBalancer=balancer, network=EXISTING, smoke=smoke, stale=stale, preview=preview)
    assert sum("is an internal load balancer's" in record.getMessage() for record in caplog.records) == said


def test_nobody_asks(deploy: Deploy) -> None:
    deployed = deploy(smoke={"from": "off"})
    rollout, gate = deployed.one("Rollout").inputs, deployed.outputs["gate"]
    assert rollout.get("smoke") is None
    assert rollout["soak"]["url"] == "", "only its targets and tasks are watched"
    assert gate.get("smoke") is gate.get("deep") is None

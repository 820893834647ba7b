"""The rule for failed migrations: EventBridge notifies when the gate was killed."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from infra.monitoring.failed_migration import pattern
from tests.components.event_pattern import matches
from tests.components.program import Deployed

Deploy = Callable[..., Deployed]
EMAIL = {"email": ["ops@example.com"]}


def test_it_knows_every_family_and_the_container_of_the_migrations(deploy: Deploy) -> None:
    step = {"name": "tool", "command": ["migrate"], "image": "sha256:" + "07" * 32}
    deployed = deploy(notify=EMAIL, migrations=[step])
    event = json.loads(deployed.one("eventRule:EventRule").inputs["eventPattern"])
    families = {one.inputs["family"] for one in deployed.all("taskDefinition:TaskDefinition")}
    assert set(event["detail"]["group"]) == {
        f"family:{family}" for family in families if not family.endswith("-service")
    }
    [exited, _] = event["detail"]["$or"]
    assert exited["containers"]["name"] == [deployed.outputs["gate"]["container"]]
    assert deployed.one("eventTarget:EventTarget").inputs["arn"] == deployed.outputs["topic"]


@pytest.mark.parametrize(
    ("code", "agent", "stopped", "matched"),
    [
        (0, None, "EssentialContainerExited", False),
        (1, None, "EssentialContainerExited", True),
        (137, None, "UserInitiated", True),
        (0, 0, "EssentialContainerExited", False),
        (0, 137, "EssentialContainerExited", False),
        (3, 0, "EssentialContainerExited", True),
        (3, 137, "EssentialContainerExited", True),
        (None, 1, "TaskFailedToStart", True),
        (None, None, "TaskFailedToStart", True),
    ],
)
def test_it_matches_what_the_migration_itself_did(
    code: int | None, agent: int | None, stopped: str, matched: bool
) -> None:
    """An agent that the account injects may end as it likes."""
    wanted = json.loads(pattern("arn:cluster", ["shop-migration"], "migration"))
    codes = {"migration": code} | ({"agent": agent} if agent is not None else {})
    containers = [{"name": name} | ({} if one is None else {"exitCode": one}) for name, one in codes.items()]
    known = {"clusterArn": "arn:cluster", "group": "family:shop-migration", "lastStatus": "STOPPED"}
    detail = known | {"containers": containers, "stopCode": stopped}
    event = {"source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": detail}
    assert matches(wanted, event) is matched
    assert not matches(wanted, event | {"detail": detail | {"group": "family:other"}})
    assert not matches(wanted, event | {"detail": detail | {"lastStatus": "RUNNING"}})

"""What a preview says of who will ask the version."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.protocol.values import UNKNOWN
from sluice.provider.smoke_origin import who_asks

SMOKE = {"url": "https://notes/health"}
SOAK = {"seconds": 20, "url": "https://notes/health"}
TASK = {"command": ["curl", "-f"], "taskDefinition": UNKNOWN}


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ({"smoke": SMOKE}, "this deployer sends the smoke request to https://notes/health (smoke.from: deployer)"),
        (
            {"smoke": SMOKE, "soak": SOAK},
            "this deployer sends the smoke request to https://notes/health (smoke.from: deployer), "
            "and soaks the serving version first",
        ),
        (
            {"smoke": SMOKE, "soak": SOAK, "rollback": True},
            "this deployer sends the smoke request to https://notes/health (smoke.from: deployer)",
        ),
        (
            {"smoke": {"url": UNKNOWN}, "soak": SOAK | {"seconds": 0}},
            "this deployer sends the smoke request to the service (smoke.from: deployer)",
        ),
        (
            {"smoke": SMOKE | {"task": TASK}},
            "a task in the service's network sends the smoke request to https://notes/health (smoke.from: task): "
            "curl -f",
        ),
        (
            {"smoke": {"url": UNKNOWN, "task": UNKNOWN}},
            "a task in the service's network sends the smoke request to the service (smoke.from: task)",
        ),
        (
            {"smoke": None, "soak": SOAK | {"url": ""}},
            "no smoke request is sent (smoke.from: off): healthy targets alone prove the version",
        ),
        ({"smoke": UNKNOWN}, "the sender of the smoke request is not known yet"),
    ],
)
def test_who_asks(inputs: dict[str, Any], says: str) -> None:
    assert who_asks(inputs) == says

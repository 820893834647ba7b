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
        ({"smoke": SMOKE}, "this deployer asks https://notes/health (smoke.from: deployer)"),
        (
            {"smoke": SMOKE, "soak": SOAK},
            "this deployer asks https://notes/health (smoke.from: deployer), and the version that serves before it is "
            "replaced",
        ),
        (
            {"smoke": SMOKE, "soak": SOAK, "rollback": True},
            "this deployer asks https://notes/health (smoke.from: deployer)",
        ),
        (
            {"smoke": {"url": UNKNOWN}, "soak": SOAK | {"seconds": 0}},
            "this deployer asks the service (smoke.from: deployer)",
        ),
        (
            {"smoke": SMOKE | {"task": TASK}},
            "a task in the service's network asks https://notes/health (smoke.from: task): curl -f",
        ),
        (
            {"smoke": {"url": UNKNOWN, "task": UNKNOWN}},
            "a task in the service's network asks the service (smoke.from: task)",
        ),
        (
            {"smoke": None, "soak": SOAK | {"url": ""}},
            "nobody asks the version (smoke.from: off): its healthy targets alone prove it",
        ),
        ({"smoke": UNKNOWN}, "who sends the smoke request is not known yet"),
    ],
)
def test_who_asks(inputs: dict[str, Any], says: str) -> None:
    assert who_asks(inputs) == says

"""Steps as settings give them, and what is wrong with bad ones."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.errors import GateError
from sluice.inputs.step import Step

GOOD = {"name": "master", "command": ["migrate", "master"]}


def test_defaults() -> None:
    assert Step.parse(GOOD) == Step("master", ("migrate", "master"), "before", 900, 3, 1, {})


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"name": "Master!"}, "step name 'Master!'"),
        ({"name": ""}, "step name ''"),
        ({"command": "migrate master"}, "command must be a list"),
        ({"command": []}, "command must be a list"),
        ({"command": ["migrate", 3]}, "command must be a list"),
        ({"phase": "during"}, "phase is 'during'"),
        ({"timeout": 0}, "timeout is 0"),
        ({"timeout": "10m"}, "timeout is '10m'"),
        ({"shards": True}, "shards is True"),
        ({"attempts": 1.5}, "attempts is 1.5"),
        ({"retries": 3}, "unknown key 'retries'"),
    ],
)
def test_bad(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(GateError, match=r"^step ") as error:
        Step.parse(GOOD | wrong)
    assert says in str(error.value)

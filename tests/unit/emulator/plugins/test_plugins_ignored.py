"""Properties whose changes are ignored: what somebody else changed of them is no drift."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.plugins.aws.difference import difference, without_ignored
from emulator.plugins.aws.table.balancing import LISTENER_RULE
from sluice.protocol.resource import ResourceState

FORWARD: dict[str, Any] = {"type": "forward", "targetGroupArn": "primary"}
RULE: dict[str, Any] = {
    "listenerArn": "listener",
    "priority": 1,
    "conditions": [{"pathPattern": {"values": ["*"]}}],
    "actions": [FORWARD],
}
MOVED: dict[str, Any] = RULE | {"actions": [FORWARD | {"targetGroupArn": "alternate"}]}


def drift(ignored: tuple[str, ...]) -> list[str]:
    """As the engine asks in a refresh: the live properties are the old ones, those of the program the new ones."""
    wanted = without_ignored(MOVED, RULE, ignored)
    return difference(LISTENER_RULE, "rule", ResourceState(MOVED, MOVED), wanted, "us-east-1", {}).diffs


def test_what_ecs_wrote_is_no_drift_where_it_is_ignored() -> None:
    assert drift(()) == ["actions"]
    assert drift(("actions",)) == []
    assert drift(("priority",)) == ["actions"]
    assert drift(("actions[0].forward",)) == ["actions"], "a path below it ignores nothing"


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [({"a": 1}, {"a": 2}, {"a": 1}), ({}, {"a": 2}, {}), ({"a": 1}, {}, {"a": 1}), ({"b": 1}, {"b": 2}, {"b": 2})],
)
def test_an_ignored_property_stays_as_it_was(old: dict[str, Any], new: dict[str, Any], kept: dict[str, Any]) -> None:
    assert without_ignored(old, new, ["a"]) == kept

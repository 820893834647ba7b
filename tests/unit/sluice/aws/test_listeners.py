"""Whether requests reach a target group: by default action, by rule, by weight, over several pages."""

# ruff: noqa: N803  (the names are those of the API)
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from sluice.aws.found import Absent, Present
from sluice.aws.listeners import forwarded, forwards

TO = {"Type": "forward", "TargetGroupArn": "tg"}
WEIGHTED = {"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": "tg", "Weight": 5}]}}
NOTHING = {"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": "tg", "Weight": 0}]}}
IN_TURN = {
    "Type": "forward",
    "ForwardConfig": {
        "TargetGroups": [{"TargetGroupArn": "tg", "Weight": 0}, {"TargetGroupArn": "tg-alt", "Weight": 100}]
    },
}
"""A production rule whose alternate group serves."""
MOST = {
    "Type": "forward",
    "ForwardConfig": {
        "TargetGroups": [{"TargetGroupArn": "tg", "Weight": 1}, {"TargetGroupArn": "tg-alt", "Weight": 99}]
    },
}
REDIRECT = {"Type": "redirect"}

RIGHT: list[list[dict[str, Any]]] = [
    [{"DefaultActions": [TO]}],
    [{"Actions": [WEIGHTED]}],
    [{"DefaultActions": []}, {"Actions": [TO]}],
    [{"Actions": [MOST]}],
]
WRONG: list[list[dict[str, Any]]] = [
    [],
    [{"DefaultActions": [REDIRECT]}],
    [{"Actions": [NOTHING]}],
    [{"Actions": [IN_TURN]}],
]


@pytest.mark.parametrize("rules", RIGHT)
def test_a_rule_or_default_action_forwards(rules: list[dict[str, Any]]) -> None:
    assert forwards("tg", rules)
    assert not forwards("other", rules)


@pytest.mark.parametrize("rules", WRONG)
def test_what_forwards_elsewhere_or_with_no_weight_does_not(rules: list[dict[str, Any]]) -> None:
    assert not forwards("tg", rules)


def test_the_groups_of_one_service_are_production_in_turn() -> None:
    rules = [{"Actions": [IN_TURN]}]
    assert forwards("tg", rules, ["tg", "tg-alt"])
    assert forwards("tg-alt", rules, ["tg", "tg-alt"])
    assert not forwards("tg", rules, ["tg", "another"]), "weights were moved to a group of somebody else"
    assert not forwards("tg", [{"Actions": [NOTHING]}], ["tg", "tg-alt"])


@dataclass
class Balancers:
    """A load balancer whose listeners and rules come one to a page."""

    balancers: list[str] = field(default_factory=lambda: ["lb"])
    listeners: list[dict[str, Any]] = field(default_factory=list)
    rules: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def describe_target_groups(self, TargetGroupArns: list[str]) -> Any:
        self.calls.append("groups")
        return {"TargetGroups": [{"TargetGroupArn": TargetGroupArns[0], "LoadBalancerArns": self.balancers}]}

    def describe_listeners(self, LoadBalancerArn: str, Marker: str = "0") -> Any:
        self.calls.append("listeners")
        return page("Listeners", self.listeners, int(Marker))

    def describe_rules(self, ListenerArn: str, Marker: str = "0") -> Any:
        self.calls.append(f"rules of {ListenerArn}")
        return page("Rules", self.rules.get(ListenerArn, []), int(Marker))


def page(key: str, found: list[dict[str, Any]], at: int) -> dict[str, Any]:
    more = {"NextMarker": str(at + 1)} if at + 1 < len(found) else {}
    return {key: found[at : at + 1], **more}


def test_a_default_action_is_enough() -> None:
    balancers = Balancers(listeners=[{"ListenerArn": "l", "DefaultActions": [TO]}])
    assert forwarded(balancers, "tg") == Present()
    assert balancers.calls == ["groups", "listeners"]


def test_rules_are_read_to_the_last_page() -> None:
    listeners = [{"ListenerArn": one, "DefaultActions": [REDIRECT]} for one in ("l1", "l2")]
    rules: dict[str, list[dict[str, Any]]] = {"l2": [{"Actions": [REDIRECT]}, {"Actions": [WEIGHTED]}]}
    balancers = Balancers(listeners=listeners, rules=rules)
    assert forwarded(balancers, "tg") == Present()
    assert balancers.calls == ["groups", "listeners", "listeners", "rules of l1", "rules of l2", "rules of l2"]


def test_a_rule_that_somebody_removed() -> None:
    balancers = Balancers(listeners=[{"ListenerArn": "l", "DefaultActions": [REDIRECT]}])
    assert forwarded(balancers, "tg") == Absent("no listener forwards to the target group")


def test_a_group_that_no_load_balancer_uses() -> None:
    balancers = Balancers(balancers=[])
    assert forwarded(balancers, "tg") == Absent("no load balancer uses the target group")
    assert balancers.calls == ["groups"]

"""The service's shape: equal when nothing that starts a deployment changed."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from components.service.service import fingerprint
from infra.network.subnets import ranges

SHAPE: dict[str, Any] = {
    "network": {"subnets": ["b", "a"], "security_groups": ["g"], "assign_public_ip": True},
    "target": {"target_group_arn": "t", "container_name": "service", "container_port": 8080},
    "platform": "LATEST",
}


def test_the_order_of_lists_is_no_change() -> None:
    other = deepcopy(SHAPE)
    other["network"]["subnets"].reverse()
    assert fingerprint(other) == fingerprint(SHAPE)


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        ("network", "subnets", ["a"]),
        ("network", "security_groups", ["h"]),
        ("network", "assign_public_ip", False),
        ("target", "target_group_arn", "u"),
        ("target", "container_port", 9000),
    ],
)
def test_every_part_counts(part: str, key: str, value: Any) -> None:
    other = deepcopy(SHAPE)
    other[part][key] = value
    assert fingerprint(other) != fingerprint(SHAPE)


@pytest.mark.parametrize(("cidr", "zones"), [("10.0.0.0/16", 2), ("10.0.0.0/16", 6), ("192.168.4.0/22", 3)])
def test_subnets_never_move_when_zones_are_added(cidr: str, zones: int) -> None:
    fewer, more = ranges(cidr, zones), ranges(cidr, zones + 1)
    assert more.public[:zones] == fewer.public
    assert more.database[:zones] == fewer.database
    assert len({*more.public, *more.database}) == 2 * (zones + 1)


def test_subnets_of_the_usual_range() -> None:
    assert ranges("10.0.0.0/16", 2).public == ["10.0.0.0/20", "10.0.16.0/20"]
    assert ranges("10.0.0.0/16", 2).database == ["10.0.128.0/20", "10.0.144.0/20"]

"""Subnets, security groups and the public address reach the tasks of a run, and the service."""

from __future__ import annotations

import pytest

from sluice.errors import GateError
from sluice.protocol.values import UNKNOWN
from sluice.provider.checked import wrong_network
from sluice.provider.gate_provider import GateProvider
from sluice.provider.migration_inputs import place_of
from sluice.provider.rollout_request import shape_of
from sluice.rollout.deployment.shape import Shape
from tests.unit.sluice.provider.resources import ROLLOUT, RUN, Lines, call, run

NETWORK = {"subnets": ["subnet-1", "subnet-2"], "securityGroups": ["sg-1", "sg-2"], "assignPublicIp": True}


def test_the_tasks_of_a_run() -> None:
    place = place_of(RUN | {"network": NETWORK})
    assert (place.subnets, place.security_groups, place.assign_public_ip) == (
        ("subnet-1", "subnet-2"), ("sg-1", "sg-2"), True
    )  # fmt: skip
    assert (place.cluster, place.task_definition, place.container, place.service) == (
        RUN["cluster"], RUN["taskDefinition"], RUN["container"], RUN["serviceTaskDefinition"]
    )  # fmt: skip


def test_the_service() -> None:
    balancers = [{"targetGroupArn": "arn:group", "containerName": "app", "containerPort": 80}]
    given = ROLLOUT | {"network": NETWORK, "platformVersion": "1.4.0", "loadBalancers": balancers}
    assert shape_of(given) == Shape(NETWORK | {"assignPublicIp": "ENABLED"}, "1.4.0", tuple(balancers))
    assert shape_of(ROLLOUT | {"network": {"subnets": ["subnet-1"]}}).network == {
        "subnets": ["subnet-1"], "securityGroups": [], "assignPublicIp": "DISABLED"
    }  # fmt: skip
    assert shape_of(ROLLOUT) == Shape(None, "", ())


@pytest.mark.parametrize(
    ("network", "said"),
    [({"subnets": []}, "has no subnets"), (NETWORK | {"subnet": "subnet-1"}, "unknown key 'subnet'")],
)
def test_a_network_that_cannot_be(network: dict[str, object], said: str) -> None:
    with pytest.raises(GateError, match=said):
        place_of(RUN | {"network": network})
    for kind, inputs in (("MigrationRun", RUN), ("Rollout", ROLLOUT)):
        checking = GateProvider().resources[f"gate:index:{kind}"]
        [failure] = run(checking.check(call(Lines()), {}, inputs | {"network": network})).failures
        assert failure.property == "network"
        assert said in failure.reason


def test_what_is_not_known_yet_is_not_judged() -> None:
    assert wrong_network(UNKNOWN) == []
    assert wrong_network({"subnets": UNKNOWN}) == []
    assert wrong_network({"subnets": UNKNOWN, "subnet": "x"})[0].reason.startswith("unknown key 'subnet'")

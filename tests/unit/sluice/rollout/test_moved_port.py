"""Another port: revision and load balancer move together, forth and back."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.clock import Halt
from sluice.errors import Interrupted
from sluice.release.release_record import Release, RolloutRecord
from sluice.rollout.deployment.http_answer import Answer
from sluice.rollout.deployment.load_balancers import fitting
from sluice.rollout.deployment.shape import Shape
from sluice.rollout.diagnosis.rollout_failure import RolloutFailed
from tests.unit.sluice.migration.simulation import Clock, client_error
from tests.unit.sluice.rollout.rolling import GROUP, NEW, OLD, Records, Service, roll_out


def entry(port: int, name: str = "app") -> dict[str, Any]:
    return {"targetGroupArn": GROUP, "containerName": name, "containerPort": port}


def revision(**ports: list[int]) -> dict[str, Any]:
    """A task definition: container to its mapped ports."""
    return {
        "containerDefinitions": [
            {"name": name, "portMappings": [{"containerPort": port, "protocol": "tcp"} for port in mapped]}
            for name, mapped in ports.items()
        ]
    }


@pytest.mark.parametrize(
    ("definition", "found"),
    [
        (revision(app=[8080]), entry(8080)),
        (revision(app=[9090]), entry(9090)),
        (revision(app=[9090, 8080]), entry(8080)),
        (revision(app=[9090], sidecar=[8080]), entry(9090)),
        (revision(web=[3000]), entry(3000, "web")),
        (revision(app=[1, 2]), entry(8080)),
        (revision(web=[1], other=[2]), entry(8080)),
        (revision(app=[]), entry(8080)),
        ({}, entry(8080)),
    ],
    ids=["the same", "another", "both", "of its container", "renamed", "two", "two renamed", "none", "not read"],
)
def test_the_entry_that_goes_with_a_revision(definition: dict[str, Any], found: dict[str, Any]) -> None:
    assert fitting([entry(8080)], definition) == (found,)


def test_udp_is_not_asked_by_a_load_balancer() -> None:
    definition = revision(app=[9090])
    definition["containerDefinitions"][0]["portMappings"].append({"containerPort": 53, "protocol": "udp"})
    assert fitting([entry(8080)], definition) == (entry(9090),)


@pytest.fixture
def service() -> Service:
    """Serves at 8080; the new revision has only 9090, and UpdateService looks."""
    service = Service(Clock(), {NEW: "COMPLETED", OLD: "COMPLETED"})
    service.load_balancers = [entry(8080)]
    service.readings.ports = {OLD: 8080, NEW: 9090}
    return service


MOVED = Shape(load_balancers=(entry(9090),))


def test_revision_and_port_go_in_one_call(service: Service) -> None:
    roll_out(service, shape=MOVED)
    assert service.calls == [(NEW, False)]
    assert service.changes == [{"loadBalancers": [entry(9090)]}]


def test_the_same_port_is_not_said(service: Service) -> None:
    service.readings.ports = {OLD: 8080, NEW: 8080}
    roll_out(service, shape=Shape(load_balancers=(entry(8080),)))
    assert service.changes == [{}]


def test_a_version_that_fails_goes_back_to_the_port_before(service: Service) -> None:
    with pytest.raises(RolloutFailed, match="notes:7 serves again"):
        roll_out(service, ask=lambda url, timeout: Answer(503, ""), shape=MOVED)
    assert [revision for revision, _ in service.calls] == [NEW, OLD]
    assert service.changes == [{"loadBalancers": [entry(9090)]}, {"loadBalancers": [entry(8080)]}]
    assert service.load_balancers == [entry(8080)]


def test_a_version_with_both_ports_goes_back_to_the_one_that_it_was_asked_at(service: Service) -> None:
    """Its revision alone would not tell."""
    service.readings.ports = {}
    service.readings.containers = revision(app=[8080, 9090])["containerDefinitions"]
    with pytest.raises(RolloutFailed, match="notes:7 serves again"):
        roll_out(service, ask=lambda url, timeout: Answer(503, ""), shape=MOVED)
    assert service.changes == [{"loadBalancers": [entry(9090)]}, {"loadBalancers": [entry(8080)]}]


def test_ctrl_c_goes_back_to_the_port_before(service: Service) -> None:
    service.clock, service.ends = Clock({3: Halt.STOP}), {NEW: "stuck"}
    with pytest.raises(Interrupted, match="rolls back to notes:7"):
        roll_out(service, shape=MOVED)
    assert service.load_balancers == [entry(8080)]


def test_whoever_goes_on_after_a_dead_deployer_finds_the_port_in_the_revision(service: Service) -> None:
    """The version before is drained already: its load balancer is nowhere to be seen, only its revision is known."""
    service.deploy(NEW, False, {"loadBalancers": [entry(9090)]})
    service.deployments = service.deployments[:1]
    left = RolloutRecord("repo@sha256:new", NEW, OLD, 1, "ecs-svc/1")
    records = Records(left, Release(1, "repo@sha256:old", OLD, 1, "ecs-svc/0"))
    with pytest.raises(RolloutFailed, match="notes:7 serves again"):
        roll_out(service, ask=lambda url, timeout: Answer(503, ""), records=records, shape=MOVED)
    assert service.load_balancers == [entry(8080)]


def test_a_revision_that_cannot_be_read_does_not_keep_it_from_going_back(service: Service) -> None:
    """The port is the same, as it nearly always is."""
    service.readings.ports = {}
    service.load_balancers = [entry(8080)]

    def denied(task_definition: str) -> dict[str, Any]:
        raise client_error("AccessDeniedException", "DescribeTaskDefinition")

    service.readings.definition = denied  # type: ignore[method-assign]
    with pytest.raises(RolloutFailed, match="notes:7 serves again"):
        roll_out(service, ask=lambda url, timeout: Answer(503, ""))
    assert service.changes == [{}, {}]

"""What to do about a deployment, and what became of it."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.rollout.deployment.judge import (
    Deploy,
    Impossible,
    NextStep,
    State,
    Version,
    Watch,
    agrees,
    judge,
    next_step,
    primary,
    progress,
    target_state,
    version_before,
)
from sluice.rollout.deployment.shape import Shape

NEW, OLD, OTHER = "td/notes:8", "td/notes:7", "td/notes:9"


def deployment(
    id: str, revision: str, status: str = "PRIMARY", state: str = "COMPLETED", created: int = 1
) -> dict[str, Any]:
    return {"id": id, "taskDefinition": revision, "status": status, "rolloutState": state, "createdAt": created}


def service(*deployments: dict[str, Any], status: str = "ACTIVE", desired: int = 2) -> dict[str, Any]:
    return {"status": status, "desiredCount": desired, "deployments": list(deployments)}


NEXT: list[tuple[str, dict[str, Any] | None, NextStep]] = [
    ("no service", None, Impossible("it does not exist")),
    ("draining", service(status="DRAINING"), Impossible("it is DRAINING")),
    ("inactive", service(status="INACTIVE"), Impossible("it is INACTIVE")),
    (
        "scaled to nothing",
        service(deployment("1", OLD), desired=0),
        Impossible("its desired count is 0: nothing would run, so nothing would be proven; scale it up first"),
    ),
    ("another revision", service(deployment("1", OLD)), Deploy(force=False)),
    ("ours, going", service(deployment("2", NEW, state="IN_PROGRESS")), Watch("2")),
    ("ours, done", service(deployment("2", NEW)), Watch("2")),
    (
        "ours, failed: UpdateService alone would start nothing",
        service(deployment("2", NEW, state="FAILED")),
        Deploy(force=True),
    ),
    (
        "ours was rolled back: a real retry",
        service(deployment("3", OLD), deployment("2", NEW, "ACTIVE", "FAILED")),
        Deploy(force=False),
    ),
]


@pytest.mark.parametrize(("seen", "expected"), [case[1:] for case in NEXT], ids=[case[0] for case in NEXT])
def test_next_step(seen: dict[str, Any] | None, expected: NextStep) -> None:
    assert next_step(seen, NEW) == expected


JUDGED: list[tuple[str, dict[str, Any] | None, State]] = [
    ("going", service(deployment("2", NEW, state="IN_PROGRESS"), deployment("1", OLD, "ACTIVE")), State.IN_PROGRESS),
    ("done", service(deployment("2", NEW)), State.COMPLETED),
    ("failed, nothing to return to", service(deployment("2", NEW, state="FAILED")), State.FAILED),
    (
        "rolled back, still listed",
        service(deployment("3", OLD), deployment("2", NEW, "ACTIVE", "FAILED")),
        State.ROLLED_BACK,
    ),
    (
        "gone from the list, the version before completed: nobody says that ECS did it",
        service(deployment("3", OLD)),
        State.SUPERSEDED,
    ),
    ("another deployment took over", service(deployment("4", OTHER)), State.SUPERSEDED),
    ("same revision, another id: not ours", service(deployment("4", NEW)), State.SUPERSEDED),
    ("no deployments listed", service(), State.GONE),
    ("service deleted", None, State.GONE),
    ("service draining", service(deployment("2", NEW), status="DRAINING"), State.GONE),
    ("scaled to nothing proves nothing", service(deployment("2", NEW), desired=0), State.FAILED),
]


@pytest.mark.parametrize(("seen", "expected"), [case[1:] for case in JUDGED], ids=[case[0] for case in JUDGED])
def test_judge(seen: dict[str, Any] | None, expected: State) -> None:
    assert judge(seen, "2", OLD).state is expected


def test_where_to_go_back_to() -> None:
    seen = service(
        deployment("3", NEW, state="IN_PROGRESS"),
        deployment("1", OTHER, "ACTIVE", created=1),
        deployment("2", OLD, "ACTIVE", created=2),
    )
    assert version_before(seen, NEW) == Version(OLD)
    assert version_before(service(deployment("3", NEW)), NEW) == Version()
    assert version_before(None, NEW) == Version()


def shaped(one: dict[str, Any], *subnets: str, platform: str = "1.4.0") -> dict[str, Any]:
    network = {"awsvpcConfiguration": {"subnets": list(subnets), "securityGroups": ["g"], "assignPublicIp": "ENABLED"}}
    return one | {"networkConfiguration": network, "platformVersion": platform}


def wanted(*subnets: str, platform: str = "LATEST") -> Shape:
    return Shape({"subnets": subnets, "securityGroups": ["g"], "assignPublicIp": "ENABLED"}, platform)


def test_a_rolled_back_network_is_deployed_again_though_the_revision_is_the_same() -> None:
    back = service(shaped(deployment("3", NEW), "a"), shaped(deployment("2", NEW, "ACTIVE", "FAILED"), "a", "b"))
    step = next_step(back, NEW, wanted("b", "a"))
    assert isinstance(step, Deploy)
    assert not step.force
    assert step.changes == {"networkConfiguration": {"awsvpcConfiguration": dict(wanted("b", "a").network or {})}}
    assert version_before(back, NEW, wanted("a", "b")).shape.network == {
        "subnets": ["a"],
        "securityGroups": ["g"],
        "assignPublicIp": "ENABLED",
    }


@pytest.mark.parametrize(
    ("shape", "balancers", "keys"),
    [
        (wanted("b", "a"), (), []),
        (wanted("a"), (), ["networkConfiguration"]),
        (wanted("a", "b", platform="1.4.0"), (), []),
        (wanted("a", "b", platform="1.3.0"), (), ["platformVersion"]),
        (Shape(), (), []),
        (Shape(load_balancers=({"targetGroupArn": "t", "containerName": "c", "containerPort": 80},)), ("t",), []),
        (
            Shape(load_balancers=({"targetGroupArn": "t", "containerName": "c", "containerPort": 80},)),
            ("u",),
            ["loadBalancers"],
        ),
    ],
)
def test_what_of_the_shape_must_be_said_again(shape: Shape, balancers: tuple[str, ...], keys: list[str]) -> None:
    seen = service(shaped(deployment("1", NEW), "a", "b"))
    seen["loadBalancers"] = [{"targetGroupArn": one, "containerName": "c", "containerPort": 80} for one in balancers]
    step = next_step(seen, NEW, shape)
    assert (sorted(step.changes) if isinstance(step, Deploy) else []) == keys
    assert isinstance(step, Deploy if keys else Watch)


def test_a_service_that_does_not_say_its_network_is_no_difference() -> None:
    assert next_step(service(deployment("1", NEW)), NEW, wanted("a")) == Watch("1")


def test_progress() -> None:
    seen = service(
        deployment("2", NEW) | {"runningCount": 1, "pendingCount": 2, "failedTasks": 3},
        deployment("1", OLD, "ACTIVE") | {"runningCount": 2},
    )
    assert progress(seen, "2", 4) == "1 of 2 new tasks running, 2 pending, 3 failed, 4 healthy targets, 2 old"


def test_primary() -> None:
    assert primary(service(deployment("1", OLD, "ACTIVE"), deployment("2", NEW)))["id"] == "2"  # type: ignore[index]
    assert primary(service()) is None


@pytest.mark.parametrize(
    ("states", "healthy"),
    [
        (["healthy", "healthy"], True),
        (["healthy", "draining"], True),
        (["healthy", "initial"], False),
        (["healthy", "unhealthy"], False),
        (["unused"], False),
        (["draining"], False),
        ([], False),
    ],
)
def test_targets(states: list[str], healthy: bool) -> None:
    described = [{"TargetHealth": {"State": state, "Reason": f"R-{state}"}} for state in states]
    assert target_state(described).all_healthy(at_least=1) is healthy


def test_target_reasons_are_named_once() -> None:
    described = [{"TargetHealth": {"State": "unhealthy", "Reason": "Target.Timeout"}}] * 2
    assert str(target_state(described)) == "2 unhealthy (Target.Timeout)"


RECORDED = [
    ("ROLLBACK_SUCCESSFUL", service(deployment("3", OLD)), State.ROLLED_BACK, True),
    ("ROLLBACK_IN_PROGRESS", service(deployment("3", OLD)), State.ROLLED_BACK, True),
    ("STOPPED", service(deployment("3", OLD)), State.SUPERSEDED, True),
    ("STOP_REQUESTED", service(deployment("3", OLD)), State.SUPERSEDED, True),
    ("IN_PROGRESS", service(deployment("3", OLD)), State.SUPERSEDED, False),
    ("SUCCESSFUL", service(deployment("3", OLD)), State.SUPERSEDED, False),
    ("STOPPED", service(deployment("2", NEW, state="FAILED")), State.FAILED, True),
    ("IN_PROGRESS", service(deployment("2", NEW, state="FAILED")), State.FAILED, False),
    ("ROLLBACK_SUCCESSFUL", None, State.GONE, False),
    ("SUCCESSFUL", service(deployment("2", NEW)), State.COMPLETED, False),
]


@pytest.mark.parametrize(("status", "seen", "expected", "same"), RECORDED)
def test_ecs_record_tells_a_rollback_from_somebody_else(
    status: str, seen: dict[str, Any] | None, expected: State, same: bool
) -> None:
    record = {"status": status, "statusReason": "tasks failed"}
    judgement = judge(seen, "2", OLD, record)
    assert judgement.state is expected
    assert agrees(judgement.state, record) is same


def test_a_service_that_the_gate_cannot_judge_is_not_deployed_to() -> None:
    seen = service(deployment("2", OLD))
    for more in (
        {"deploymentConfiguration": {"strategy": "BLUE_GREEN"}},
        {"deploymentController": {"type": "CODE_DEPLOY"}},
    ):
        step = next_step(seen | more, NEW)
        assert isinstance(step, Impossible)
        assert "the gate knows only ROLLING by ECS" in step.reason

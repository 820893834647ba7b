"""What to do about a deployment, and what became of it."""

from __future__ import annotations

from typing import Any

import pytest

from gate.judge import Deploy, Impossible, NextStep, State, Watch, judge, next_step, primary, serving, target_state

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
    ("rolled back, already gone from the list: never a success", service(deployment("3", OLD)), State.ROLLED_BACK),
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
    assert serving(seen, NEW) == OLD
    assert serving(service(deployment("3", NEW)), NEW) == ""
    assert serving(None, NEW) == ""


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

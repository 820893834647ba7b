"""What a judgement says, and what it does with answers that lack something: every field that ECS may leave out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sluice.rollout.deployment.judge import (
    Deploy,
    Impossible,
    Judgement,
    State,
    TargetState,
    Version,
    Watch,
    agrees,
    created,
    judge,
    lists,
    live_revision,
    next_step,
    primary,
    progress,
    target_state,
    version_before,
)
from sluice.rollout.deployment.shape import Shape
from tests.unit.sluice.rollout.test_judge import NEW, OLD, OTHER, deployment, service, shaped, wanted

REASON = {"rolloutStateReason": "tasks failed to start"}


@pytest.mark.parametrize(
    ("seen", "revision"),
    [
        (None, ""),
        (service(deployment("1", OLD), status="INACTIVE") | {"taskDefinition": OLD}, ""),
        (service(deployment("1", OLD)) | {"taskDefinition": OLD}, OLD),
        ({"status": "ACTIVE"}, ""),
    ],
)
def test_the_live_revision_is_an_active_services(seen: dict[str, Any] | None, revision: str) -> None:
    assert live_revision(seen) == revision


def test_when_a_deployment_began() -> None:
    moment = datetime(2026, 11, 27, 12, tzinfo=UTC)
    seen = service(deployment("1", OLD), deployment("2", NEW) | {"createdAt": moment})
    assert created(seen, "2") == moment.timestamp()
    assert created(seen, "1") == 0.0, "no moment, as a fake may answer"
    assert created(seen, "3") == 0.0
    assert created({"status": "ACTIVE"}, "2") == 0.0
    assert created(None, "2") == 0.0


def test_which_deployments_are_listed() -> None:
    assert lists(service(deployment("1", OLD), deployment("2", NEW)), "2")
    assert not lists(service(deployment("1", OLD)), "2")
    assert not lists({}, "2")
    assert not lists(None, "2")


def test_a_service_without_deployments_has_no_primary_one() -> None:
    assert primary({}) is None


@pytest.mark.parametrize(
    ("seen", "step"),
    [
        (service(), Deploy(force=False)),
        ({"status": "ACTIVE", "deployments": [deployment("2", NEW)]}, Watch("2")),
        ({"status": "ACTIVE", "deployments": [deployment("2", NEW)], "desiredCount": 1}, Watch("2")),
        (
            service(deployment("2", NEW)) | {"deploymentController": {}, "deploymentConfiguration": {}},
            Watch("2"),
        ),
        (
            service(deployment("2", NEW))
            | {"deploymentController": {"type": "ECS"}, "deploymentConfiguration": {"strategy": "ROLLING"}},
            Watch("2"),
        ),
        (
            service(deployment("2", NEW)) | {"deploymentController": {"type": "EXTERNAL"}},
            Impossible(
                "its deployments are ROLLING by the controller EXTERNAL, and the gate knows only ROLLING by ECS: "
                "what it cannot judge it does not start"
            ),
        ),
        (
            service(deployment("2", NEW)) | {"deploymentConfiguration": {"strategy": "CANARY"}},
            Impossible(
                "its deployments are CANARY by the controller ECS, and the gate knows only ROLLING by ECS: "
                "what it cannot judge it does not start"
            ),
        ),
    ],
)
def test_the_next_step_with_what_ecs_may_leave_out(seen: dict[str, Any], step: object) -> None:
    assert next_step(seen, NEW) == step


def test_a_failed_deployment_in_another_shape_is_deployed_with_its_changes_not_forced() -> None:
    seen = service(shaped(deployment("2", NEW, state="FAILED"), "a"))
    assert next_step(seen, NEW, wanted("b")) == Deploy(
        force=False, changes={"networkConfiguration": {"awsvpcConfiguration": dict(wanted("b").network or {})}}
    )


class TestServing:
    """What to roll back to."""

    def test_is_the_newest_completed_one_whatever_the_order(self) -> None:
        older, newer = deployment("1", OTHER, "ACTIVE", created=1), deployment("2", OLD, "ACTIVE", created=2)
        assert version_before(service(newer, older), NEW) == version_before(service(older, newer), NEW) == Version(OLD)

    @pytest.mark.parametrize("state", ["FAILED", "IN_PROGRESS"])
    def test_is_nothing_that_never_completed(self, state: str) -> None:
        assert not version_before(service(deployment("1", OLD, state=state)), NEW)

    def test_is_the_same_revision_in_another_network(self) -> None:
        seen = service(shaped(deployment("1", NEW), "a"))
        assert not version_before(seen, NEW, wanted("a"))
        assert version_before(seen, NEW, wanted("b")) == Version(NEW, Shape.of(seen, seen["deployments"][0]))

    def test_takes_load_balancers_of_the_primary_deployment_only(self) -> None:
        balancers = [{"targetGroupArn": "t", "containerName": "c", "containerPort": 80}]
        seen = service(deployment("1", OLD), deployment("2", OTHER, "ACTIVE", created=0)) | {"loadBalancers": balancers}
        found = version_before(seen, NEW)
        assert (found.task_definition, list(found.shape.load_balancers)) == (OLD, balancers)
        seen["deployments"][1]["createdAt"] = 9
        found = version_before(seen, NEW)
        assert (found.task_definition, list(found.shape.load_balancers)) == (OTHER, [])

    def test_an_older_deployment_of_the_wanted_revision_is_no_other_version_for_its_load_balancer(self) -> None:
        port = Shape(load_balancers=({"targetGroupArn": "t", "containerName": "c", "containerPort": 81},))
        balancers = [{"targetGroupArn": "t", "containerName": "c", "containerPort": 80}]
        first = service(deployment("1", NEW)) | {"loadBalancers": balancers}
        assert version_before(first, NEW, port).task_definition == NEW
        old = service(deployment("2", OLD, state="IN_PROGRESS"), deployment("1", NEW, "ACTIVE"))
        assert not version_before(old | {"loadBalancers": balancers}, NEW, port)

    def test_deployments_without_a_moment_are_the_oldest(self) -> None:
        undated = deployment("2", OLD, "ACTIVE")
        del undated["createdAt"]
        assert version_before(service(undated, deployment("1", OTHER, "ACTIVE")), NEW) == Version(OTHER)
        assert version_before({"status": "ACTIVE"}, NEW) == Version()


JUDGED: list[tuple[dict[str, Any] | None, dict[str, Any] | None, Judgement]] = [
    (None, None, Judgement(State.GONE, "the service is gone")),
    ({}, None, Judgement(State.GONE, "the service is gone")),
    (service(status="DRAINING"), None, Judgement(State.GONE, "the service is DRAINING")),
    (service(), None, Judgement(State.GONE, "the service no longer lists it")),
    ({"status": "ACTIVE"}, None, Judgement(State.GONE, "the service no longer lists it")),
    (
        service(deployment("2", NEW, "ACTIVE", "FAILED") | REASON),
        None,
        Judgement(State.GONE, "tasks failed to start"),
    ),
    (
        service(deployment("2", NEW, state="FAILED") | REASON),
        None,
        Judgement(State.FAILED, "tasks failed to start"),
    ),
    (
        service(deployment("2", NEW, state="IN_PROGRESS") | REASON),
        None,
        Judgement(State.IN_PROGRESS, "tasks failed to start"),
    ),
    (service(deployment("2", NEW, state="IN_PROGRESS")), None, Judgement(State.IN_PROGRESS, "")),
    (service(deployment("2", NEW) | REASON), None, Judgement(State.COMPLETED, "tasks failed to start")),
    (
        service(deployment("2", NEW), desired=0),
        None,
        Judgement(State.FAILED, "the service's desired count is 0: nothing runs, so nothing is proven"),
    ),
    (
        {"status": "ACTIVE", "deployments": [deployment("2", NEW)]},
        None,
        Judgement(State.FAILED, "the service's desired count is 0: nothing runs, so nothing is proven"),
    ),
    (service(deployment("2", NEW), desired=1), None, Judgement(State.COMPLETED, "")),
    (
        service(deployment("3", OLD) | {"rolloutStateReason": "ECS deployment circuit breaker: Rolling back to 1."}),
        None,
        Judgement(State.ROLLED_BACK, "ECS deployment circuit breaker: Rolling back to 1."),
    ),
    (
        service(deployment("3", OLD) | {"rolloutStateReason": "It was ROLLED BACK."}),
        {},
        Judgement(State.ROLLED_BACK, "It was ROLLED BACK."),
    ),
    (
        service(deployment("3", OLD), deployment("2", NEW, "ACTIVE", "FAILED") | REASON),
        None,
        Judgement(State.ROLLED_BACK, "tasks failed to start"),
    ),
    (
        service(deployment("3", OLD) | REASON),
        {"status": "ROLLBACK_SUCCESSFUL", "statusReason": "circuit breaker"},
        Judgement(State.ROLLED_BACK, "circuit breaker"),
    ),
    (
        service(deployment("3", OLD)),
        {"status": "ROLLBACK_SUCCESSFUL"},
        Judgement(State.ROLLED_BACK, ""),
    ),
    (
        service(deployment("3", "arn:x:task-definition/notes:9") | {"rolloutStateReason": "rolling back"}),
        None,
        Judgement(State.SUPERSEDED, "deployment 3 of notes:9 took its place"),
    ),
    (
        service(deployment("4", OTHER), deployment("2", NEW, "ACTIVE", "IN_PROGRESS") | REASON),
        None,
        Judgement(State.SUPERSEDED, "deployment 4 of notes:9 took its place; tasks failed to start"),
    ),
    (
        service({"id": "4", "status": "PRIMARY"}),
        {"status": "STOPPED"},
        Judgement(State.SUPERSEDED, "deployment 4 of ? took its place"),
    ),
]


@pytest.mark.parametrize(("seen", "record", "judgement"), JUDGED)
def test_a_judgement_and_its_reason(
    seen: dict[str, Any] | None, record: dict[str, Any] | None, judgement: Judgement
) -> None:
    assert judge(seen, "2", OLD, record) == judgement


def test_without_a_version_before_any_deployment_may_be_the_rollback() -> None:
    seen = service(deployment("3", OTHER) | {"rolloutStateReason": "rolling back to deployment 1"})
    assert judge(seen, "2", "").state is State.ROLLED_BACK
    assert judge(seen, "2", OLD).state is State.SUPERSEDED


@pytest.mark.parametrize(
    ("state", "status", "same"),
    [
        (State.ROLLED_BACK, "ROLLBACK_REQUESTED", True),
        (State.ROLLED_BACK, "STOPPED", True),
        (State.ROLLED_BACK, "SUCCESSFUL", False),
        (State.FAILED, "ROLLBACK_FAILED", True),
        (State.FAILED, "STOP_REQUESTED", False),
        (State.SUPERSEDED, "STOP_REQUESTED", True),
        (State.SUPERSEDED, "STOPPED", True),
        (State.SUPERSEDED, "ROLLBACK_SUCCESSFUL", False),
        (State.COMPLETED, "STOPPED", False),
        (State.GONE, "STOPPED", False),
    ],
)
def test_which_records_agree(state: State, status: str, same: bool) -> None:
    assert agrees(state, {"status": status}) is same
    assert not agrees(state, None)
    assert not agrees(state, {})


@pytest.mark.parametrize(
    ("seen", "healthy", "line"),
    [
        ({}, None, "0 of 0 new tasks running"),
        (service(deployment("2", NEW)), None, "0 of 2 new tasks running"),
        (service(deployment("2", NEW) | {"runningCount": 2}), 0, "2 of 2 new tasks running, 0 healthy targets"),
        (service(deployment("2", NEW) | {"pendingCount": 1}), None, "0 of 2 new tasks running, 1 pending"),
        (service(deployment("2", NEW) | {"failedTasks": 1}), None, "0 of 2 new tasks running, 1 failed"),
        (
            service(deployment("1", OLD) | {"runningCount": 2}, deployment("3", OTHER) | {"runningCount": 3}),
            None,
            "0 of 2 new tasks running, 5 old",
        ),
        (service(deployment("1", OLD), deployment("2", NEW) | {"runningCount": 1}), None, "1 of 2 new tasks running"),
    ],
)
def test_progress_says_only_what_there_is(seen: dict[str, Any], healthy: int | None, line: str) -> None:
    assert progress(seen, "2", healthy) == line


def health(state: str = "", reason: str = "", description: str = "") -> dict[str, Any]:
    said = {"State": state, "Reason": reason, "Description": description}
    return {"TargetHealth": {key: value for key, value in said.items() if value}}


def test_targets_are_counted_and_their_reasons_kept_in_order() -> None:
    seen = [
        health("unhealthy", "Target.Timeout", "Request timed out"),
        health("healthy", "ignored"),
        health("draining", "Target.DeregistrationInProgress"),
        health("unhealthy", "Target.FailedHealthChecks"),
        health("unhealthy", "", "no reason"),
        health("initial"),
        {},
    ]
    found = target_state(seen)
    assert found.states == {"unhealthy": 3, "healthy": 1, "draining": 1, "initial": 1, "unknown": 1}
    assert found.reasons == ("Target.Timeout: Request timed out", "Target.FailedHealthChecks", "no reason")
    assert str(found) == (
        "1 draining, 1 healthy, 1 initial, 3 unhealthy, 1 unknown"
        " (Target.Timeout: Request timed out; Target.FailedHealthChecks; no reason)"
    )


def test_no_targets_are_said_to_be_none() -> None:
    assert str(target_state([])) == "no targets"
    assert str(TargetState({"healthy": 2}, ())) == "2 healthy"


@pytest.mark.parametrize(
    ("states", "at_least", "enough"),
    [({"healthy": 2}, 2, True), ({"healthy": 1}, 2, False), ({"healthy": 3}, 2, True), ({}, 0, True)],
)
def test_enough_targets_are_healthy(states: dict[str, int], at_least: int, enough: bool) -> None:
    assert TargetState(states, ()).all_healthy(at_least) is enough

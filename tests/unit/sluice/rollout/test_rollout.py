"""Rollouts on simulated time against a scripted service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sluice.clock import Halt
from sluice.errors import Interrupted
from sluice.inputs.smoke import Smoke
from sluice.inputs.soak import Soak
from sluice.release.release_record import RolloutRecord
from sluice.rollout.deployment.http_answer import Answer
from sluice.rollout.deployment.shape import Shape
from sluice.rollout.diagnosis.rollout_failure import RolloutFailed
from sluice.rollout.proof.compatibility import Incompatible
from sluice.rollout.request import Wanted
from sluice.rollout.rollout import Rollout
from tests.unit.sluice.migration.simulation import Clock
from tests.unit.sluice.rollout.rolling import GROUP, NEW, OLD, Records, Service, roll_out


def test_a_good_version() -> None:
    service = Service(Clock(), {NEW: "COMPLETED"})
    done = roll_out(service)
    assert (done.deployment, done.previous) == ("ecs-svc/1", OLD)
    assert service.calls == [(NEW, False)]


def test_a_rolled_back_version_is_a_failure_with_reasons() -> None:
    with pytest.raises(RolloutFailed) as failure:
        roll_out(Service(Clock(), {NEW: "rolled back"}))
    text = str(failure.value)
    for part in (
        "rolled back",
        "3 × Essential container in task exited; container app exit code 1",
        "cannot read settings",
    ):
        assert part in text
    assert "notes:7 keeps serving" in text


def test_a_first_version_that_fails_says_that_there_is_nothing_to_return_to() -> None:
    service = Service(Clock(), {NEW: "FAILED"}, first=True)
    service.deploy(NEW, False)
    with pytest.raises(RolloutFailed, match="no version to roll back to"):
        roll_out(service)


def test_the_services_own_first_deployment_is_watched_not_repeated() -> None:
    service = Service(Clock(), {NEW: "COMPLETED"}, first=True)
    service.deploy(NEW, False)
    roll_out(service)
    assert service.calls == [(NEW, False)]


def test_a_retry_after_a_failed_deployment_forces_a_new_one() -> None:
    service = Service(Clock(), {NEW: "COMPLETED"}, first=True)
    service.deploy(NEW, False)
    service.deployments[0]["rolloutState"] = "FAILED"
    roll_out(service)
    assert service.calls[-1] == (NEW, True)


def test_stuck_past_the_deadline_goes_back() -> None:
    service = Service(Clock(), {NEW: "stuck", OLD: "COMPLETED"})
    with pytest.raises(RolloutFailed, match=r"deadline of 5 min(.|\n)*notes:7 serves again"):
        roll_out(service)
    assert service.calls == [(NEW, False), (OLD, False)]


def test_going_back_that_fails_says_so() -> None:
    service = Service(Clock(), {NEW: "stuck", OLD: "FAILED"})
    with pytest.raises(RolloutFailed, match="did not complete"):
        roll_out(service)


def test_unhealthy_targets_are_no_success() -> None:
    service = Service(Clock(), {NEW: "COMPLETED", OLD: "COMPLETED"})
    service.states = {"healthy": 1, "unhealthy": 1}
    with pytest.raises(RolloutFailed, match="targets are not healthy"):
        roll_out(service)
    assert service.calls[-1] == (OLD, False)


def test_a_smoke_request_that_fails_goes_back() -> None:
    service = Service(Clock(), {NEW: "COMPLETED", OLD: "COMPLETED"})
    with pytest.raises(RolloutFailed, match=r"answered 503 instead of 200(.|\n)*serves again"):
        roll_out(service, ask=lambda url, timeout: Answer(503, "no database"))
    assert service.calls == [(NEW, False), (OLD, False)]


def test_a_smoke_request_may_succeed_at_the_second_try() -> None:
    answers = iter([Answer(200, "ok"), Answer(0, "refused"), *[Answer(200, "ok")] * 3])
    roll_out(Service(Clock(), {NEW: "COMPLETED"}), ask=lambda url, timeout: next(answers))


def test_the_previous_revision_is_the_engines_when_ecs_lists_none() -> None:
    service = Service(Clock(), {NEW: "COMPLETED", OLD: "COMPLETED"})
    service.deploy(NEW, False)
    service.deployments = service.deployments[:1]
    with pytest.raises(RolloutFailed, match="serves again"):
        roll_out(service, ask=lambda url, timeout: Answer(500, ""), previous=OLD)


def test_ctrl_c_goes_back() -> None:
    service = Service(Clock({3: Halt.STOP}), {NEW: "stuck"})
    with pytest.raises(Interrupted, match="rolls back to notes:7"):
        roll_out(service)
    assert service.calls == [(NEW, False), (OLD, False)]


def test_ctrl_c_before_the_deployment_touches_nothing() -> None:
    service = Service(Clock({0: Halt.STOP}), {})
    with pytest.raises(Interrupted):
        roll_out(service)
    assert service.calls == []


def test_a_dying_deployer_leaves_the_rollout_to_ecs() -> None:
    service = Service(Clock({3: Halt.ABANDON}), {NEW: "stuck"})
    with pytest.raises(Interrupted):
        roll_out(service)
    assert service.calls == [(NEW, False)]


def test_evidence_that_cannot_be_read_does_not_keep_it_from_going_back() -> None:
    service = Service(Clock(), {NEW: "COMPLETED", OLD: "COMPLETED"})
    service.refuses = {"stopped_tasks"}
    with pytest.raises(RolloutFailed, match=r"stopped tasks: could not be read(.|\n)*serves again"):
        roll_out(service, ask=lambda url, timeout: Answer(503, "no database"))
    assert service.calls == [(NEW, False), (OLD, False)]


def test_too_few_running_tasks_are_no_success() -> None:
    service = Service(Clock(), {NEW: "COMPLETED", OLD: "COMPLETED"})
    service.running = 1
    with pytest.raises(RolloutFailed, match="targets are not healthy"):
        roll_out(service)


def test_somebody_elses_newer_deployment_is_neither_a_success_nor_undone() -> None:
    service = Service(Clock(), {NEW: "COMPLETED"})

    def ask(url: str, timeout: float) -> Answer:
        service.interloper = True
        return Answer(200, "ok")

    with pytest.raises(RolloutFailed, match="superseded"):
        roll_out(service, ask)
    assert service.calls == [(NEW, False)]


def test_a_stale_answer_right_after_the_deployment_is_not_a_rollback() -> None:
    service = Service(Clock(), {NEW: "COMPLETED"})
    describe, stale = service.describe, service.describe()
    answers = iter([stale, stale, stale])
    service.describe = lambda: next(answers, None) or describe()  # type: ignore[method-assign]
    stale["deployments"] = list(stale["deployments"])
    roll_out(service)
    assert service.calls == [(NEW, False)]


def test_somebody_elses_deployment_is_not_undone_when_the_smoke_request_fails() -> None:
    service = Service(Clock(), {NEW: "COMPLETED"})

    def ask(url: str, timeout: float) -> Answer:
        service.interloper = True
        return Answer(503, "no database")

    with pytest.raises(RolloutFailed, match="superseded"):
        roll_out(service, ask)
    assert service.calls == [(NEW, False)]


def test_a_stale_answer_on_the_way_back_is_not_its_end() -> None:
    service = Service(Clock(), {NEW: "COMPLETED", OLD: "COMPLETED"})
    describe, deploy = service.describe, service.deploy
    stale: list[dict[str, Any]] = []

    def deployed(task_definition: str, force: bool, changes: Mapping[str, Any] | None = None) -> str:
        before = describe()
        before = before | {"deployments": [dict(one) for one in before["deployments"]]}
        started = deploy(task_definition, force, changes)
        if task_definition == OLD:
            stale.extend([before] * 3)
        return started

    service.deploy = deployed  # type: ignore[method-assign]
    service.describe = lambda: stale.pop() if stale else describe()  # type: ignore[method-assign]
    with pytest.raises(RolloutFailed, match="serves again"):
        roll_out(service, ask=lambda url, timeout: Answer(503, "no database"))
    assert stale == []


def test_a_release_is_written_down_before_and_after() -> None:
    service, records = Service(Clock(), {NEW: "COMPLETED"}), Records()
    roll_out(service, records=records)
    assert [(one.previous, one.deployment, one.state, one.release) for one in records.written] == [
        (OLD, "", "running", 0),
        (OLD, "ecs-svc/1", "running", 0),
        (OLD, "ecs-svc/1", "proven", 1),
    ]
    (release,) = records.releases
    assert (release.digest, release.task_definition, release.deployment) == ("repo@sha256:new", NEW, "ecs-svc/1")


def test_a_record_that_cannot_be_written_stops_it_before_anything_changes() -> None:
    service, records = Service(Clock(), {NEW: "COMPLETED"}), Records()
    records.refuses = True
    with pytest.raises(ClientError):
        roll_out(service, records=records)
    assert service.calls == []


@pytest.mark.parametrize(
    ("halt", "ends", "state"),
    [(Halt.ABANDON, "stuck", "cancelled"), (Halt.STOP, "stuck", "cancelled"), (None, "rolled back", "failed")],
)
def test_the_record_says_how_it_ended(halt: Halt | None, ends: str, state: str) -> None:
    service, records = Service(Clock({3: halt} if halt else {}), {NEW: ends}), Records()
    with pytest.raises((Interrupted, RolloutFailed)):
        roll_out(service, records=records)
    assert records.last is not None
    assert records.last.state == state
    assert records.releases == []


def test_what_a_killed_deployer_left_unproven_is_nothing_to_go_back_to() -> None:
    unproven = "arn:td/notes:77"
    service = Service(Clock(), {NEW: "COMPLETED", OLD: "COMPLETED"})
    service.deployments = [service._new(unproven, "COMPLETED")]
    records = Records(RolloutRecord("repo@sha256:x", unproven, OLD, 1, "ecs-svc/0"))
    with pytest.raises(RolloutFailed, match="notes:7 serves again"):
        roll_out(service, ask=lambda url, timeout: Answer(500, ""), records=records)
    assert [revision for revision, _ in service.calls] == [NEW, OLD]


def test_the_next_up_judges_the_deployment_that_a_killed_deployer_left() -> None:
    service = Service(Clock(), {NEW: "COMPLETED", OLD: "COMPLETED"})
    service.deploy(NEW, False)
    service.deployments = service.deployments[:1]  # the version before is drained already
    records = Records(RolloutRecord("repo@sha256:new", NEW, OLD, 1, "ecs-svc/1"))
    with pytest.raises(RolloutFailed, match="notes:7 serves again"):
        roll_out(service, ask=lambda url, timeout: Answer(500, ""), records=records)
    assert [revision for revision, _ in service.calls] == [NEW, OLD]
    assert records.last is not None
    assert records.last.state == "failed"


def test_ctrl_c_has_ecs_itself_go_back_where_its_deployment_is_known() -> None:
    service = Service(Clock({3: Halt.STOP}), {NEW: "stuck"})
    service.ecs_deployment = "arn:service-deployment/1"
    with pytest.raises(Interrupted, match="rolls back to notes:7"):
        roll_out(service)
    assert service.stopped_by_ecs == ["arn:service-deployment/1"]
    assert service.calls == [(NEW, False)]


@pytest.mark.parametrize("refuses", ["stop_deployment", "record"])
def test_ctrl_c_deploys_the_version_before_where_ecs_refuses_to(refuses: str) -> None:
    service = Service(Clock({3: Halt.STOP}), {NEW: "stuck"})
    service.ecs_deployment, service.refuses = "arn:service-deployment/1", {refuses}
    with pytest.raises(Interrupted, match="rolls back to notes:7"):
        roll_out(service)
    assert service.calls == [(NEW, False), (OLD, False)]


def test_a_failure_shows_ecs_record_its_new_events_and_what_serves() -> None:
    service = Service(Clock(), {NEW: "rolled back"})
    service.ecs_deployment = "arn:service-deployment/1"
    service.events = [{"id": "old", "message": "(service notes) was unable to place a task because of yesterday"}]
    deploy = service.deploy

    def deployed(task_definition: str, force: bool, changes: Mapping[str, Any] | None = None) -> str:
        service.events = [{"id": "new", "message": "(service notes) failed container health checks"}, *service.events]
        return deploy(task_definition, force, changes)

    service.deploy = deployed  # type: ignore[method-assign]
    with pytest.raises(RolloutFailed) as failure:
        roll_out(service)
    text = str(failure.value)
    assert "notes:8 was rolled back by the ECS circuit breaker: 3 tasks failed, its threshold is 3" in text
    assert "ECS says:      failed container health checks" in text
    assert "yesterday" not in text
    assert "notes:7 keeps serving: 1 task of notes:7" in text


def test_alarms_that_ring_already_are_warned_about() -> None:
    service, lines = Service(Clock(), {NEW: "COMPLETED"}), list[str]()
    service.alarms = ["notes-5xx"]
    roll_out(service, lines=lines)
    assert "warning: notes-5xx is in ALARM already: ECS ignores it for this deployment" in lines


def test_a_rolled_back_network_is_said_again_and_taken_back_again() -> None:
    def network(subnet: str) -> dict[str, Any]:
        return {"subnets": [subnet], "securityGroups": [], "assignPublicIp": "DISABLED"}

    service = Service(Clock(), {NEW: "COMPLETED"})
    service.deployments = [
        service._new(NEW, "COMPLETED") | {"networkConfiguration": {"awsvpcConfiguration": network("before")}}
    ]
    deploy = service.deploy

    def deployed(task_definition: str, force: bool, changes: Mapping[str, Any] | None = None) -> str:
        started = deploy(task_definition, force, changes)
        service.deployments[0]["networkConfiguration"] = (changes or {}).get("networkConfiguration")
        return started

    service.deploy = deployed  # type: ignore[method-assign]
    with pytest.raises(RolloutFailed, match="serves again"):
        roll_out(service, ask=lambda url, timeout: Answer(503, ""), shape=Shape(network("wanted")))
    assert service.calls == [(NEW, False), (NEW, False)]
    subnets = [one["networkConfiguration"]["awsvpcConfiguration"]["subnets"] for one in service.changes]
    assert subnets == [["wanted"], ["before"]]


SOAK = Soak(10, "http://notes/health")


def test_a_version_that_cannot_live_with_the_new_schema_stops_the_rollout_before_it_begins() -> None:
    service, records = Service(Clock(), {NEW: "COMPLETED"}), Records()
    for _ in range(2):  # the retry soaks again
        with pytest.raises(
            Incompatible, match=r"notes:7, which serves, cannot live with the new schema(.|\n)*no column"
        ) as failure:
            roll_out(service, ask=lambda url, timeout: Answer(503, "no column"), records=records, soak=SOAK)
        text = str(failure.value)
        assert "its users may be failing now" in text
        assert text.partition("fix:")[2].lstrip().startswith("undo them first: `sluice run --image"), "first of all"
    assert service.calls == []
    assert [one.state for one in records.written] == ["running", "failed"] * 2


def test_a_soak_that_goes_well_takes_its_time_once() -> None:
    service = Service(Clock(), {NEW: "COMPLETED"})
    roll_out(service, soak=SOAK)
    assert 10 <= service.clock.elapsed < 25
    assert service.calls == [(NEW, False)]


def test_nothing_is_soaked_on_a_first_deployment_nor_while_a_deployment_is_watched() -> None:
    first = Service(Clock(), {NEW: "COMPLETED"}, first=True)
    roll_out(first, soak=SOAK)
    assert first.clock.elapsed < 10
    watched = Service(Clock(), {NEW: "COMPLETED"})
    watched.deploy(NEW, False)
    roll_out(watched, soak=SOAK)
    assert watched.clock.elapsed < 10


def test_ctrl_c_while_soaking_changes_nothing() -> None:
    service = Service(Clock({3: Halt.STOP}), {})
    with pytest.raises(Interrupted, match="notes:7 keeps serving"):
        roll_out(service, soak=SOAK)
    assert service.calls == []


def test_a_task_that_had_to_be_replaced_stops_the_rollout() -> None:
    service = Service(Clock(), {})
    service.ill = ["yesterday"]

    def ask(url: str, timeout: float) -> Answer:
        if service.clock.elapsed >= 3:
            service.ill = ["yesterday", "Scaling activity initiated by x", "Task failed ELB health checks"]
        return Answer(200, "ok")

    with pytest.raises(Incompatible, match="had to be replaced: Task failed ELB health checks"):
        roll_out(service, ask=ask, soak=SOAK)
    assert service.calls == []


def test_smoke_needs_several_right_answers_in_a_row() -> None:
    old, new = Answer(200, "ok", {"x-version": "1"}), Answer(200, "ok", {"x-version": "2"})
    answers = iter([new, new, old, new, new, new])
    service = Service(Clock(), {NEW: "COMPLETED"})
    smoke = Smoke("http://notes/health", version_header="X-Version", version="2")
    wanted = Wanted(NEW, "", 300, (GROUP,), smoke)
    Rollout(service, wanted, service.clock, lambda *_: None, lambda *_: next(answers)).run()  # type: ignore[arg-type]
    assert next(answers, None) is None


def test_the_log_of_a_failed_task_that_printed_something_is_shown() -> None:
    service = Service(Clock(), {NEW: "rolled back"})
    tasks = [
        {"taskArn": "t/scaled", "stoppedReason": "Scaling activity initiated by x"},
        {"taskArn": "t/silent", "stoppedReason": "Task failed ELB health checks"},
        {"taskArn": "t/said", "stoppedReason": "Task failed ELB health checks"},
    ]
    service.stopped_tasks = lambda deployment, revision: tasks  # type: ignore[method-assign, assignment]
    service.last_lines = lambda task: ["why"] if task["taskArn"] == "t/said" else []  # type: ignore[method-assign]
    with pytest.raises(
        RolloutFailed, match=r"2 × Task failed ELB(.|\n)*last lines of task said:\n    \| why"
    ) as failure:
        roll_out(service)
    assert "Scaling activity" not in str(failure.value)

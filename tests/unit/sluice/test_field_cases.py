"""Inputs from the field that were judged wrongly once (X1 to X13, K1), each by its number. X1, X7 and X10 are in
test_whole_answers, X4 and X5 in test_fencing and test_operate, X6 in test_whole_answers and below, X12 in test_drained,
K1 in test_gate_resources; tests/chaos plays them on real containers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sluice.aws.observation import Confirmation, Dated, older_task, service_moment, whole_end
from sluice.diagnosis.verdict import StepFailed
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.record import RunRecord
from sluice.migration.run import migrate
from sluice.rollout.deployment.http_answer import Answer
from sluice.rollout.deployment.judge import State, judge
from sluice.rollout.diagnosis.rollout_failure import RolloutFailed
from sluice.rollout.proof.replaced_tasks import failed_by_itself
from tests.unit.sluice.migration.simulation import Clock, Ecs, Records, Script, client_error
from tests.unit.sluice.rollout.deploying import PLACE, Stage, subject
from tests.unit.sluice.rollout.rolling import NEW, OLD, Service, roll_out


def test_x2_one_answer_from_before_the_deployment_is_no_rollback() -> None:
    """It came while the smoke request failed: the bad version was left serving, and called rolled back."""
    service = Service(Clock(), {NEW: "COMPLETED", OLD: "COMPLETED"})
    describe, before = service.describe, service.describe()
    late: list[Any] = []

    def ask(url: str, timeout: float) -> Answer:
        late[:] = [before]
        return Answer(503, "ill")

    service.describe = lambda: late.pop() if late else describe()  # type: ignore[method-assign]
    with pytest.raises(RolloutFailed, match=r"notes:7 serves again"):
        roll_out(service, ask)
    assert service.calls == [(NEW, False), (OLD, False)]


@pytest.mark.parametrize("nth", range(1, 8))
def test_x3_one_empty_answer_at_any_moment_is_no_end(nth: int) -> None:
    service = Service(Clock(), {NEW: "COMPLETED"})
    describe, count = service.describe, 0

    def lies() -> Any:
        nonlocal count
        count += 1
        return None if count == nth else describe()

    service.describe = lies  # type: ignore[method-assign]
    assert roll_out(service).previous == OLD
    assert service.calls == [(NEW, False)]


def test_x6_a_clock_that_is_set_while_a_task_runs_ends_nothing() -> None:
    """The time-out counts from the task's createdAt, by AWS's clock: the deployer's is AWS's, and never jumps."""
    stage = Stage(Script(runs=50))
    stage.deploy()
    assert stage.ecs.tasks[0].stop_asked is None


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException"])
@pytest.mark.parametrize(("exit_code", "said"), [(0, "exit code 0"), (3, "exit code 3")])
def test_x8_a_log_that_cannot_be_read_hides_no_verdict(code: str, exit_code: int, said: str) -> None:
    stage = Stage(Script(exit=exit_code))
    stage.ecs.trouble = lambda call: client_error(code, call) if call == "get_log_events" else None
    failure = None
    try:
        stage.deploy()
    except StepFailed as failed:
        failure = failed
    assert (said in str(failure)) is bool(exit_code)
    assert stage.records.runs[1].state == ("failed" if exit_code else "succeeded")
    assert stage.records.steps[1, "master"].tasks[0].exit == exit_code
    assert any("warning: its log in " in line for line in stage.lines)


STOPPED: list[tuple[str, str, bool]] = [
    ("EssentialContainerExited", "Essential container in task exited", True),
    ("ServiceSchedulerInitiated", "Task failed ELB health checks in (target-group x)", True),
    ("ServiceSchedulerInitiated", "Task failed container health checks", True),
    ("ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/1)", False),
    ("ServiceSchedulerInitiated", "Amazon ECS is rebalancing tasks across Availability Zones", False),
    ("UserInitiated", "Task stopped by user", False),
    ("SpotInterruption", "Your Spot Task was interrupted.", False),
    ("TerminationNotice", "ECS is performing maintenance on the underlying infrastructure hosting the task", False),
    ("TaskFailedToStart", "CannotPullContainerError: x", False),
    ("SomethingNew", "x", False),
]


@pytest.mark.parametrize(("code", "reason", "ill"), STOPPED)
def test_x9_only_what_the_version_did_itself_says_that_it_is_ill(code: str, reason: str, ill: bool) -> None:
    assert failed_by_itself({"stopCode": code, "stoppedReason": reason}) is ill


def test_x11_a_listing_that_lags_behind_is_not_asked_in_a_busy_loop() -> None:
    """The number that it says is free is taken, by a run that it does not know yet."""
    clock, records = Clock(), Records()
    records.create(RunRecord(1, "up", "other", "sha256:z", "zoe@host", 1, state="succeeded"))
    all_runs, calls = records.all, 0

    def lagging() -> list[RunRecord]:
        nonlocal calls
        calls += 1
        return [] if clock.elapsed < 6 else all_runs()

    records.all = lagging  # type: ignore[method-assign]
    ecs = Ecs(clock, [Script()])
    to = Deployer(ecs, ecs, records, clock, lambda *_: None, "ann@host")  # type: ignore[arg-type]
    assert migrate(to, subject(), "before", PLACE).number == 2
    assert calls <= 4


def test_x13_somebody_who_deploys_the_older_revision_is_no_rollback_by_ecs() -> None:
    theirs = {"id": "ecs-svc/3", "taskDefinition": OLD, "status": "PRIMARY", "rolloutState": "COMPLETED",
              "rolloutStateReason": "ECS deployment ecs-svc/3 completed."}  # fmt: skip
    seen = {"status": "ACTIVE", "desiredCount": 2, "deployments": [theirs]}
    for record in (None, {"status": "STOPPED"}):
        judgement = judge(seen, "ecs-svc/2", OLD, record)
        assert judgement.state is State.SUPERSEDED
        assert "deployment ecs-svc/3 of notes:7 took its place" in judgement.reason
    assert judge(seen, "ecs-svc/2", OLD, {"status": "ROLLBACK_SUCCESSFUL"}).state is State.ROLLED_BACK


# -- the rule for evidence


def test_a_change_for_the_worse_must_last() -> None:
    doubt = Confirmation()
    assert [doubt.confirmed("gone", at) for at in (0, 1, 4.9, 5)] == [False, False, False, True]
    assert not doubt.confirmed("", 6), "something better in between"
    assert not doubt.confirmed("gone", 7)
    assert not doubt.confirmed("rolled back", 13), "another one begins anew"
    assert not doubt.confirmed("rolled back", 20), "two looks are no three"
    assert doubt.confirmed("rolled back", 21)
    assert [Confirmation().confirmed("gone", 0, 30), doubt.confirmed("rolled back", 30, 30)] == [False, False]


ORDER = [
    ({"version": 3, "lastStatus": "RUNNING"}, {}, False),
    ({"version": 3, "lastStatus": "RUNNING"}, {"version": 4, "lastStatus": "STOPPED"}, True),
    ({"version": 5, "lastStatus": "STOPPED"}, {"version": 4, "lastStatus": "RUNNING"}, False),
    ({"lastStatus": "PENDING"}, {"lastStatus": "RUNNING"}, True),
    ({"lastStatus": "RUNNING"}, {"lastStatus": "PENDING"}, False),
    ({"version": 4, "lastStatus": "RUNNING"}, {"version": 4, "lastStatus": "STOPPED"}, True),
    ({"lastStatus": "SOMETHING NEW"}, {"lastStatus": "PROVISIONING"}, False),
]


@pytest.mark.parametrize(("answer", "known", "older"), ORDER)
def test_which_answer_about_a_task_is_older(answer: dict[str, Any], known: dict[str, Any], older: bool) -> None:
    assert older_task(answer, known) is older


ENDS: list[tuple[dict[str, Any], bool]] = [
    ({"stopCode": "EssentialContainerExited", "containers": [{"name": "app", "exitCode": 0}]}, True),
    ({"stopCode": "EssentialContainerExited", "containers": [{"name": "app"}]}, False),
    ({"stopCode": "EssentialContainerExited", "containers": []}, False),
    ({"containers": [{"name": "app", "exitCode": 0}]}, False),
    ({"stopCode": "TaskFailedToStart", "containers": [{"name": "app"}]}, True),
    ({"stopCode": "UserInitiated", "containers": [{"name": "app", "exitCode": 143}]}, True),
]


@pytest.mark.parametrize(("task", "whole"), ENDS)
def test_an_end_that_does_not_say_how_is_looked_at_again(task: dict[str, Any], whole: bool) -> None:
    assert whole_end(task, frozenset({"app"})) is whole


@pytest.mark.parametrize("key", ["exitCode", "stopCode"])
def test_a_key_that_one_answer_lacks_changes_no_verdict(key: str) -> None:
    stage = Stage(Script())
    describe, lied = stage.ecs.describe_tasks, False

    def lies(cluster: str, tasks: list[str]) -> dict[str, Any]:
        nonlocal lied
        answer = describe(cluster, tasks)
        for task in answer["tasks"]:
            if task["lastStatus"] == "STOPPED" and not lied:
                lied = True
                task.pop(key, None)
                task["containers"] = [{name: one[name] for name in one if name != key} for one in task["containers"]]
        return answer

    stage.ecs.describe_tasks = lies  # type: ignore[method-assign]
    stage.deploy()
    assert lied
    assert stage.records.runs[1].state == "succeeded"


def test_a_stopped_task_whose_stop_code_is_late_is_not_taken_for_a_success() -> None:
    """StopTask by hand, and a program that exits 0 on SIGTERM: one answer lacks the code."""
    stage = Stage(Script(hangs=True, exit=0))
    describe, first = stage.ecs.describe_tasks, True

    def by_hand(cluster: str, tasks: list[str]) -> dict[str, Any]:
        nonlocal first
        if stage.clock.elapsed > 3:
            stage.ecs.stop_task(cluster, tasks[0], "by hand")
        answer = describe(cluster, tasks)
        for task in answer["tasks"]:
            if task["lastStatus"] == "STOPPED" and first:
                first = False
                task.pop("stopCode")
        return answer

    stage.ecs.describe_tasks = by_hand  # type: ignore[method-assign]
    with pytest.raises(Exception, match="stopped from outside"):
        stage.deploy()


def test_the_newest_moment_of_a_service() -> None:
    from datetime import UTC, datetime

    def at(second: int) -> datetime:
        return datetime.fromtimestamp(second, UTC)

    seen = {
        "deployments": [{"createdAt": at(5), "updatedAt": at(9)}],
        "events": [{"createdAt": at(8)}, {"createdAt": at(99)}],
    }
    assert service_moment(seen) == 9
    assert service_moment(None) == 0
    dated = Dated()
    assert [dated.stale(moment, now) for moment, now in ((9, 0), (5, 1), (9, 2), (5, 3), (5, 34), (6, 35))] == [
        False, True, False, True, False, False,
    ]  # fmt: skip


def test_a_start_that_ecs_denies_and_lists_all_the_same_is_the_task() -> None:
    """failures[] for a call that had gone through before: ListTasks is the second witness."""
    stage = Stage(Script(), Script())
    run_task, told = stage.ecs.run_task, False

    def lies(**request: Any) -> dict[str, Any]:
        nonlocal told
        answer = run_task(**request)
        if not told:
            told = True
            return {"tasks": [], "failures": [{"reason": "Capacity is unavailable at this time"}]}
        return answer

    stage.ecs.run_task = lies  # type: ignore[method-assign]
    stage.deploy()
    assert len(stage.ecs.tasks) == 1


def test_two_programs_of_one_user_on_one_host_are_two_deployers() -> None:
    stage = Stage(Script(runs=30), Script(runs=30))
    saved, taken = stage.records.save_step, list[RunRecord]()

    def rival(run: RunRecord, step: Any) -> None:
        saved(run, step)
        if not taken:
            taken.append(run)
            stage.records.save(replace(run, owner="another"))

    stage.records.save_step = rival  # type: ignore[method-assign]
    with pytest.raises(Exception, match="was taken over: ann@host"):
        stage.deploy()
    assert stage.ecs.tasks == []

"""What one answer about a step's tasks decides: lost, outdated, still running, ended, or to be started again."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.diagnosis.verdict import Kind, Outcome, forgotten
from sluice.inputs.step import Step
from sluice.migration.records.record import TaskRecord
from sluice.migration.step.shard import Shard
from tests.unit.sluice.migration.simulation import CLUSTER, Script
from tests.unit.sluice.migration.step.one_step import STEP, TWO, OneStep, arn, task_id

SUCCEEDED = Outcome(Kind.SUCCEEDED, "exit code 0", exit_code=0)
QUICK = Script(runs=0)


class Polled(OneStep):
    """A step whose tasks are shown as *shows* says: by number, what differs; None: not at all."""

    def __init__(self, essential: frozenset[str] = frozenset({"app"}), step: Step = STEP) -> None:
        super().__init__(step=step)
        self.shows: dict[int, dict[str, Any] | None] = {}
        self.polled = self.step_run(essential)
        describe = self.ecs.describe_tasks

        def shown(cluster: str, tasks: list[str]) -> dict[str, Any]:
            found = [(int(task["taskArn"][-32:], 16), task) for task in describe(cluster=cluster, tasks=tasks)["tasks"]]
            kept = [(task, self.shows.get(number, {})) for number, task in found]
            return {"tasks": [{**task, **more} for task, more in kept if more is not None], "failures": []}

        self.ecs.describe_tasks = shown  # type: ignore[method-assign]

    def poll(self, *shards: Shard) -> None:
        self.polled._poll(shards)


def pair(first: Script, **more: Any) -> tuple[Polled, Shard, Shard]:
    """Two shards: *first*, and one whose task has just ended with exit code 0."""
    stage = Polled(step=TWO)
    return stage, stage.running(0, first, **more), stage.running(1, QUICK)


def test_every_task_that_may_run_is_described_in_one_request() -> None:
    stage, one, other = pair(Script(hangs=True))
    stage.poll(one, Shard(2), Shard(3, task=arn(9), outcome=SUCCEEDED), other)
    assert stage.requests("describe_tasks") == [{"cluster": CLUSTER, "tasks": [arn(0), arn(1)]}]
    assert (one.outcome, other.outcome) == (None, SUCCEEDED)
    stage.asked.clear()
    stage.poll(Shard(2), other)
    assert stage.asked == []


@pytest.mark.parametrize(("asked", "seen", "since"), [(50, 0, 50), (0, 50, 50), (0, 0, 0), (0, -50, 0)])
def test_a_task_that_ecs_does_not_show_is_lost_after_two_minutes(asked: float, seen: float, since: float) -> None:
    """Since it was requested, was last seen, or this deployer began, whichever is latest."""
    stage, lost, other = pair(Script(hangs=True))
    begun, stage.shows[0] = stage.clock.now(), None
    lost.asked_at, lost.last_seen = begun + asked if asked else 0.0, begun + seen if seen else 0.0
    stage.clock.wait(since + 120)
    stage.poll(lost, other)
    assert (lost.outcome, other.outcome) == (None, SUCCEEDED), "the others are judged all the same"
    stage.clock.wait(0.5)
    stage.poll(lost)
    assert lost.outcome == forgotten(arn(0))
    seconds = round(stage.clock.now() - max(begun, lost.asked_at))
    assert stage.recorded[0] == TaskRecord(0, 1, task_id(0), None, seconds, "forgotten")


def test_an_older_answer_is_ignored() -> None:
    stage, one, other = pair(Script(hangs=True))
    stage.shows[0] = {"version": 5}
    stage.poll(one)
    stage.shows[0], known = {"version": 4, "lastStatus": "PENDING"}, dict(one.seen)
    seen_at = one.last_seen
    stage.clock.wait(1)
    stage.poll(one, other)
    assert (one.seen, one.last_seen, other.outcome) == (known, seen_at, SUCCEEDED)


def test_a_task_changes_when_its_state_does() -> None:
    stage = Polled()
    shard, begun = stage.running(), stage.clock.now()
    for seconds, status, changed in ((5, "PENDING", 5), (5, "PENDING", 5), (5, "RUNNING", 15), (5, "RUNNING", 15)):
        stage.clock.wait(seconds)
        stage.shows[0] = {"lastStatus": status}
        stage.poll(shard)
        assert shard.changed_at == begun + changed
        assert shard.last_seen == stage.clock.now()


def test_an_incomplete_end_counts_when_it_was_shown_three_times_in_five_seconds() -> None:
    stage, unsure, other = pair(Script(runs=0, exit=None))
    stage.poll(unsure, other)
    assert (unsure.outcome, other.outcome) == (None, SUCCEEDED)
    stage.clock.wait(3)
    stage.poll(unsure)
    assert [unsure.outcome] == [None]
    stage.clock.wait(2)
    stage.poll(unsure)
    assert unsure.outcome is not None
    assert (unsure.outcome.kind, unsure.outcome.exit_code) == (Kind.FAILED, None)


@pytest.mark.parametrize(("status", "reads"), [("PROVISIONING", 0), ("PENDING", 0), ("ACTIVATING", 1), ("RUNNING", 1)])
def test_the_log_of_a_running_task_is_read_by_one_request(status: str, reads: int) -> None:
    stage, one, other = pair(Script(hangs=True, lines=["one"]))
    stage.clock.wait(2)
    stage.shows[0] = {"lastStatus": status}
    stage.poll(one)
    assert len(stage.requests("get_log_events")) == reads
    assert stage.said == ["master[0] | one"] * reads
    stage.poll(one, other)
    assert other.outcome == SUCCEEDED


def test_the_log_is_read_a_second_after_the_last_time() -> None:
    stage = Polled()
    shard = stage.running()
    for seconds, reads in ((2, 1), (0.5, 1), (0.5, 2), (0.5, 2)):
        stage.clock.wait(seconds)
        stage.poll(shard)
        assert len(stage.requests("get_log_events")) == reads


def test_the_steps_own_container_is_told_from_its_side_cars() -> None:
    stage = Polled(essential=frozenset({"app", "proxy"}))
    shard = stage.running(0, Script(runs=0))
    stage.shows[0] = {"containers": [{"name": "app", "exitCode": 143}, {"name": "proxy", "exitCode": 1}]}
    stage.poll(shard)
    assert shard.outcome is not None
    assert shard.outcome.kind is Kind.INTERRUPTED
    assert shard.outcome.title.startswith("side-car proxy ended first (exit code 1)")


CANCELLED = {"stopCode": "UserInitiated", "stoppedReason": "Sluice: cancelled by the user"}
AGAIN: list[tuple[str, bool, bool, int, dict[str, Any], bool]] = [
    ("adopted and ended before it was seen", True, False, 1, {}, True),
    ("adopted and failed after it was seen", True, True, 1, {}, False),
    ("adopted and cancelled", True, True, 1, CANCELLED, True),
    ("adopted and succeeded", True, False, 0, {}, False),
    ("its own", False, False, 1, {}, False),
    ("its own, cancelled", False, True, 1, CANCELLED, False),
]


@pytest.mark.parametrize(
    ("adopted", "seen", "code", "shows", "again"), [one[1:] for one in AGAIN], ids=[one[0] for one in AGAIN]
)
def test_a_failed_task_of_an_earlier_deployer_is_started_again(
    adopted: bool, seen: bool, code: int, shows: dict[str, Any], again: bool
) -> None:
    stage = Polled(step=TWO)
    shard = stage.running(1, Script(runs=9, exit=code), adopted=adopted)
    if seen:
        stage.poll(shard)
    stage.clock.wait(9)
    stage.shows[0] = shows
    stage.poll(shard)
    kind = "succeeded" if not code else "interrupted" if shows else "failed"
    assert stage.recorded == (TaskRecord(1, 1, task_id(0), code, 9, kind),)
    if again:
        assert (shard.task, shard.adopted, shard.outcome) == ("", False, None)
        [said] = stage.said
        assert said.startswith(f"master[1]: task {task_id(0)} of an earlier deployer ended: ")
        assert said.endswith(f"exit code {code}")
    else:
        assert shard.outcome is not None
        assert shard.outcome.exit_code == code


LONG = ["line"] * 401


@pytest.mark.parametrize(
    ("code", "lines", "said"),
    [
        (0, [], "exit code 0 after 9 s"),
        (0, ["line"], "exit code 0 after 9 s"),
        (0, LONG[:400], "exit code 0 after 9 s"),
        (0, LONG, "exit code 0 after 9 s, 401 lines"),
        (3, LONG, "exit code 3 after 9 s"),
    ],
)
def test_an_end_is_said_with_its_duration_and_the_length_of_a_cut_log(code: int, lines: list[str], said: str) -> None:
    stage = Polled(step=TWO)
    shard = stage.running(1, Script(runs=9, exit=code, lines=lines))
    stage.clock.wait(12)
    stage.poll(shard)
    assert stage.said[-1] == f"master[1]: {said}"
    assert stage.said.count("master[1] | line") == min(len(lines), 400)
    assert stage.recorded == (TaskRecord(1, 1, task_id(0), code, 9, "failed" if code else "succeeded"),)


def test_a_task_without_a_readable_log_ends_all_the_same() -> None:
    stage = Polled()
    stage.polled = stage.step_run(log=None)
    shard = stage.running(0, QUICK)
    stage.poll(shard)
    assert stage.said == ["master: exit code 0 after 0 s"]


def test_a_task_that_was_stopped_at_its_timeout_has_timed_out_whatever_its_exit_code() -> None:
    stage = Polled(step=TWO)
    shard = stage.running(1, Script(hangs=True, exit=0, stop_takes=0))
    shard.stopping = "timed out after 1 min 00 s"
    stage.ecs.stop_task(cluster=CLUSTER, task=arn(0), reason="Sluice: timed out")
    stage.poll(shard)
    assert shard.outcome is not None
    assert (shard.outcome.kind, shard.outcome.title) == (Kind.FAILED, "timed out after 1 min 00 s")
    assert stage.said == ["master[1]: stopped"]
    assert stage.recorded == (TaskRecord(1, 1, task_id(0), 0, 0, "failed"),)


def test_a_task_that_had_ended_by_itself_is_judged_by_its_own_end() -> None:
    stage = Polled(step=TWO)
    shard = stage.running(1, QUICK)
    shard.stopping = "timed out after 1 min 00 s"
    stage.poll(shard)
    assert (shard.outcome, shard.stopping) == (SUCCEEDED, "")
    assert stage.said == [
        "master[1]: it had ended by itself before it was stopped",
        "master[1]: exit code 0 after 0 s",
    ]


def test_a_task_that_did_not_start_is_tried_again() -> None:
    stage = Polled()
    shard = stage.running(0, Script(runs=0, fails_to_start="something new"))
    stage.poll(shard)
    assert (shard.task, shard.outcome) == ("", None)
    assert stage.said == ["master: the task could not start: something new; retry in 2 s (1 of 3)"]

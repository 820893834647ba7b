"""Asking by a one-off task, on simulated time against an ECS that runs tasks by script."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.aws.patience import Unknown
from sluice.clock import Halt
from sluice.errors import GateError, Interrupted
from sluice.inputs.smoke import Smoke
from sluice.inputs.smoke_task import SmokeTask
from sluice.inputs.soak import Soak
from sluice.rollout.diagnosis.rollout_failure import RolloutFailed
from sluice.rollout.proof.compatibility import Incompatible
from sluice.rollout.proof.question import Reply
from sluice.rollout.proof.task_question import LONGEST_SECONDS, TaskQuestion
from sluice.rollout.request import Wanted
from sluice.rollout.rollout import Rollout
from tests.unit.sluice.migration.simulation import CLUSTER, DEFINITION, Clock, Ecs, Script, client_error
from tests.unit.sluice.rollout.rolling import GROUP, NEW, OLD, Service

TASK = SmokeTask(("curl", "-f"), DEFINITION, "app", ("subnet-1",), ("sg-1",))
SMOKE = Smoke("http://notes/health", answers=1, attempts=2, version="2", version_header="X-Version", address="lb:80")
NO_CAPACITY = Script(refused=[{"reason": "Capacity is unavailable at this time. Please try again later"}])


def nothing() -> None:
    """Nobody wants the work to end."""


class Network:
    """A question, and what it ran."""

    def __init__(self, *scripts: Script, halts: dict[float, Halt] | None = None) -> None:
        self.clock = Clock(halts)
        self.ecs = Ecs(self.clock, list(scripts))
        self.lines: list[str] = []
        self.question = TaskQuestion(
            self.ecs, self.ecs, CLUSTER, TASK, self.clock, lambda text, progress: self.lines.append(text)
        )

    def ask(self) -> Reply:
        return self.question(SMOKE, nothing)


def test_exit_code_0_is_the_right_answer_and_the_command_is_told_what_to_ask() -> None:
    network = Network(Script(runs=30))
    reply = network.ask()
    (task,) = network.ecs.tasks
    assert (reply.wrong, reply.answered.unasked, reply.answered.unreachable) == ("", False, False)
    assert reply.said == f"task {task.arn.rpartition('/')[2]} asked http://notes/health and exited 0"
    assert task.command == ["curl", "-f"]
    assert task.environment == {
        "SLUICE_URL": "http://notes/health",
        "SLUICE_ADDRESS": "lb:80",
        "SLUICE_HOST": "",
        "SLUICE_STATUS": "200",
        "SLUICE_TIMEOUT": "10",
        "SLUICE_VERSION": "2",
        "SLUICE_VERSION_HEADER": "X-Version",
    }


def test_another_exit_code_is_a_wrong_answer_with_the_last_line() -> None:
    reply = Network(Script(exit=22, lines=["connecting", "error 503"])).ask()
    assert reply.wrong == "the task that asked http://notes/health ended with exit code 22: error 503"
    assert not reply.answered.unasked


def test_each_question_is_a_task_of_its_own_and_one_that_is_repeated_is_not() -> None:
    network = Network(Script(), Script())
    network.ask()
    lost = {"run_task": 1}

    def trouble(call: str) -> Exception | None:
        error: Exception = client_error("ServiceUnavailable", "RunTask", 503)
        return error if call == "run_task" and lost.pop(call, 0) else None

    network.ecs.trouble = trouble
    network.ask()
    assert len({task.token for task in network.ecs.tasks}) == len(network.ecs.tasks) == 2


def test_a_start_that_fails_for_what_passes_is_tried_again() -> None:
    network = Network(NO_CAPACITY, NO_CAPACITY, NO_CAPACITY, NO_CAPACITY, Script())
    assert network.ask().wrong == ""
    assert any("no Fargate capacity" in line and "tried again" in line for line in network.lines), network.lines


@pytest.mark.parametrize(
    ("scripts", "says"),
    [
        ([NO_CAPACITY] * 60, "Capacity is unavailable"),
        ([Script(fails_to_start="CannotPullContainerError: manifest unknown")] * 3, "manifest unknown"),
        ([Script(fails_to_start="something new")] * 3, "something new"),
    ],
    ids=["passes by itself, but did not", "known", "unknown"],
)
def test_a_task_that_cannot_start_says_nothing_about_the_version(scripts: list[Script], says: str) -> None:
    network = Network(*scripts)
    reply = network.ask()
    assert "did not answer: " in reply.wrong
    assert says in reply.wrong
    assert reply.answered.unasked
    assert network.clock.elapsed < LONGEST_SECONDS + 120


def test_a_task_that_does_not_end_is_stopped_and_its_answer_is_wrong() -> None:
    network = Network(Script(hangs=True))
    reply = network.ask()
    assert "it had not ended after 5 min" in reply.wrong
    assert not reply.answered.unasked, "it ran: the version, or the command, is at fault"
    assert network.ecs.tasks[0].stop_asked is not None
    assert network.clock.elapsed < LONGEST_SECONDS + 60


def test_whoever_wants_it_to_end_is_heard_at_once_and_the_task_is_stopped() -> None:
    network = Network(Script(runs=100))

    def heed() -> None:
        if network.clock.elapsed > 20:
            raise Interrupted("cancelled")

    with pytest.raises(Interrupted):
        network.question(SMOKE, heed)
    assert 20 < network.clock.elapsed < 30
    assert network.ecs.tasks[0].stop_asked is not None


def test_aws_out_of_reach_is_no_answer() -> None:
    network = Network(Script())
    network.ecs.trouble = lambda call: (
        client_error("ServiceUnavailable", call, 503) if "describe_tasks" in call else None
    )
    with pytest.raises(Unknown):
        network.ask()


def test_a_log_that_may_not_be_read_hides_no_verdict() -> None:
    network = Network(Script(exit=1))
    network.ecs.trouble = lambda call: client_error("AccessDeniedException", call) if "log" in call else None
    assert network.ask().wrong == "the task that asked http://notes/health ended with exit code 1"
    assert any("log of the task that asked could not be read" in line for line in network.lines)


# -- in a rollout


def roll_out(service: Service, *scripts: Script, smoke: Smoke | None = SMOKE, **more: Any) -> list[str]:
    """Rolls out; returns what was printed."""
    lines: list[str] = []
    ecs = Ecs(service.clock, list(scripts))

    def log(text: str, progress: bool) -> None:
        if not progress:
            lines.append(text)

    def ask(url: str, timeout: float) -> Any:
        raise AssertionError("the deployer itself asks nothing")

    question = TaskQuestion(ecs, ecs, CLUSTER, TASK, service.clock, log)
    wanted = Wanted(NEW, "", 600, (GROUP,), smoke, **more)
    Rollout(service, wanted, service.clock, log, ask, question=question).run()  # type: ignore[arg-type]
    return lines


def test_a_rollout_is_proven_by_a_task_and_the_old_version_soaked_by_another() -> None:
    service = Service(Clock(), {NEW: "COMPLETED"}, takes=30)
    lines = roll_out(service, Script(runs=30), Script(runs=30), soak=Soak(10, "http://notes/health"))
    assert service.calls == [(NEW, False)]
    assert "notes:7 was healthy on the new schema in 1 checks" in lines
    assert lines[-2].endswith("asked http://notes/health and exited 0")


def test_a_version_that_the_command_refuses_goes_back_and_shows_its_lines() -> None:
    service = Service(Clock(), {NEW: "COMPLETED", OLD: "COMPLETED"})
    bad = Script(exit=22, lines=["curl: (22) The requested URL returned error: 503"])
    with pytest.raises(RolloutFailed) as failure:
        roll_out(service, bad, bad)
    text = str(failure.value)
    assert "cause:         smoke.command, which asked http://notes/health from inside the network, ended with" in text
    assert "which asked:\n    | curl: (22) The requested URL returned error: 503" in text
    assert "notes:7 serves again" in text
    assert service.calls == [(NEW, False), (OLD, False)]


def test_an_old_version_that_the_command_refuses_twice_is_not_replaced() -> None:
    service = Service(Clock(), {NEW: "COMPLETED"})
    bad = Script(exit=1, lines=["no column"])
    twice = r"2 of 2 checks were bad: the task that asked .* exit code 1: no column"
    with pytest.raises(Incompatible, match=twice) as found:
        roll_out(service, bad, bad, soak=Soak(10, "http://notes/health"))
    assert "lets this deployer in" not in str(found.value)
    assert service.calls == []


def test_an_old_version_that_could_not_be_asked_is_not_called_incompatible() -> None:
    service = Service(Clock(), {NEW: "COMPLETED"})
    gone = Script(fails_to_start="CannotPullContainerError: not found")
    with pytest.raises(GateError, match="could not be asked whether it lives with the new schema") as found:
        roll_out(service, gone, gone, gone, soak=Soak(10, "http://notes/x"))
    assert not isinstance(found.value, Incompatible)
    assert "was replaced, and the new version was not started" in str(found.value)
    assert service.calls == []


def test_ctrl_c_while_a_task_asks_goes_back_at_once() -> None:
    service = Service(Clock({20: Halt.STOP}), {NEW: "COMPLETED"})
    with pytest.raises(Interrupted, match="rolls back to notes:7"):
        roll_out(service, Script(runs=60))
    assert service.clock.elapsed < 30
    assert service.calls == [(NEW, False), (OLD, False)]


def test_nobody_asks_where_that_is_off() -> None:
    service = Service(Clock(), {NEW: "COMPLETED"})
    lines = roll_out(service, smoke=None, soak=Soak(5, ""))
    assert "notes:7 was healthy on the new schema in 6 checks" in lines


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({}, "command is None; it must be a list of texts"),
        ({"command": "curl"}, "command is 'curl'; it must be a list of texts"),
        ({"command": ["curl"], "subnets": ["s"], "securityGroups": []}, "securityGroups is \\[\\]"),
        ({"command": ["curl"], "subnets": ["s"], "securityGroups": ["g"]}, "taskDefinition is None"),
        ({"comand": ["curl"]}, "unknown key 'comand'"),
    ],
)
def test_wrong_inputs(raw: dict[str, Any], says: str) -> None:
    with pytest.raises(GateError, match=says):
        SmokeTask.parse(raw)

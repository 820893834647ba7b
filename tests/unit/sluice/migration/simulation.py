"""A clock that only moves when somebody waits, and an ECS that runs tasks by script, in the API's shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from sluice.clock import Halt
from sluice.migration.records.record import RunRecord, StepRecord

CLUSTER = "arn:aws:ecs:eu-west-1:123456789012:cluster/notes"
DEFINITION = "arn:aws:ecs:eu-west-1:123456789012:task-definition/notes-migration:7"


class Clock:
    """Simulated time. *halts* maps a moment to what happens then.

    With *step* every wait takes so many seconds, so that a limit is met to the second.
    """

    def __init__(self, halts: Mapping[float, Halt] | None = None) -> None:
        self.time = 1_000_000.0
        self.started = self.time
        self.halts = dict(halts or {})
        self.step = 0.0

    @property
    def elapsed(self) -> float:
        return self.time - self.started

    def now(self) -> float:
        return self.time

    def wait(self, seconds: float) -> None:
        assert seconds > 0, "a wait that does not move time would loop for ever"
        self.time += self.step or seconds
        assert self.elapsed < 100_000, "no deadline ended this"

    def halted(self) -> Halt | None:
        due = [halt for moment, halt in sorted(self.halts.items()) if moment <= self.elapsed]
        return due[-1] if due else None


@dataclass
class Script:
    """How a task goes: seconds until it runs and until it ends, and its end.

    ``exit`` None means no exit code. ``fails_to_start`` replaces all the rest.
    """

    runs: float = 5.0
    exit: int | None = 0
    lines: Sequence[str] = ()
    fails_to_start: str = ""
    stop_takes: float = 2.0
    refused: Sequence[Mapping[str, str]] = ()
    hangs: bool = False


@dataclass
class Task:
    arn: str
    script: Script
    token: str
    command: list[str]
    environment: dict[str, str]
    created: float
    stop_asked: float | None = None
    stop_reason: str = ""


@dataclass
class Ecs:
    """Runs scripted tasks; also answers for CloudWatch Logs."""

    clock: Clock
    scripts: list[Script]
    tasks: list[Task] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    trouble: Callable[[str], Exception | None] = lambda call: None
    containers: Sequence[Mapping[str, Any]] = (
        {
            "name": "app",
            "essential": True,
            "logConfiguration": {"options": {"awslogs-group": "/g", "awslogs-stream-prefix": "migration"}},
        },
    )

    def _called(self, name: str) -> None:
        self.calls.append(name)
        error = self.trouble(name)
        if error is not None:
            raise error

    def describe_task_definition(self, **request: str) -> dict[str, Any]:
        self._called("describe_task_definition")
        return {"taskDefinition": {"containerDefinitions": list(self.containers)}}

    def run_task(self, **request: Any) -> dict[str, Any]:
        self._called("run_task")
        for task in self.tasks:
            if task.token == request["clientToken"]:
                return {"tasks": [self._view(task)], "failures": []}
        script = self.scripts.pop(0)
        if script.refused:
            return {"tasks": [], "failures": list(script.refused)}
        override = request["overrides"]["containerOverrides"][0]
        task = Task(
            arn=f"arn:aws:ecs:eu-west-1:123456789012:task/notes/{len(self.tasks):032x}",
            script=script,
            token=request["clientToken"],
            command=override["command"],
            environment={pair["name"]: pair["value"] for pair in override["environment"]},
            created=self.clock.time,
        )
        self.tasks.append(task)
        return {"tasks": [self._view(task)], "failures": []}

    def describe_tasks(self, cluster: str, tasks: list[str]) -> dict[str, Any]:
        self._called("describe_tasks")
        assert cluster == CLUSTER
        return {"tasks": [self._view(task) for task in self.tasks if task.arn in tasks], "failures": []}

    def list_tasks(self, **request: Any) -> dict[str, Any]:
        self._called("list_tasks")
        assert request["cluster"] == CLUSTER
        if "startedBy" in request:
            assert request.keys() == {"cluster", "startedBy"}, "startedBy must be the only filter"
            found = [task for task in self.tasks if task.token == request["startedBy"] and not self._stopped(task)]
        else:
            stopped = request["desiredStatus"] == "STOPPED"
            found = [task for task in self.tasks if self._stopped(task) == stopped]
        return {"taskArns": [task.arn for task in found]}

    def get_paginator(self, operation: str) -> Any:
        ecs = self

        class Paginator:
            def paginate(self, **request: Any) -> list[dict[str, Any]]:
                return [getattr(ecs, operation)(**request)]

        return Paginator()

    def stop_task(self, cluster: str, task: str, reason: str) -> dict[str, Any]:
        self._called("stop_task")
        found = next(one for one in self.tasks if one.arn == task)
        if found.stop_asked is None and not self._stopped(found):
            found.stop_asked, found.stop_reason = self.clock.time, reason
        return {"task": self._view(found)}

    def get_log_events(self, **request: Any) -> dict[str, Any]:
        self._called("get_log_events")
        task = next(one for one in self.tasks if one.arn.endswith(request["logStreamName"].rpartition("/")[2]))
        if task.script.fails_to_start:
            raise client_error("ResourceNotFoundException", "GetLogEvents")
        known = int(request.get("nextToken", "f/0").removeprefix("f/"))
        due = list(task.script.lines) if self.clock.time - task.created >= min(task.script.runs, 1) else []
        return {
            "events": [{"message": line, "timestamp": 0} for line in due[known:]],
            "nextForwardToken": f"f/{len(due)}",
        }

    def _stopped(self, task: Task) -> bool:
        if task.stop_asked is not None:
            return self.clock.time >= task.stop_asked + task.script.stop_takes
        return not task.script.hangs and self.clock.time >= task.created + task.script.runs

    def _view(self, task: Task) -> dict[str, Any]:
        view: dict[str, Any] = {
            "taskArn": task.arn,
            "startedBy": task.token,
            "taskDefinitionArn": DEFINITION,
            "lastStatus": "STOPPED" if self._stopped(task) else "RUNNING",
            "createdAt": datetime.fromtimestamp(task.created, UTC),
            "containers": [{"name": "app"}],
        }
        if not self._stopped(task):
            return view
        if task.script.fails_to_start:
            return view | {"stopCode": "TaskFailedToStart", "stoppedReason": task.script.fails_to_start}
        if task.script.exit is not None:
            view["containers"] = [{"name": "app", "exitCode": task.script.exit}]
        stopped_at = task.created + task.script.runs
        if task.stop_asked is not None:
            stopped_at = task.stop_asked + task.script.stop_takes
            view |= {"stopCode": "UserInitiated", "stoppedReason": task.stop_reason}
        else:
            view |= {"stopCode": "EssentialContainerExited", "stoppedReason": "Essential container in task exited"}
        return view | {"stoppedAt": datetime.fromtimestamp(stopped_at, UTC)}


class Records:
    """Run records in memory, with the store's one rule: a number can be taken once."""

    def __init__(self) -> None:
        self.prefix = "/sluice/notes/prod/runs"
        self.runs: dict[int, RunRecord] = {}
        self.steps: dict[tuple[int, str], StepRecord] = {}
        self.on_save_step: Callable[[], None] = lambda: None

    def name(self, number: int) -> str:
        return f"{self.prefix}/{number}"

    def all(self) -> list[RunRecord]:
        return [self.with_steps(self.runs[number]) for number in sorted(self.runs)]

    def get(self, number: int) -> RunRecord | None:
        return self.runs.get(number)

    def with_steps(self, run: RunRecord) -> RunRecord:
        from dataclasses import replace

        steps = {name: step for (number, name), step in self.steps.items() if number == run.number}
        return replace(run, steps_done=steps)

    def create(self, run: RunRecord) -> bool:
        if run.number in self.runs:
            return False
        self.runs[run.number] = RunRecord.from_json(run.number, run.to_json())
        return True

    def save(self, run: RunRecord) -> None:
        self.runs[run.number] = RunRecord.from_json(run.number, run.to_json())

    def save_step(self, run: RunRecord, step: StepRecord) -> None:
        self.steps[(run.number, step.name)] = StepRecord.from_json(step.to_json())
        self.on_save_step()

    def since(self, number: int) -> list[RunRecord]:
        return [self.runs[one] for one in sorted(self.runs) if one >= number]

    def prune(self, newest: int) -> None:
        assert len(self.runs) < 50
        assert newest in self.runs


def client_error(code: str, operation: str, status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}},
        operation,
    )


def failing(error: Exception) -> Callable[..., Any]:
    """Return a call that only raises *error*."""

    def call(*_: object, **__: object) -> None:
        raise error

    return call

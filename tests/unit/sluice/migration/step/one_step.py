"""One step of one run on simulated time: its parts, every line that they print, every request that they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from sluice.aws.patience import Patience
from sluice.aws.tasks import Place
from sluice.clock import Halt
from sluice.diagnosis.log_place import LogPlace
from sluice.inputs.step import Step
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.record import RunRecord, StepRecord, TaskRecord
from sluice.migration.step.shard import Shard
from sluice.migration.step.shard_start import ShardStart
from sluice.migration.step.shard_stop import ShardStop
from sluice.migration.step.step_attempts import Attempts
from sluice.migration.step.step_run import StepRun
from sluice.migration.step.step_screen import Screen
from tests.unit.sluice.migration.simulation import CLUSTER, DEFINITION, Clock, Ecs, Records, Script

SERVICE = "arn:aws:ecs:eu-west-1:123456789012:task-definition/notes:8"
PLACE = Place(CLUSTER, DEFINITION, "app", ("subnet-1",), ("sg-1",), False, stop_seconds=45)
STEP = Step("master", ("migrate", "master"), timeout=60)
TWO = replace(STEP, shards=2)
LOG = LogPlace("/g", "migration", "app")
RUN = RunRecord(3, "up", "f", "sha256:aa", "ann@host", 999_999, nonce="n", owner="a")
RIVAL = replace(RUN, author="bob@host", owner="b")
STARTED = ("run_task", "stop_task", "list_tasks", "describe_tasks", "describe_task_definition", "get_log_events")


def arn(number: int) -> str:
    """The ARN of the simulation's task of that number."""
    return f"arn:aws:ecs:eu-west-1:123456789012:task/notes/{number:032x}"


def task_id(number: int) -> str:
    return f"{number:032x}"


class OneStep:
    """A deployer of one step, whose pauses are three quarters of the longest ones.

    Attributes:
        said: lines that stay, in their order.
        progress: lines of the status column.
        asked: requests to ECS and CloudWatch Logs, with all of their arguments.
    """

    def __init__(
        self,
        *scripts: Script,
        step: Step = STEP,
        place: Place = PLACE,
        until: float | None = None,
        halts: Mapping[float, Halt] | None = None,
        known: tuple[TaskRecord, ...] = (),
    ) -> None:
        """Args: until: seconds from now. known: what the step's record has already."""
        self.clock = Clock(halts)
        self.ecs = Ecs(self.clock, list(scripts))
        self.asked: list[tuple[str, dict[str, Any]]] = []
        for name in STARTED:
            setattr(self.ecs, name, partial(self._recorded, name, getattr(self.ecs, name)))
        self.records = Records()
        self.said: list[str] = []
        self.progress: list[str] = []
        self.to = Deployer(
            self.ecs, self.ecs, self.records, self.clock, self._log, "ann@host", chance=lambda: 0.5, owner="a"  # type: ignore[arg-type]
        )  # fmt: skip
        self.step, self.place = step, place
        self.until = None if until is None else self.clock.now() + until
        self.run = replace(RUN, steps_done={step.name: StepRecord(step.name, known)} if known else {})
        self.records.save(self.run)
        patience = Patience(self.clock, "watching the step")
        self.screen = Screen(self.to, step, "step 1 of 1")
        self.attempts = Attempts(self.to, self.run, step, place, patience)
        self.starts = ShardStart(self.to, self.run, step, place, patience, self.attempts, self.screen)
        self.stops = ShardStop(self.to, step, place, patience, self.attempts, self.screen, self.until)

    def step_run(self, essential: frozenset[str] = frozenset({"app"}), log: LogPlace | None = LOG) -> StepRun:
        return StepRun(self.to, self.run, self.step, self.place, essential, log, "step 1 of 1", self.until)

    def requests(self, name: str) -> list[dict[str, Any]]:
        return [request for called, request in self.asked if called == name]

    @property
    def recorded(self) -> tuple[TaskRecord, ...]:
        """The step's tasks as they are on record."""
        return self.records.steps[self.run.number, self.step.name].tasks

    def running(self, index: int = 0, script: Script | None = None, **more: Any) -> Shard:
        """A shard whose task ECS runs since now."""
        self.ecs.scripts.insert(0, script or Script(hangs=True))
        shard = Shard(index, **more)
        self.starts.start(shard)
        self.said.clear()
        self.asked.clear()
        return shard

    def _recorded(self, name: str, call: Any, **request: Any) -> Any:
        self.asked.append((name, request))
        return call(**request)

    def _log(self, text: str, ephemeral: bool) -> None:
        assert isinstance(ephemeral, bool)
        assert isinstance(text, str)
        (self.progress if ephemeral else self.said).append(text)

"""Run records: the state of a run that outlives its deployer and ECS's stopped tasks. Pure data.

One SSM parameter per run and one per step below it. A Standard parameter holds 4 KB, so task ids are stored without the
ARN's prefix. Source: SSM "PutParameter" (an existing name with Overwrite=false is refused: an atomic create).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal

from sluice.diagnosis.redaction.presentable import presentable_line
from sluice.release.names import Names

RunState = Literal["running", "succeeded", "failed", "closed"]
By = Literal["up", "run", "force", "lift"]
"""`pulumi up`; an operator's command; `sluice migrate`, after which the steps run again; a lifted hold."""


@dataclass(frozen=True)
class TaskRecord:
    """One attempt of one shard.

    Attributes:
        task: id; empty between the intent to start it and ECS's answer.
        exit: exit code.
        seconds: duration.
        done: the outcome's kind; empty while it runs.
    """

    shard: int
    attempt: int
    task: str = ""
    exit: int | None = None
    seconds: int | None = None
    done: str = ""


@dataclass(frozen=True)
class StepRecord:
    """The tasks of one step: each shard's newest attempt."""

    name: str
    tasks: tuple[TaskRecord, ...] = ()

    def latest(self, shard: int) -> TaskRecord | None:
        return max(
            (task for task in self.tasks if task.shard == shard),
            key=lambda task: task.attempt,
            default=None,
        )

    def put(self, task: TaskRecord) -> StepRecord:
        """Return the record with *task* as its shard's newest attempt, the only one that a parameter has room for."""
        kept = [one for one in self.tasks if one.shard != task.shard]
        return replace(
            self,
            tasks=tuple(sorted([*kept, task], key=lambda one: (one.shard, one.attempt))),
        )

    def to_json(self) -> str:
        tasks = [[task.shard, task.attempt, task.task, task.exit, task.seconds, task.done] for task in self.tasks]
        return json.dumps({"name": self.name, "tasks": tasks}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> StepRecord:
        raw = json.loads(text)
        return cls(raw["name"], tuple(TaskRecord(*task) for task in raw["tasks"]))


@dataclass(frozen=True)
class RunRecord:
    """One run of a phase's steps.

    Attributes:
        number: counts up per stack.
        by: the command that made the record.
        author: user and host that began or adopted it.
        started, finished: seconds since the epoch, by AWS's clock.
        owner: nonce of the deployer that started, adopted or is closing it; no other deployer may continue it.
        idle: its owner starts nothing more: it has ended without a verdict, or only closes another deployer's run.
        read_only: an operator's command with --read-only, which does not change the schema.
        command: of an operator's run: the variables that were given and the command, masked. Empty in records of older
            versions.
        version, revision: the image's names, each empty where it is unknown: see sluice.release.names.
    """

    number: int
    by: By
    fingerprint: str
    image: str
    author: str
    started: int
    phase: str = "before"
    steps: tuple[str, ...] = ()
    state: RunState = "running"
    finished: int | None = None
    message: str = ""
    nonce: str = ""
    owner: str = ""
    idle: bool = False
    read_only: bool = False
    command: str = ""
    version: str = ""
    revision: str = ""
    steps_done: dict[str, StepRecord] = field(default_factory=dict, compare=False)

    def identity(self, prefix: str) -> str:
        """Return a unique identity, which also differs from a run of the same number in deleted records."""
        return f"{prefix}/{self.number}/{self.nonce}"

    @property
    def names(self) -> Names:
        return Names(self.version, self.revision)

    @property
    def open(self) -> bool:
        return self.state == "running"

    def to_json(self) -> str:
        raw = {key: value for key, value in asdict(self).items() if key not in ("number", "steps_done")}
        # A parameter holds 4 KB, counted in bytes.
        for key, most in (("message", 1000), ("command", 400)):
            raw[key] = presentable_line(raw[key]).encode()[:most].decode(errors="ignore")
        return json.dumps(raw, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, number: int, text: str) -> RunRecord:
        raw: dict[str, Any] = json.loads(text)
        raw["steps"] = tuple(raw.get("steps", ()))
        known = {one.name for one in fields(cls)}  # a newer version may have written further keys
        return cls(number=number, **{key: value for key, value in raw.items() if key in known})

"""One-off tasks: from the task's real end to the tool's report, calls, and whether the report is true."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.measure import Ran, run
from bench.peers import TASK_TOOLS, arguments
from bench.stage import Stage, until
from local.toolchain.process import SetupFailed

ROUNDS = 5


@dataclass(frozen=True)
class Case:
    """A task and the truth about it: whether it succeeds, and the words that a good report holds."""

    name: str
    title: str
    command: list[str]
    succeeds: bool
    shows: str
    rounds: int = 1
    tag: str = ""


CASES = (
    Case("two", "2 s, exit 0", ["python", "/app.py", "task", "2", "0"], True, "migration ends with 0", ROUNDS),
    Case("three", "exit 3", ["python", "/app.py", "task", "0", "3"], False, "migration ends with 3"),
    Case("missing", "image missing", ["python", "/app.py"], False, "CannotPullContainer", tag="no-such-tag"),
)


@dataclass(frozen=True)
class Measured:
    """One run. *delay*: seconds from the task's end to the tool's; None for a tool that does not wait for it."""

    case: str
    tool: str
    ran: Ran
    delay: float | None
    true: bool
    shown: bool


def measure(stage: Stage, say: Callable[[str], None]) -> list[Measured]:
    """Every case by every tool in turn, round by round."""
    measured = []
    for case in CASES:
        image = f"{stage.image.rpartition(':')[0]}:{case.tag}" if case.tag else ""
        definition = stage.definition(case.name, case.command, image)
        for number in range(case.rounds):
            for tool in TASK_TOOLS:
                ours = tool.name == "Sluice"
                words = arguments(definition, command=case.command) if ours else [definition.rpartition("/")[2]]
                before = set(stage.tasks(case.name))
                began = time.time()
                ran = run(stage, tool, words)
                started = set(stage.tasks(case.name)) - before
                if len(started) != 1:
                    raise SetupFailed(
                        f"{tool.name} started {len(started)} tasks instead of one; it said:\n{ran.output}"
                    )
                arn = started.pop()
                stopped = stage.stopped(arn)
                # ECS's own times are whole seconds here; an image that is missing has no container to ask.
                end = stopped["stoppedAt"].timestamp() if case.tag else _died(arn, began)
                measured.append(
                    Measured(
                        case.title,
                        tool.name,
                        ran,
                        ran.ended - end if tool.waits else None,
                        true=(ran.code == 0) == case.succeeds,
                        shown=case.shows in ran.output,
                    )
                )
                say(f"{case.title}, round {number + 1}, {tool.name}: {ran.seconds:.1f} s, exit {ran.code}")
    return measured


def _died(arn: str, since: float) -> float:
    """When the task's container ended, by Docker's clock, in seconds since the epoch."""

    def look() -> list[str]:
        label = f"label=com.amazonaws.ecs.task-arn={arn}"
        window = (f"--since={since:.3f}", "--until=0s", "--format={{.TimeNano}}")
        told = subprocess.run(
            ["docker", "events", "--filter", "event=die", "--filter", label, *window],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        return told.stdout.split()

    return int(until(look, 20, "Docker tells of the container's end")[0]) / 1e9

"""Rollouts of a service: a good version, and one that crashes and is rolled back by ECS's circuit breaker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.measure import Ran, run
from bench.peers import ROLLOUT_TOOLS
from bench.stage import Stage

ROUNDS = 2
SERVES = ["python", "/app.py"]
CRASHES = ["python", "-c", "import sys; print('no such table'); sys.exit(4)"]


@dataclass(frozen=True)
class Rolled:
    """One rollout; *true*: the tool's exit code says what happened; *reason*: its report names the crash."""

    case: str
    tool: str
    ran: Ran
    true: bool
    reason: bool


def measure(stage: Stage, say: Callable[[str], None]) -> list[Rolled]:
    """Each tool on a service of its own, so that none finds another's deployment; in turn, round by round."""
    first = stage.definition("web", SERVES)
    names = {tool.name: tool.name.lower().replace(" ", "-") for tool in ROLLOUT_TOOLS}
    groups = {tool: stage.service(name, first) for tool, name in names.items()}
    rolled = []
    for number in range(ROUNDS):
        for case, command in (("good", SERVES), ("crash loop", CRASHES)):
            for tool in ROLLOUT_TOOLS:
                service = names[tool.name]
                before = stage.settled(service)
                wanted = stage.definition("web", command)
                if tool.name == "Sluice":
                    words = [service, wanted, groups[tool.name]]
                else:
                    words = [service, wanted.rpartition("/")[2]]
                ran = run(stage, tool, words)
                now = stage.settled(service)
                new = now != before  # ecs-deploy registers a revision of its own, so only the change tells
                true = (ran.code == 0) == new and new == (case == "good")
                rolled.append(Rolled(case, tool.name, ran, true, "exit code 4" in ran.output))
                say(f"{case} rollout, round {number + 1}, {tool.name}: {ran.seconds:.1f} s, exit {ran.code}")
    return rolled

"""What a blue/green deployment costs beside ECS itself: seconds, calls. `python -m tests.e2e.strategies.price`.

The same deployment in turn: its pause is answered at once by a bare loop, and by the gate after its proofs (targets,
three smoke requests). The difference is what the gate takes.

Environment: ROUNDS (5).
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from emulator.cloud import emulator
from emulator.cloud.settings import TIME_VARIABLE
from tests.e2e.cloud.conftest import cloud_python, new_account
from tests.e2e.cloud.stage import Stage
from tests.e2e.cloud.test_gate_shifts import Gate

PAUSE = "POST_TEST_TRAFFIC_SHIFT"


@contextmanager
def made() -> Iterator[Gate]:
    """A service whose first version serves, in a cloud of its own."""
    with tempfile.TemporaryDirectory(prefix="sluice-price-") as name, patch.dict(os.environ, {TIME_VARIABLE: "10"}):
        folder = Path(name)
        cloud = emulator.start(folder, None, new_account(), python=cloud_python())
        try:
            stage = Stage(cloud)
            yield Gate(stage, (stage.push("1"), stage.push("2")))
        finally:
            emulator.stop(folder)


def bare(gate: Gate, definition: str) -> float:
    """Seconds of a deployment whose pause is answered as soon as it is there."""
    begun = time.monotonic()
    deployment = gate.shift.update(taskDefinition=definition)
    gate.shift.answer(deployment, gate.shift.at(deployment, PAUSE)["hookId"])
    gate.shift.ended(deployment)
    return time.monotonic() - begun


def gated(gate: Gate, definition: str) -> float:
    """Seconds of a rollout of the gate."""
    begun = time.monotonic()
    gate.roll_out(definition, gate.strategy("blueGreen"))
    return time.monotonic() - begun


def main() -> int:
    rounds = int(os.environ.get("ROUNDS", "5"))
    calls: list[Counter[str]] = []

    def count(model: Any, **_: Any) -> None:
        calls[-1][model.name] += 1

    with made() as gate:
        clients = (gate.stage.ecs, gate.stage.elb, gate.stage.logs, gate.stage.ssm)
        alone, ours = list[float](), list[float]()
        for number in range(rounds):
            alone.append(bare(gate, gate.definition(1 + number % 2)))
            definition = gate.definition(2 - number % 2)
            calls.append(Counter())
            for client in clients:
                client.meta.events.register("before-call", count)
            ours.append(gated(gate, definition))
            for client in clients:
                client.meta.events.unregister("before-call", count)
            said = ", ".join(f"{times} {name}" for name, times in calls[-1].most_common())
            print(f"ECS alone {alone[-1]:.1f} s, with the gate {ours[-1]:.1f} s, {calls[-1].total()} calls: {said}")
    seconds = f"ECS alone {statistics.median(alone):.1f} s, with the gate {statistics.median(ours):.1f} s"
    print(f"median of {rounds}: {seconds}, {statistics.median(one.total() for one in calls):.0f} calls")
    return 0


if __name__ == "__main__":
    sys.exit(main())

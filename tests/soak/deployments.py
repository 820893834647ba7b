"""`python -m tests.soak.deployments`: real `pulumi up`s whose engine, plugin or both are killed.

A seed takes about a minute on two cores: it is for `make soak` and by name, not for `make test`.
Environment: UPS (how many, 5), FIRST (the first seed, 1).
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from emulator.cloud import emulator
from sluice.migration.records.records import Records
from tests.e2e.plugins_of import plugins_of
from tests.e2e.stage import STACK, Client, Stage, until

WORKS = "import time\nprint('working', flush=True)\ntime.sleep({seconds})\nop.execute('select 1')"
MOMENTS = ("running bootstrap", "master: task", "working", "master: exit code 0", "verify: task")
"""What `pulumi up` has printed when the kill is due, or a moment later."""
VICTIMS = ("engine", "plugin", "both", "plugin, then engine", "engine after Ctrl-C")


def play(stage: Stage, seed: int) -> list[str]:
    """Kills one deployment and lets the next one end. Returns what is wrong with what was left."""
    chance = random.Random(seed)  # noqa: S311 - reproducible on purpose
    victim, moment = VICTIMS[seed % len(VICTIMS)], chance.choice(MOMENTS)
    later = round(chance.uniform(0.0, 2.0), 1)
    revision = stage.add_migration(5000 + seed, WORKS.format(seconds=chance.randint(2, 6)))
    before = {task["taskArn"] for task in stage.migration_tasks()}
    begun, running = time.monotonic(), stage.start("up", "--yes", "--skip-preview")
    running.wait_for(moment, 180)
    time.sleep(later)  # the seed's own moment
    _kill(running.process.pid, victim)
    first = running.finish(120)
    until(lambda: not plugins_of(running.process.pid), 20, "the plugins of the killed pulumi exit")
    stage.pulumi("cancel", "--yes", "--stack", STACK, expect=None)
    # A retry is due when the killed one's task failed before the eyes of the next one; not here, where none is told to.
    last = stage.up(expect=None)
    stage.applied(revision)
    wrong = _judge(stage, before, last.code == 0)
    if last.code != 0:
        wrong.append(f"the undisturbed `pulumi up` failed:\n{last.output}")
    verdict = "WRONG" if wrong else "ok"
    seconds = time.monotonic() - begun
    print(
        f"seed {seed:<6} {verdict:5} {seconds:5.1f} s  {victim} killed {later} s after {moment!r} -> {first.code}; "
        f"undisturbed -> {last.code}",
        flush=True,
    )
    return wrong


def _kill(engine: int, victim: str) -> None:
    plugins = plugins_of(engine)
    if victim == "engine after Ctrl-C":
        os.kill(engine, signal.SIGINT)
        time.sleep(0.5)  # in the middle of its orderly end
    order = {"plugin": plugins, "both": [engine, *plugins], "plugin, then engine": [*plugins, engine]}
    for pid in order.get(victim, [engine]):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue  # it ended by itself in between
        if victim == "plugin, then engine":
            time.sleep(0.3)  # the engine has seen the plugin's end, and is about to say so


def _judge(stage: Stage, before: set[str], up_to_date: bool) -> list[str]:
    outputs = stage.outputs()
    tasks = [task for task in stage.migration_tasks() if task["taskArn"] not in before]
    runs = Records(stage.client("ssm"), outputs["gate"]["records"]).all()
    wrong = [f"run {run.number} is still open" for run in runs if run.open]
    wrong += [
        f"task {task['taskArn']} is left {task['lastStatus']}" for task in tasks if task["lastStatus"] != "STOPPED"
    ]
    wrong += two_at_once(tasks)
    recorded = {task for step in outputs["migrations"] for task in step["tasks"]}
    known = {task["taskArn"].rpartition("/")[2] for task in tasks}
    if up_to_date and not recorded <= known:  # a failed update leaves the outputs of the one before
        wrong.append(f"the stack names tasks that ECS does not have: {recorded - known}")
    succeeded: dict[str, list[str]] = {}
    for task in tasks:
        ended_well = task["containers"][0].get("exitCode") == 0 and task.get("stopCode") == "EssentialContainerExited"
        if ended_well:
            succeeded.setdefault(_what(task), []).append(task["taskArn"])
    wrong += [f"{what} succeeded {len(arns)} times: {arns}" for what, arns in succeeded.items() if len(arns) > 1]
    status, _, _ = Client(outputs["url"]).ask()
    if status != 200:
        wrong.append(f"the service answers {status}")
    return wrong


def two_at_once(tasks: Sequence[dict[str, Any]]) -> list[str]:
    """Pairs of the same command and shard whose times overlap."""
    return [
        f"two at once of {_what(one)}: {one['taskArn']} and {other['taskArn']}"
        for one, other in combinations(tasks, 2)
        if _what(one) == _what(other)
        and one["createdAt"] < other.get("stoppedAt", other["createdAt"])
        and other["createdAt"] < one.get("stoppedAt", one["createdAt"])
    ]


def _what(task: dict[str, Any]) -> str:
    override = task["overrides"]["containerOverrides"][0]
    shard = {pair["name"]: pair["value"] for pair in override.get("environment", [])}.get("SHARD_INDEX", "0")
    return f"{' '.join(override['command'])} [{shard}]"


def main() -> int:
    first, count = int(os.environ.get("FIRST", "1")), int(os.environ.get("UPS", "5"))
    with tempfile.TemporaryDirectory(prefix="sluice-soak-") as folder:
        try:
            stage = Stage(Path(folder))
            stage.up()
            wrong = [text for seed in range(first, first + count) for text in play(stage, seed)]
        finally:
            emulator.stop(Path(folder) / "local")
    print("\n".join(f"WRONG: {text}" for text in wrong) or f"{count} seeds: nothing wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

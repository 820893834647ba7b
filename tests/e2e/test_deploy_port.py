"""`app.port` changes on a live stack and comes back, while a client asks every 50 ms: no request fails."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from local import environment
from tests.e2e.faults.callers import Answer, Callers
from tests.e2e.stage import ROOT, STACK, Client, Stage, until

PAGE = "src/notes/page.html"
RATE, CLIENTS = 20, 10
"""Requests a second, and the clients that send them in turn."""


@pytest.fixture
def settings(deployed: Stage) -> Iterator[Stage]:
    """The stage, whose settings are put back."""
    text = deployed.settings.read_text()
    yield deployed
    deployed.settings.write_text(text)


def listen(stage: Stage, port: int) -> None:
    """Sets `app.port`, and makes a new version."""
    text = stage.settings.read_text()
    (line,) = [line for line in text.splitlines() if line.startswith("    port:")]
    stage.settings.write_text(text.replace(line, f"    port: {port}"))
    stage.edit(PAGE, "</body>", f"<!-- at {port} --></body>")


@contextmanager
def asked(stage: Stage) -> Iterator[list[Answer]]:
    """Asks the service steadily; the answers are there afterwards, and none of them may be a failure."""
    callers, answers = Callers(stage.outputs()["url"], RATE, CLIENTS), list[Answer]()
    callers.start()
    try:
        yield answers
    finally:
        answers += callers.stop()
    assert [one for one in answers if one.failed] == [], "users noticed"
    assert len(answers) > 100
    assert sorted(one.late for one in answers)[len(answers) // 2] < 0.05, "the rate was not kept"


def entry(stage: Stage) -> dict[str, Any]:
    """The load balancer entry of the service."""
    (found,) = stage.service()["loadBalancers"]
    return dict(found)


def ports(stage: Stage, group: str) -> set[int]:
    """Of the targets that are not leaving."""
    found = stage.client("elbv2").describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    return {one["Target"]["Port"] for one in found if one["TargetHealth"]["State"] != "draining"}


def command(stage: Stage, *words: str) -> tuple[int, str]:
    """An operator's command on the stack; its exit code and what it said."""
    env = dict(stage.env)
    env["PATH"] = f"{environment.pulumi_bin(stage.place)}:{env['PATH']}"
    done = subprocess.run(
        [*words, "--stack", STACK],
        cwd=ROOT, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def drift(stage: Stage) -> tuple[int, str]:
    """`make drift`."""
    return command(stage, sys.executable, "-m", "pipeline", "drift")


def test_the_port_moves_with_the_revision_and_comes_back_with_it(settings: Stage) -> None:
    stage = settings
    before, url = entry(stage), stage.outputs()["url"]
    group = before["targetGroupArn"]
    assert (before["containerPort"], ports(stage, group)) == (8080, {8080})

    listen(stage, 9090)
    with asked(stage):
        moved = stage.up()
        until(lambda: "<!-- at 9090 -->" in Client(url).ask()[2], 10, "the new version answers")
    touched = [line for line in moved.output.splitlines() if re.search(r"aws:\S+ .*(updated|replaced|deleted)", line)]
    assert touched, "the pattern is right"
    assert [line for line in touched if "aws:ecs:TaskDefinition" not in line] == []
    assert entry(stage) == before | {"containerPort": 9090}
    assert ports(stage, group) == {9090}, "the same group, and nothing at the old port"

    # Nothing to do, with and without a refresh: what the Service leaves to the Rollout is no drift.
    stage.pulumi("preview", "--expect-no-changes")
    code, said = drift(stage)
    assert (code, "\nno drift\n" in said) == (0, True), said
    stage.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    stage.pulumi("preview", "--expect-no-changes")
    stage.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")

    # A version at a third port that is not fit: the gate goes back, to revision and port.
    listen(stage, 7070)
    stage.edit("src/notes/app.py", '"/health"', '"/health-elsewhere"')
    serving = stage.service()["taskDefinition"]
    with asked(stage):
        failed = stage.up(expect=None)
    assert failed.code != 0
    assert "serves again" in failed.output, failed.output
    assert (stage.service()["taskDefinition"], entry(stage)["containerPort"]) == (serving, 9090)
    assert ports(stage, group) == {9090}

    # An operator goes back to the release before, which listens at the first port.
    with asked(stage):
        code, said = command(stage, str(ROOT / "bin" / "sluice"), "rollback", "--yes")
        assert code == 0, said
    assert entry(stage) == before
    assert ports(stage, group) == {8080}
    assert "<!-- at 9090 -->" not in Client(url).ask()[2]

    # And forward again, from a state that knows of 9090, to settings that say 8080.
    stage.restore_app()
    listen(stage, 8080)
    with asked(stage):
        stage.up()
        until(lambda: "<!-- at 8080 -->" in Client(url).ask()[2], 10, "the new version answers")
    assert (entry(stage), ports(stage, group)) == (before, {8080})
    stage.pulumi("preview", "--expect-no-changes")

    # What somebody else changes is drift still.
    elb = stage.client("elbv2")
    elb.modify_target_group(TargetGroupArn=group, HealthyThresholdCount=7)
    code, said = drift(stage)
    elb.modify_target_group(TargetGroupArn=group, HealthyThresholdCount=2)
    assert code != 0
    assert re.search(r"^drift: aws:lb/targetGroup:TargetGroup sluice-local: healthCheck", said, re.M), said

"""What `sluice rollback` says before it asks: the last moment at which somebody can still say no."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.cli.command import parser
from sluice.cli.context import Context
from sluice.cli.interrupt import Interrupt
from sluice.cli.stack import DeployedStack
from sluice.cli.terminal import Terminal
from sluice.migration.operator_run import RunRefused
from sluice.migration.records.record import RunRecord
from sluice.release.release_record import ReleaseRecords
from tests.unit.sluice.aws.parameters import Ssm
from tests.unit.sluice.migration.simulation import CLUSTER, Clock
from tests.unit.sluice.provider.resources import Account

PATH = "/sluice/notes/prod"
OLD, NEW = (f"repo@sha256:{letter * 64}" for letter in "ab")
RELEASED_AT = 1_700_000_000


class Ecs:
    """A service at its second revision. Anything that would change it is missing, so it would be an error."""

    def describe_services(self, **_: object) -> dict[str, Any]:
        deployment = {"status": "PRIMARY", "taskDefinition": "arn:aws:ecs:x:1:task-definition/notes:2"}
        return {"services": [{"status": "ACTIVE", "deployments": [deployment]}]}

    def describe_task_definition(self, taskDefinition: str) -> dict[str, Any]:  # noqa: N803
        image = OLD if taskDefinition.endswith(":1") else NEW
        return {"taskDefinition": {"containerDefinitions": [{"name": "app", "image": image}]}}


def announced(capsys: pytest.CaptureFixture[str], *runs: RunRecord) -> str:
    """What it prints until it asks, with nobody there who could answer."""
    ssm = Ssm()
    for number, image in enumerate((OLD, NEW)):
        revision = f"arn:aws:ecs:x:1:task-definition/notes:{number + 1}"
        ReleaseRecords(ssm, PATH).add(image, revision, RELEASED_AT + 100 * number, f"d-{number}", number)
    for one in runs:
        ssm.put_parameter(f"{PATH}/runs/{one.number}", one.to_json())
    stack = DeployedStack(
        "prod", {"cluster": CLUSTER, "records": f"{PATH}/runs", "holds": f"{PATH}/holds", "service": "notes"}
    )
    clients = Account(ssm=ssm, ecs=Ecs())
    context = Context(stack, clients, Terminal(False), Clock(), Interrupt())  # type: ignore[arg-type]
    given = parser().parse_args(["rollback"])
    with pytest.raises(RunRefused, match="not confirmed; nothing was changed"):
        given.main(context, given)
    return capsys.readouterr().err


def test_after_steps_that_ran_since_the_older_release_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    steps = ("drop-column", "prune")
    ran = RunRecord(8, "up", "f", NEW, "ann", RELEASED_AT + 1, phase="after", steps=steps, state="succeeded")
    said = announced(capsys, ran)
    assert "roll back to     notes:1" in said
    [warning] = [line for line in said.splitlines() if "after-steps" in line]
    assert warning.startswith("warning: after-steps drop-column, prune ran since then (run 8, succeeded): the earlier ")


def test_those_from_before_it_and_before_steps_are_no_warning(capsys: pytest.CaptureFixture[str]) -> None:
    earlier = RunRecord(7, "up", "f", OLD, "ann", RELEASED_AT - 1, phase="after", steps=("prune",), state="succeeded")
    before = RunRecord(8, "up", "f", NEW, "ann", RELEASED_AT + 1, steps=("master",), state="succeeded")
    said = announced(capsys, earlier, before)
    assert "no migration runs: the database stays as the current release left it" in said
    assert "warning:" not in said


def test_a_run_that_goes_on_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    said = announced(capsys, RunRecord(8, "up", "f", NEW, "ann@laptop", RELEASED_AT + 1, steps=("master",)))
    assert "warning: run 8 by ann@laptop is in progress" in said

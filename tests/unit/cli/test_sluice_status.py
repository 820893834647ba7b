"""When a service is well, and how runs are shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sluice.cli.history import called, plain, row, rows
from sluice.cli.release_table import listed
from sluice.cli.status import complaints, page, release_line, schema
from sluice.cli.terminal import Terminal, columns
from sluice.migration.records.record import RunRecord
from sluice.release.hold import Hold
from sluice.release.release_record import Release
from sluice.rollout.deployment.judge import TargetState

GROUP = "arn:aws:elasticloadbalancing:r:1:targetgroup/notes/abc"
DEPLOYMENT = {"status": "PRIMARY", "rolloutState": "COMPLETED", "taskDefinition": "arn:…:task-definition/s:2"}
SERVICE: dict[str, Any] = {"status": "ACTIVE", "desiredCount": 2, "runningCount": 2, "deployments": [DEPLOYMENT]}
WELL = {GROUP: TargetState({"healthy": 2, "draining": 1}, ())}
ILL = {GROUP: TargetState({"healthy": 1, "unhealthy": 1}, ("Target.Timeout",))}

CASES: list[tuple[str, Any, Any, list[str], list[str]]] = [
    ("well", SERVICE, WELL, [], []),
    ("no load balancer", SERVICE, {}, [], []),
    ("gone", None, {}, [], ["the stack has no service"]),
    ("draining", {**SERVICE, "status": "DRAINING"}, {}, [], ["the service is DRAINING"]),
    ("scaled to zero", {**SERVICE, "desiredCount": 0, "runningCount": 0}, {}, [], ["desired count is 0"]),
    ("a task is missing", {**SERVICE, "runningCount": 1}, WELL, [], ["1 of 2 tasks run"]),
    ("a target is ill", SERVICE, ILL, [], ["targets of notes: 1 healthy, 1 unhealthy (Target.Timeout)"]),
    ("an alarm", SERVICE, WELL, ["5xx"], ["alarm 5xx is in ALARM"]),
    (
        "a deployment failed",
        {**SERVICE, "deployments": [{**DEPLOYMENT, "rolloutState": "FAILED", "rolloutStateReason": "why"}]},
        WELL,
        [],
        ["the deployment of s:2 failed: why"],
    ),
    (
        "a deployment goes on",
        {**SERVICE, "deployments": [{**DEPLOYMENT, "rolloutState": "IN_PROGRESS"}]},
        WELL,
        [],
        ["the deployment of s:2 is in progress"],
    ),
]


@pytest.mark.parametrize(
    ("service", "targets", "alarms", "said"), [one[1:] for one in CASES], ids=[one[0] for one in CASES]
)
def test_what_is_not_well_is_said(service: Any, targets: Any, alarms: list[str], said: list[str]) -> None:
    found = complaints(service, targets, alarms)
    assert len(found) == len(said)
    assert all(text in line for text, line in zip(said, found, strict=True))


def test_runs_are_rows_of_one_table() -> None:
    done = RunRecord(
        7, "up", "f", "sha256:" + "a" * 64, "ci@x", 1000, steps=("master", "verify"), state="failed", finished=1072
    )
    open_run = RunRecord(8, "run", "f", "sha256:" + "b" * 64, "ann@y", 2000, steps=("provision",), phase="run")
    lines = columns([row(done, 2005), row(open_run, 2005)])
    assert lines[0] == "7  up   ci@x   1970-01-01 00:16:40  aaaaaaaaaaaa      master verify  failed       1 min 12 s"
    assert lines[1] == "8  run  ann@y  1970-01-01 00:33:20  bbbbbbbbbbbb      provision      in progress  5 s"
    assert plain(done)["seconds"] == 72
    assert plain(open_run)["finished"] is None


def test_an_operators_run_is_told_by_its_variables_and_command() -> None:
    command = "MIGRATION_TYPE=rollback-tenants scripts/entrypoint.sh"
    ended = RunRecord(9, "run", "", "sha256:" + "b" * 64, "ann@y", 2000, "run", ("entrypoint-sh",), "failed", 2005)
    ended = replace(ended, message="migration step 'entrypoint-sh' failed: exit code 7", command=command)
    assert command in row(ended, 2005)
    assert "entrypoint-sh" not in row(ended, 2005)
    assert plain(ended)["command"] == command
    assert "entrypoint-sh" in row(replace(ended, command=""), 2005), "a record of an older version"
    long = replace(ended, command=command + " x" * 100)
    (cell,) = [cell for cell in row(long, 2005) if cell.startswith("MIGRATION_TYPE")]
    assert len(cell) == 80


COMMIT = "1a5c0d0638b10172b37034fce069ac11bc8e4fe6"
IMAGE = "sha256:" + "a" * 64
RELEASED = Release(1, f"repo@{IMAGE}", "arn:td/s:1", 1_100, "d1", "ci@x", "up", "2.4", f"{COMMIT}-dirty")
OTHER = Release(2, "repo@sha256:" + "b" * 64, "arn:td/s:2", 2_000, "d2", "ci@x")
BACK = replace(RELEASED, number=3, at=3_000, deployment="d3", author="ann@y", by="rollback")


def test_history_names_versions_and_revisions_and_has_the_rollbacks() -> None:
    runs = [
        RunRecord(7, "up", "f", IMAGE, "ci@x", 1000, steps=("master",), state="succeeded", finished=1072),
        RunRecord(8, "up", "f", "sha256:" + "c" * 64, "ci@x", 4000, state="failed", finished=4001, version="2.5"),
    ]
    found = rows([called(run, [RELEASED, OTHER, BACK]) for run in runs], [RELEASED, OTHER, BACK], 5000)
    assert [(one[0], one[1], one[5], one[6]) for one in found] == [
        ("8", "up", "2.5", ""),
        ("", "rollback", "2.4", "1a5c0d0638b1-dirty"),
        ("7", "up", "2.4", "1a5c0d0638b1-dirty"),
    ]
    assert found[1][2:5] + found[1][7:8] == (
        "ann@y",
        "1970-01-01 00:50:00",
        "aaaaaaaaaaaa",
        "rolled back: release 3",
    )
    assert plain(called(runs[0], [RELEASED]))["revision"] == f"{COMMIT}-dirty"


def test_the_list_for_a_rollback_has_versions_revisions_and_what_serves() -> None:
    held = {OTHER.digest.rpartition("@")[2]: Hold("", "ann@y", 3_000)}
    found = listed([RELEASED, OTHER, BACK], held, "arn:td/s:1")
    names = ("aaaaaaaaaaaa", "2.4", "1a5c0d0638b1-dirty", "s:1")
    assert found == [
        ("3", "1970-01-01 00:50", *names, "rollback", "ann@y", "serves"),
        ("2", "1970-01-01 00:33", "bbbbbbbbbbbb", "", "", "s:2", "", "ci@x", "held by ann@y"),
        ("1", "1970-01-01 00:18", *names, "up", "ci@x", ""),
    ]


def test_status_says_what_brought_the_release() -> None:
    line = "version 2.4, revision 1a5c0d0638b1-dirty, deployed by `sluice rollback` by ann@y at 1970-01-01 00:50:00 UTC"
    assert release_line(BACK) == line
    old = Release(1, "repo@sha256:1", "td", 1_000, "d")
    assert release_line(old) == "deployed by an older version of Sluice at 1970-01-01 00:16:40 UTC"


def test_a_column_without_anything_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal(machine=False).table(("A", "B", "C"), [("1", "", "x"), ("2", "", "")])
    assert capsys.readouterr().out.splitlines() == ["A  C", "1  x", "2"]


DOCUMENT: dict[str, Any] = {
    "stack": "prod", "healthy": True, "wrong": [], "service": None, "release": None, "deployments": [],
    "deepPath": None, "schema": {"provenBy": None, "touchedBy": None}, "lastRun": None, "openRuns": [], "holds": [],
}  # fmt: skip


@pytest.mark.parametrize(
    ("state", "message", "shown"),
    [
        ("failed", "notes:7, which serves, cannot live with the new schema", True),
        ("running", "", True),
        ("proven", "", False),
    ],
)
def test_a_rollout_that_did_not_end_well_is_shown(state: str, message: str, shown: bool) -> None:
    rollout = {
        "taskDefinition": "arn:…:task-definition/notes:8", "deployer": "ann@y", "started": "10:00", "state": state,
        "message": message,
    }  # fmt: skip
    text = "\n".join(page({**DOCUMENT, "lastRollout": rollout}, [], 0))
    assert ("last rollout notes:8 by ann@y, 10:00, " in text) is shown
    assert not message or message in text


PROOF = RunRecord(7, "up", "f", "sha256:" + "a" * 64, "ci@x", 1000, steps=("master",), state="succeeded", finished=1072)
SINCE: list[tuple[list[RunRecord], int | None, int | None]] = [
    ([], None, None),
    ([PROOF], 7, None),
    ([PROOF, RunRecord(8, "run", "", "", "ann@y", 2000, phase="run", state="succeeded")], 7, 8),
    ([PROOF, RunRecord(8, "run", "", "", "ann@y", 2000, phase="run", state="succeeded", read_only=True)], 7, None),
    ([PROOF, RunRecord(8, "lift", "", "", "ann@y", 2000, phase="lift", state="succeeded")], 7, 8),
    ([PROOF, replace(PROOF, number=8, state="failed")], 7, 8),
    ([RunRecord(6, "run", "", "", "ann@y", 500, phase="run", state="succeeded"), PROOF], 7, None),
    ([PROOF, replace(PROOF, number=8, phase="after")], 7, None),
]


@pytest.mark.parametrize(("runs", "proof", "touched"), SINCE)
def test_the_schemas_last_proof_and_what_came_since(
    runs: list[RunRecord], proof: int | None, touched: int | None
) -> None:
    found = schema(runs)
    assert tuple(one.number if one else None for one in found) == (proof, touched)

"""An approval is of the changes that the preview showed, and of no others."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.__main__ import main
from pipeline.failed import Failed
from pipeline.preview import changes
from tests.unit.pipeline.test_policy_wiring import called, project

__all__ = ["project"]

URN = "urn:pulumi:prod::sluice::sluice:components:TaskDefinition$aws:ecs/taskDefinition:TaskDefinition::service"
KEEP = "urn:pulumi:prod::sluice::aws:sns/topic:Topic::topic"
SECRET = {changes.SIGNATURE: changes.SECRET, "ciphertext": "v1:abc"}
PLAN: dict[str, Any] = {
    "manifest": {"time": "2026-11-27T13:45:00Z"},
    "resourcePlans": {
        URN: {
            "goal": {"type": "t", "inputDiff": {"updates": {"cpu": "512", "password": SECRET}}},
            "steps": ["create-replacement", "replace", "delete-replaced"],
            "seed": "abc",
            "state": {"arn": "x"},
        },
        KEEP: {"goal": {"inputDiff": {}}, "steps": ["same"], "seed": "def"},
    },
}


def edited(edit: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    plan = copy.deepcopy(PLAN)
    edit(plan["resourcePlans"])
    return plan


SAME: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("seeds, which are random", lambda one: one[URN].update(seed="zzz")),
    (
        "another nonce of a secret",
        lambda one: one[URN]["goal"]["inputDiff"]["updates"]["password"].update(ciphertext="v"),
    ),
    ("what stays as it is", lambda one: one.pop(KEEP)),
    ("what the state says", lambda one: one[URN].update(state={})),
]
OTHER: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("another value", lambda one: one[URN]["goal"]["inputDiff"]["updates"].update(cpu="1024")),
    ("a value more", lambda one: one[URN]["goal"]["inputDiff"].update(adds={"x": 1})),
    ("another step", lambda one: one[URN].update(steps=["update"])),
    ("a deletion", lambda one: one.update({KEEP: {"steps": ["delete"], "goal": None}})),
    ("a plain value in place of a secret", lambda one: one[URN]["goal"]["inputDiff"]["updates"].update(password="x")),
    ("one that does not happen", lambda one: one.pop(URN)),
]


@pytest.mark.parametrize("edit", [row[1] for row in SAME], ids=[row[0] for row in SAME])
def test_is_the_same_plan(edit: Callable[[dict[str, Any]], object]) -> None:
    assert changes.digest(edited(edit)) == changes.digest(PLAN)


@pytest.mark.parametrize("edit", [row[1] for row in OTHER], ids=[row[0] for row in OTHER])
def test_is_another_plan(edit: Callable[[dict[str, Any]], object]) -> None:
    assert changes.digest(edited(edit)) != changes.digest(PLAN)


@pytest.mark.parametrize("plan", [{}, {"resourcePlans": {URN: {}}}, {"resourcePlans": []}, {"resourcePlans": {URN: 1}}])
def test_another_form_is_said(plan: Any) -> None:
    with pytest.raises(Failed, match="is not of the known form"):
        changes.digest(plan)


def test_the_refusal_names_what_would_happen() -> None:
    now = changes.digest(PLAN)
    assert changes.complaint(now, now, changes.changed(PLAN)) == ""
    said = changes.complaint("0" * 64, now, changes.changed(PLAN))
    assert "the approved plan is 000000000000" in said
    assert "create-replacement/replace/delete-replaced aws:ecs/taskDefinition:TaskDefinition service" in said
    assert "Nothing was changed" in said
    assert "(no change)" in changes.complaint("0" * 64, now, {})
    alone = {"urn:pulumi:prod::sluice::sns:Topic::a::b": {"steps": ["create"]}}
    assert "(create sns:Topic a::b)" in changes.complaint("0" * 64, now, alone)
    many = {f"urn:pulumi:s::p::x$t:T::{number}": {"steps": ["create"]} for number in range(30)}
    assert "and 20 more" in changes.complaint("0" * 64, now, many)


@pytest.mark.parametrize("now", ["", changes.FIRST, "0" * 64])
def test_an_approval_of_nothing_is_none(now: str) -> None:
    assert "APPROVED_PLAN is empty" in changes.complaint("", now, {})


def planned(project: Path, plan: dict[str, Any]) -> None:
    (project.parent / "tools" / "plan.json").write_text(json.dumps(plan))


def run(project: Path, verb: str) -> int:
    return main([verb, "--stack", "prod", "--cwd", str(project)])


def test_what_was_approved_is_carried_out_and_nothing_else_can_be(
    project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    planned(project, PLAN)
    monkeypatch.setenv("GITHUB_OUTPUT", str(told))
    assert run(project, "plan") == 0
    approved = dict(line.split("=", 1) for line in told.read_text().splitlines())["plan"]
    assert approved == changes.digest(PLAN)
    (project.parent / "tools" / "called").unlink()
    monkeypatch.setenv("APPROVED_PLAN", approved)
    assert run(project, "deploy") == 0
    saved = called(project, "preview")
    words = called(project, "up")
    assert words[words.index("--plan") + 1] == saved[saved.index("--save-plan") + 1]
    assert "--skip-preview" in words, "the preview was just made"
    assert not Path(words[words.index("--plan") + 1]).exists(), "it holds what the state holds"


@pytest.mark.parametrize("approved", ["", changes.FIRST, "0" * 64])
def test_anything_else_changes_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], approved: str
) -> None:
    planned(project, PLAN)
    monkeypatch.setenv("APPROVED_PLAN", approved)
    assert run(project, "deploy") == 1
    assert "Nothing was changed" in capsys.readouterr().err
    called(project, "preview")
    with pytest.raises(ValueError, match="not enough values"):
        called(project, "up")


def test_without_an_approval_the_update_is_free(project: Path) -> None:
    assert run(project, "deploy") == 0
    assert "--plan" not in called(project, "up")

"""The cause and the fix of a failed rollout: each row of the table, and what holds for all of them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from sluice.diagnosis.signature import SIGNATURES
from sluice.rollout.diagnosis.rollout_diagnosis import AGAIN
from sluice.rollout.diagnosis.service_exit import OF_A_SERVICE
from tests.unit.sluice.rollout.rollout_outcomes import CASES, Case

GATE = Path(__file__).resolve().parents[4] / "sluice/rollout/diagnosis"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_failure_has_its_class_its_cause_and_its_fix(case: Case) -> None:
    found = case.diagnosis()
    assert found.name == case.kind
    for part in case.says:
        assert part in f"{found.cause}; {found.fix}"
    assert AGAIN in found.fix or "`pulumi up" in found.fix
    assert "migration task" not in f"{found.cause}; {found.fix}", "a service is not a step"
    assert len(found.cause) < 400
    assert len(found.fix) < 400


def test_the_names_of_rows_are_different() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))


def test_every_class_that_the_code_can_give_has_a_row() -> None:
    """The classes are the first of each pair that a function of the diagnosis returns."""
    named = set()
    for file in ("rollout_diagnosis", "smoke_diagnosis", "refused_check", "unanswered_check"):
        for node in ast.walk(ast.parse((GATE / f"{file}.py").read_text())):
            pair = node.value if isinstance(node, ast.Return) else None
            if isinstance(pair, ast.Tuple) and isinstance(pair.elts[0], ast.Constant):
                named.add(pair.elts[0].value)
    assert len(named) > 20
    assert named <= {case.kind for case in CASES}


def test_words_for_a_service_are_about_known_signatures() -> None:
    assert OF_A_SERVICE.keys() <= {one.name for one in SIGNATURES}

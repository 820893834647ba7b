"""What a mutation run found: kept, replaced module by module, and shown with what was not run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.mutation.page import Figures, Module, Mutant, page
from tests.mutation.run import Interrupted, function, measured

LOST = Mutant("decide", "if a < b:", "if a <= b:")
FIRST = Module("sluice/release/hold.py", 10, 6, 1, 1, 0, 0.5, "2026-01-01, abc1234", (LOST, LOST))
SECOND = replace(FIRST, path="sluice/diagnosis/verdict.py", survivors=())
KNOWN = Figures((FIRST,)).replaced(Figures((SECOND,)))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("release/hold.py", "release/names.py", "release/__init__.py", "diagnosis/verdict.py"):
        (tmp_path / "sluice" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "sluice" / name).touch()
    return tmp_path


def test_figures_survive_being_written() -> None:
    assert Figures.read(KNOWN.write()) == KNOWN


def test_a_new_run_replaces_its_own_modules_and_a_module_that_is_gone_is_forgotten() -> None:
    newer = replace(FIRST, killed=8, survivors=())
    assert KNOWN.replaced(Figures((newer,))).modules == (SECOND, newer)
    assert KNOWN.only({SECOND.path}).modules == (SECOND,)


def test_the_page_has_every_figure_and_says_what_was_not_run(root: Path) -> None:
    text = page(KNOWN, {}, root)
    assert "| `sluice/release/hold.py` | 10 | 6 | 1 | 2 | 0 | 1 | 0.5 | 2026-01-01, abc1234 |" in text
    assert "| all | 20 | 12 | 2 | 4 | 0 | 2 | 1.0 |  |" in text
    assert "1 of the 3 modules of these rooms (some have no function that can be changed): `release/names.py`." in text


def test_a_survivor_is_explained_or_said_not_to_be(root: Path) -> None:
    assert FIRST.unexplained({}) == [LOST, LOST]
    assert page(KNOWN, {}, root).count("decide: `` if a < b: `` → `` if a <= b: ``  \n  not explained") == 2
    explained = {FIRST.path: {"decide: if a < b: → if a <= b:": "a is never b."}}
    assert FIRST.unexplained(explained) == []
    assert "`` if a <= b: ``  \n  a is never b." in page(KNOWN, explained, root)
    assert "| 2 | 2 | 1 | 0.5 |" in page(KNOWN, explained, root)


def test_nothing_known_is_a_page_too(root: Path) -> None:
    assert "3 of the 3 modules" in page(Figures(), {}, root)


@pytest.mark.parametrize("room", ["nowhere", "errors.py", "migration/nothing.py"])
def test_a_room_that_is_none_is_refused(room: str) -> None:
    with pytest.raises(Interrupted, match="does not exist"):
        measured(room, 1, 1)


@pytest.mark.parametrize(
    ("mutant", "name"),
    [
        ("sluice.release.names.x_short__mutmut_12", "short"),
        ("sluice.rollout.deployment.judge.x__rolled_back__mutmut_1", "_rolled_back"),
        ("sluice.release.in_use.xǁInUseǁ__init____mutmut_3", "InUse.__init__"),
    ],
)
def test_a_mutants_function_is_named_as_in_the_source(mutant: str, name: str) -> None:
    assert function(mutant) == name

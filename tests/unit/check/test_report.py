"""What people and programs read, and the page of lost deploys."""

from __future__ import annotations

import json
from pathlib import Path

from check.command import timed
from check.report import document, summary, text
from check.result import Broken, Result, Skipped, Warned
from tests.e2e.check.lost import CASES, GATED, PAGE, page

ROOT = Path(__file__).resolve().parents[3]


def refuse() -> str:
    raise Broken("it is broken", "mend it", ["one", "two"])


def warn() -> str:
    raise Warned("it was not tried", "try it", ["one"])


def noise() -> str:
    lines = ["boom: permission denied for schema billing", *['{"path": "/health"}'] * 40, "\x1b[2J\x1b[31mred\x1b[0m"]
    raise Broken("it is broken", "mend it", lines)


def skip() -> str:
    raise Skipped("there is nothing")


def test_a_check_is_one_line_and_a_failed_one_says_what_to_do() -> None:
    assert text(Result("engine fits", "passed", 0.04, "all is well"), 11) == "✓ engine fits    0.0 s  all is well"
    assert text(timed("a", refuse), 3).splitlines() == [
        "✗ a      0.0 s  it is broken",
        "    | one",
        "    | two",
        "    fix: mend it",
    ]
    assert text(timed("a", warn), 3).splitlines() == [
        "! a      0.0 s  it was not tried",
        "    | one",
        "    fix: try it",
    ]
    assert text(timed("a", skip), 1) == "– a    0.0 s  there is nothing"


def test_the_last_line_and_the_document() -> None:
    results = [Result("a", "passed", 1.0, "x"), timed("b", refuse), timed("c", skip), timed("d", warn)]
    assert summary(results).startswith("1 passed, 1 warned, 1 failed, 1 skipped in 1.0 s")
    told = json.loads(document("prod", results))
    assert (told["ok"], told["stack"], [one["result"] for one in told["checks"]]) == (
        False,
        "prod",
        ["passed", "failed", "skipped", "warned"],
    )
    assert told["checks"][1]["fix"] == "mend it"
    assert told["checks"][3]["fix"] == "try it"
    assert json.loads(document("prod", [results[0], results[3]]))["ok"], "a warning is no failure"


def test_repeated_lines_are_one_and_control_codes_are_none() -> None:
    """What was printed once stays visible behind forty health checks."""
    shown = [
        "    | boom: permission denied for schema billing",
        '    | {"path": "/health"} (× 40)',
        "    | red",
    ]
    assert text(timed("a", noise), 1).splitlines()[1:-1] == shown
    told = json.loads(document("prod", [timed("a", noise)]))
    assert [f"    | {line}" for line in told["checks"][0]["lines"]] == shown


def test_the_page_of_lost_deploys_is_the_tests_table() -> None:
    assert PAGE.read_text() == page(), "run: .venv/bin/python -m tests.e2e.check.lost"
    assert len({one.deploy for one in CASES}) == len(CASES)
    assert all((ROOT / file).is_file() for _, _, file in GATED)

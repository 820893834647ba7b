"""Every correction of MiniStack declares its version and its fault, is installed, has a probe and is on the page."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from emulator.cloud.correction import Correction
from emulator.cloud.corrections import refuse_other_version
from tests.e2e.ministack.declarations import (
    CLOUD,
    Declaration,
    declaration,
    declared,
    installed,
    private_names_of,
    without_probe,
)
from tests.e2e.ministack.page import PAGE, page
from tests.e2e.ministack.table import PROBES

PINNED = re.search(r"^ministack\[full\]==(\S+)$", (CLOUD / "requirements.in").read_text(), re.MULTILINE)


@pytest.mark.parametrize("file", installed())
def test_a_correction_declares_its_rule_its_fault_and_the_pinned_version(file: str) -> None:
    said = declaration(file)
    assert said is not None, f"emulator/cloud/{file}.py has no CORRECTION"
    assert PINNED is not None
    assert said.ministack == PINNED.group(1)
    for sentence in (said.rule, said.fault):
        assert sentence.endswith("."), sentence
        assert len(sentence.split()) <= 25, sentence


def test_every_declared_correction_is_installed_once() -> None:
    assert sorted(installed()) == [one.file for one in declared()]


def test_every_correction_has_a_probe() -> None:
    assert without_probe(installed(), PROBES) == []


def test_a_correction_without_a_probe_is_found() -> None:
    probes = [probe for probe in PROBES if probe.correction != "ecs/tokens"]
    assert without_probe(installed(), probes) == ["ecs/tokens"]


def test_every_probe_is_of_a_correction_has_a_name_of_its_own_and_says_the_fault() -> None:
    assert {probe.correction for probe in PROBES} <= set(installed())
    assert [name for name, count in Counter(probe.name for probe in PROBES).items() if count > 1] == []
    assert [probe.name for probe in PROBES if not probe.fault.endswith(".")] == []


def test_the_page_is_made_of_the_declarations() -> None:
    assert PAGE.read_text() == page(), "fix: python -m tests.e2e.ministack.page"


def test_another_version_of_ministack_is_refused() -> None:
    ours, other = (Correction("A rule.", "A fault.", version, lambda settings: None) for version in ("1.0", "1.1"))
    refuse_other_version([ours, ours], "1.0")
    with pytest.raises(SystemExit, match=r"MiniStack 1\.0 is installed.*are for 1\.1"):
        refuse_other_version([ours, other], "1.0")


def test_a_declaration_is_read_without_ministack() -> None:
    assert declaration("ssm/parameter_size") == Declaration(
        "ssm/parameter_size",
        "A standard parameter holds at most 4 KB.",
        "A parameter of any length is stored.",
        "1.5.33",
    )
    assert declaration("replace") is None


def test_private_names_are_counted_however_they_are_named(tmp_path: Path) -> None:
    file = tmp_path / "one.py"
    file.write_text(
        "from ministack.services import ecs, rds as database\n"
        "from ministack.services.sns import _topics\n"
        "NAMES = ('_three', 'public')\n"
        "replace(ecs, '_one', lambda: database._two)\n"
        "for name in NAMES:\n    replace(ecs, name, None)\n"
        "for name in ('_four',):\n    replace(database, name, getattr(database, name))\n"
        "own._not_ministacks, ecs.public\n"
    )
    ecs, rds, sns = (f"ministack.services.{name}" for name in ("ecs", "rds", "sns"))
    assert set(private_names_of(file)) == {
        (ecs, "_one"), (rds, "_two"), (sns, "_topics"), (ecs, "_three"), (rds, "_four")
    }  # fmt: skip

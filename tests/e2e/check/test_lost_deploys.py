"""Each lost deploy of the postmortems, replayed: one check sees it. Without a mistake all pass: test_check.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from check.migrations.steps import TrialPlace
from tests.e2e.check.lost import ANSWERS, CASES, Lost
from tests.e2e.check.stage import ServerOf, Shop, at_the_gate, first_failure


@pytest.mark.parametrize("lost", CASES, ids=[one.deploy.replace(" ", "-") for one in CASES])
def test_it_is_caught(lost: Lost, server: ServerOf, place: TrialPlace, tmp_path: Path) -> None:
    shop = Shop(tmp_path, lost)
    failed = first_failure(shop, server, place if lost.caught == ANSWERS else None)
    assert failed is not None, "no check saw it"
    said = failed.what.replace(str(shop.folder), "FOLDER")
    assert (failed.name, said[: len(lost.says)]) == (lost.caught, lost.says), failed
    assert failed.remedy
    if lost.gate:  # and had nobody checked
        failure = at_the_gate(shop, server)
        assert failure is not None, "the step ended with exit code 0"
        assert lost.gate in failure.broken().what

"""Each lost deploy of the postmortems, replayed: with the mistake one check fails, without it all pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.check.lost import CASES, Lost
from tests.e2e.check.stage import ServerOf, Shop, at_the_gate, first_failure


def test_without_a_mistake_every_check_passes(server: ServerOf, tmp_path: Path) -> None:
    assert first_failure(Shop(tmp_path), server) is None


@pytest.mark.parametrize("lost", CASES, ids=[one.deploy.replace(" ", "-") for one in CASES])
def test_it_is_caught(lost: Lost, server: ServerOf, tmp_path: Path) -> None:
    shop = Shop(tmp_path, lost)
    failed = first_failure(shop, server)
    assert failed is not None, "no check saw it"
    assert (failed.name, failed.what[: len(lost.says)]) == (lost.caught, lost.says), failed
    assert failed.remedy
    if lost.gate:  # and had nobody checked
        failure = at_the_gate(shop, server)
        assert failure is not None, "the step ended with exit code 0"
        assert lost.gate in failure.broken().what

"""Deploys under an API that lies: three seeds that bring every kind of fault, and the field's cases of one call.

`make chaos` plays more of them, and the rivals.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.chaos.course import Played
from tests.chaos.faults import KINDS
from tests.chaos.ledger import Behaviour
from tests.chaos.play import play
from tests.chaos.scenario import brief
from tests.chaos.stage import Stage, stage

VERSIONS = 3
SEEDS: tuple[tuple[int, Behaviour | None], ...] = ((1268, None), (7, "unfit"), (1, "migration fails"))
"""Each brings every third kind; and how the first of its two versions is bad."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("chaos"), VERSIONS) as one:
        yield one


def test_every_verdict_is_right_and_every_migration_runs_once_under_every_kind_of_fault(made: Stage) -> None:
    scenarios = [brief(seed, KINDS[number::3], bad) for number, (seed, bad) in enumerate(SEEDS)]
    with ThreadPoolExecutor(len(scenarios)) as pool:
        played: list[Played] = list(pool.map(lambda one: play(made, one), scenarios))
    for one in played:
        assert not one.bad, "\n".join([one.line, *one.output, *one.bad])
        assert one.asked > 50
    met = {kind for one in played for kind, _ in one.faults}
    assert met == set(KINDS), f"not met: {set(KINDS) - met}"
    print("\n".join(one.line for one in played))

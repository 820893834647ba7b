"""One stage for all strategies: a small service whose versions say in a header which release they are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulator.cloud import emulator
from tests.e2e.stage import Stage
from tests.e2e.strategies import table
from tests.e2e.strategies.scene import SETTINGS, Scene


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("strategies")
    try:
        yield Stage(folder)
    finally:
        emulator.stop(folder / "local")


@pytest.fixture(scope="session")
def rows() -> Iterator[list[table.Row]]:
    """What was measured; printed at the end."""
    found: list[table.Row] = []
    yield found
    print(f"\n{table.text(found)}")


@pytest.fixture(scope="session")
def scene(stage: Stage, rows: list[table.Row]) -> Scene:
    """The stack as it is first deployed: with blue/green."""
    salt = next(line for line in stage.settings.read_text().splitlines() if line.startswith("encryptionsalt:"))
    made = Scene(stage, SETTINGS.format(app=stage.app, salt=salt, strategy="{strategy}"), rows)
    made.choose("blueGreen")
    made.release()
    stage.up()
    return made

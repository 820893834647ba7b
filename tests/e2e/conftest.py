"""One stage for all end-to-end tests; they run in their order and leave a deployed, answering service behind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.cloud import emulator
from tests.e2e.stage import Stage


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what is marked `soak` to `make soak`."""
    if os.environ.get("SOAK"):
        return
    here = Path(__file__).parent
    left = [one for one in items if here in one.path.parents and one.get_closest_marker("soak")]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [one for one in items if one not in left]


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("sluice")
    try:
        yield Stage(folder)
    finally:
        emulator.stop(folder / "local")


@pytest.fixture
def deployed(stage: Stage) -> Stage:
    """The stage with a good version of the application deployed, answering, and nothing changed since."""
    stage.deploy()
    return stage

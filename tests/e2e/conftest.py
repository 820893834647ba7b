"""One stage for all end-to-end tests; they run in their order and leave a deployed, answering service behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.cloud import emulator
from tests.e2e.stage import Stage


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

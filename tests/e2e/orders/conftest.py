"""A stage for the second example: another language, plain SQL migrations, and nothing but settings of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulator.cloud import emulator
from tests.e2e.stage import Stage


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("orders")
    try:
        yield Stage(folder, stack="orders", example="orders")
    finally:
        emulator.stop(folder / "local")

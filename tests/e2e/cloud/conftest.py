"""A local cloud of their own for these tests: account, port, folder; nothing of the developer's is touched.

AWS's delays are ten times shorter in it: an interval of 20 s is two.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.cloud import emulator
from emulator.cloud.settings import TIME_VARIABLE
from tests.e2e.cloud.stage import Stage


def cloud_python() -> Path:
    """The interpreter that has MiniStack."""
    named = os.environ.get("SLUICE_CLOUD_PYTHON")
    return Path(named) if named else emulator.ROOT / ".venv-cloud" / "bin" / "python"


def new_account() -> str:
    return "9" + "".join(secrets.choice("0123456789") for _ in range(11))


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[emulator.Cloud]:
    folder = tmp_path_factory.mktemp("cloud")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(TIME_VARIABLE, "10")
        started = emulator.start(folder, None, new_account(), python=cloud_python())
    try:
        yield started
    finally:
        emulator.stop(folder)


@pytest.fixture(scope="session")
def stage(cloud: emulator.Cloud) -> Stage:
    return Stage(cloud)

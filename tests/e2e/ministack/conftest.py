"""Two emulators of their own for these tests: MiniStack as it is, and corrected."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from emulator.cloud import emulator
from emulator.cloud.settings import TIME_VARIABLE
from tests.e2e.cloud.conftest import cloud_python, new_account
from tests.e2e.ministack.account import Account
from tests.e2e.ministack.plain import INSIDE, serving


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with serving(tmp_path_factory.mktemp("plain")) as account:
        yield account


@pytest.fixture(scope="session")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    folder, python = tmp_path_factory.mktemp("corrected"), cloud_python()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(TIME_VARIABLE, "10")
        cloud = emulator.start(folder, None, new_account(), python=python)
    try:
        yield Account(
            cloud.endpoint,
            cloud.pid,
            (cloud.account, new_account()),
            cloud.secret,
            (str(python), *INSIDE, "corrected"),
        )
    finally:
        emulator.stop(folder)

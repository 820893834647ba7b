"""One PostgreSQL for all of these tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from check.migrations.scratch import Scratch
from check.migrations.steps import TrialPlace
from tests.e2e.check.stage import Server, ServerOf, Shop, base, migrated


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerOf]:
    with open(os.devnull, "w") as quiet:
        base(tmp_path_factory.mktemp("base"), quiet)
    with Scratch("17", "postgres", "boss") as scratch:
        yield Server(scratch).another


@pytest.fixture(scope="session")
def place(server: ServerOf, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrialPlace]:
    """A database that the shop without a mistake has migrated."""
    with migrated(Shop(tmp_path_factory.mktemp("migrated")), server) as place:
        yield place

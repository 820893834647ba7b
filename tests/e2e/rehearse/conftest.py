"""Staging and production, rehearsed from nothing in one emulator, with an account each."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.cloud import emulator
from emulator.cloud.elb.authority import Authority
from emulator.cloud.settings import TIME_VARIABLE
from emulator.variables import BUNDLE
from local import environment
from local.rehearse.place import place
from local.rehearse.stage import TIME, RehearsalStage
from tests.e2e.rehearse.stack import Stack
from tests.e2e.stage import ROOT


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RehearsalStage]:
    folder: Path = tmp_path_factory.mktemp("rehearsal")
    ours = environment.checkout(ROOT, {})
    checkout = dataclasses.replace(ours, local=folder)
    folder.mkdir(exist_ok=True)
    if ours.pulumi_record.is_file():  # which Pulumi CLI set-up chose is the checkout's
        checkout.pulumi_record.write_text(ours.pulumi_record.read_text())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(TIME_VARIABLE, TIME)
        # As in the shell of the local stack, where `make env` leaves the bundle of another cloud of this checkout.
        Authority(folder, folder)
        for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE"):
            patch.setenv(name, str(folder / BUNDLE))
        try:
            yield RehearsalStage(checkout)
        finally:
            emulator.stop(place(checkout).local)


@pytest.fixture(scope="session")
def staging(rehearsal: RehearsalStage) -> Stack:
    return Stack(rehearsal, "staging")


@pytest.fixture(scope="session")
def prod(rehearsal: RehearsalStage, staging: Stack) -> Stack:
    return Stack(rehearsal, "prod")

"""Each correction is still needed: MiniStack as it is has the fault, and the corrected emulator does not."""

from __future__ import annotations

import pytest

from tests.e2e.ministack.account import Account
from tests.e2e.ministack.probe import Probe
from tests.e2e.ministack.table import PROBES

each = pytest.mark.parametrize("probe", PROBES, ids=[probe.name for probe in PROBES])


@each
def test_ministack_has_the_fault(plain: Account, probe: Probe) -> None:
    assert probe.faulty(plain), (
        f"MiniStack does not have this fault: {probe.fault}\n"
        f"  fix: delete what emulator/cloud/{probe.correction}.py does against it, and the probe"
    )


@each
def test_the_correction_mends_it(corrected: Account, probe: Probe) -> None:
    assert not probe.faulty(corrected), f"emulator/cloud/{probe.correction}.py does not mend: {probe.fault}"

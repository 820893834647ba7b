"""Settings extend the inputs of the gate: what both have is defined there once."""

from __future__ import annotations

from dataclasses import MISSING, fields

import pytest

from infra.settings.migrations import CopyTo, Snapshot, Step
from infra.settings.smoke import Smoke, Soak
from infra.settings.values.model import Model
from sluice.inputs import copy_to, smoke, snapshot, soak, step
from sluice.inputs.snapshot import LONGEST_KEPT

PAIRS: list[tuple[type[Model], type]] = [
    (Step, step.Step),
    (Smoke, smoke.Smoke),
    (Snapshot, snapshot.SnapshotRequest),
    (CopyTo, copy_to.CopyTo),
    (Soak, soak.Soak),
]
OWN_DEFAULTS = {(Smoke, "version_header"), (Soak, "seconds")}
"""The gate's input is optional, or has no default; a stack has one."""
EMPTY: tuple[object, ...] = ("", (), {}, [], None)


@pytest.mark.parametrize(("model", "inputs"), PAIRS, ids=lambda kind: kind.__module__.rpartition(".")[2])
def test_settings_have_the_defaults_of_the_gate(model: type[Model], inputs: type) -> None:
    for one in fields(inputs):
        field = model.model_fields.get(one.name) or model.model_fields.get(f"{one.name}_")
        if field is None or (model, one.name) in OWN_DEFAULTS:
            continue
        default = one.default_factory() if one.default_factory is not MISSING else one.default
        if default is MISSING:
            assert field.is_required(), one.name
            continue
        given = field.get_default(call_default_factory=True, validated_data={})
        assert given == default or (given in EMPTY and default in EMPTY), one.name


def test_limits_are_those_of_the_gate() -> None:
    assert Snapshot.model_validate({"keep": LONGEST_KEPT}).keep == LONGEST_KEPT
    with pytest.raises(ValueError, match="less than or equal"):
        Snapshot.model_validate({"keep": LONGEST_KEPT + 1})
    with pytest.raises(ValueError, match="less than or equal"):
        Step.model_validate({"name": "a", "command": ["x"], "shards": step.SHARDS + 1})

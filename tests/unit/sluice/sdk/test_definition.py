"""Every input is defined in one place: the class says it, the provider takes it, the documentation names it."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from components.tasks import step as component
from infra.settings.migrations import Step as StepSettings
from sluice import sdk
from sluice.inputs.analysis import Analysis
from sluice.inputs.copy_to import CopyTo
from sluice.inputs.keep import Keep
from sluice.inputs.keys import camel, keys_of
from sluice.inputs.network import Network
from sluice.inputs.proof_task import ProofTask
from sluice.inputs.smoke import Smoke
from sluice.inputs.smoke_task import SmokeTask
from sluice.inputs.snapshot import SnapshotRequest
from sluice.inputs.soak import Soak
from sluice.inputs.step import Step
from sluice.inputs.strategy import Header, Strategy, Suffixes
from sluice.protocol.package import Provider
from sluice.protocol.resource import Properties
from sluice.provider.gate_provider import GateProvider
from sluice.sdk.definition import inputs_of, properties
from tests.unit.sluice.provider.resources import Lines, call, run

RESOURCES = {
    "DefaultGroup": sdk.DefaultGroup,
    "GeneratedSecret": sdk.GeneratedSecret,
    "ImageScan": sdk.ImageScan,
    "ImageSignature": sdk.ImageSignature,
    "MigrationRun": sdk.MigrationRun,
    "RandomText": sdk.RandomText,
    "Rollout": sdk.Rollout,
}
OBJECTS: dict[tuple[type, str], tuple[type, ...]] = {
    (sdk.MigrationRun, "steps"): (Step,),
    (sdk.MigrationRun, "network"): (Network,),
    (sdk.MigrationRun, "snapshot"): (SnapshotRequest, CopyTo),
    (sdk.Rollout, "smoke"): (Smoke, SmokeTask),
    (sdk.Rollout, "soak"): (Soak,),
    (sdk.Rollout, "network"): (Network,),
    (sdk.Rollout, "keep"): (Keep,),
    (sdk.Rollout, "strategy"): (Strategy, Header, ProofTask, Analysis, Suffixes),
}
"""Inputs that are objects, and the classes that read them."""


def documented(resource: type) -> dict[str, str]:
    """The text of each argument in a docstring, by name."""
    text = inspect.getdoc(resource) or ""
    arguments = text.partition("Args:\n")[2].partition("\n\n")[0]
    found: dict[str, str] = {}
    for line in arguments.splitlines():
        if named := re.match(r"    (\w+(?:, \w+)*): (.*)", line):
            last = named[1].split(", ")
            found |= dict.fromkeys(last, named[2])
        else:
            found |= {name: f"{found[name]} {line.strip()}" for name in last}
    return found


def test_the_provider_serves_every_class() -> None:
    served: Provider = GateProvider()
    assert {token.rpartition(":")[2] for token in served.resources} == RESOURCES.keys()


@pytest.mark.parametrize("name", RESOURCES)
def test_every_parameter_is_documented_and_nothing_else(name: str) -> None:
    resource = RESOURCES[name]
    assert {camel(key) for key in documented(resource)} == inputs_of(resource).all


@pytest.mark.parametrize("name", RESOURCES)
def test_the_provider_refuses_what_the_class_does_not_have(name: str) -> None:
    checking = GateProvider().resources[f"gate:index:{name}"]
    given: Properties = dict.fromkeys(inputs_of(RESOURCES[name]).all, None) | {"another": "x"}
    failures = {one.property: one.reason for one in run(checking.check(call(Lines()), {}, given)).failures}
    assert failures["another"] == f"is not an input of {name}"
    assert not [key for key, reason in failures.items() if key != "another" and "is not an input" in reason]
    missing = {key for key, reason in failures.items() if reason == "is missing"}
    assert missing <= {*inputs_of(RESOURCES[name]).required}


@pytest.mark.parametrize(("resource", "name"), OBJECTS, ids=lambda one: getattr(one, "__name__", one))
def test_every_key_of_an_object_is_documented_and_nothing_else(resource: type, name: str) -> None:
    said = set(re.findall(r'"(\w+)"', documented(resource)[name]))
    assert said == {key for kind in OBJECTS[resource, name] for key in keys_of(kind)}


def test_the_engine_is_told_of_every_parameter() -> None:
    class Made:
        def __init__(self, name: str, *, task_definition: str, keep: int = 3, opts: Any = None) -> None:
            self.told = properties(Made, locals(), ("result",))

    assert Made("made", task_definition="arn").told == {"taskDefinition": "arn", "keep": 3, "result": None}
    assert inputs_of(Made).required == ("taskDefinition",)
    assert inputs_of(Made).optional == ("keep",)


def test_a_step_has_the_same_defaults_and_limits_in_the_settings_and_in_the_component() -> None:
    fields = StepSettings.model_fields
    for key in ("timeout", "attempts", "shards"):
        assert fields[key].default == getattr(component.Step, key) == getattr(Step, key), key
    longest = "a" * 31
    assert Step.parse({"name": longest, "command": ["x"]}).name == longest
    assert StepSettings.model_validate({"name": longest, "command": ["x"]}).name == longest

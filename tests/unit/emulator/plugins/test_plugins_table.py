"""Every entry of the table against botocore's models and the program's SDK: nothing is called."""

from __future__ import annotations

import importlib
from collections import Counter
from typing import Any

import jmespath
import pulumi._types as sdk_types  # the SDK has no public list of a resource's properties
import pytest
from botocore.model import Shape

from emulator.plugins.aws.entry import Entry
from emulator.plugins.aws.mapping import flatten, member_of, model, parameters, path_of, place
from emulator.plugins.aws.property import CLEAR, OMIT, REFUSE, Operation, Property
from emulator.plugins.aws.table import ENTRIES
from emulator.plugins.aws.table.container import SERVICE
from tests.unit.emulator.plugins.program import RESOURCES

PROPERTIES = [(entry, name) for entry in ENTRIES for name in entry.properties]
NAMED = [f"{entry.token.rsplit(':')[-1]}.{name}" for entry, name in PROPERTIES]
TYPES = [entry.token.rsplit(":")[-1] for entry in ENTRIES]


def sdk(entry: Entry) -> tuple[set[str], set[str]]:
    """Names of the inputs and of the outputs of the type in the SDK."""
    _, module, name = entry.token.split(":")
    package = importlib.import_module(f"pulumi_aws.{module.split('/')[0]}")
    arguments, resource = getattr(package, f"{name}Args"), getattr(package, name)
    return set(sdk_types.input_type_py_to_pulumi_names(arguments).values()), set(sdk_types.resource_types(resource))


def sample(shape: Shape, prop: Property) -> Any:
    """A value that a program may give for a member of this shape."""
    if prop.values:
        return next(iter(prop.values))
    if prop.pairs:
        return {"LoadBalancer": "app/notes/1"}
    if prop.json:
        return "[]" if shape.type_name == "list" else "{}"
    if shape.type_name == "structure":
        return {name: sample(shape_at(shape, sub.at or name), sub) for name, sub in (prop.block or {}).items()}
    if shape.type_name == "list":
        return [sample(shape.member, prop)]
    return {"integer": 1, "long": 1, "boolean": True}.get(shape.type_name, "1")


def shape_at(shape: Shape, path: str) -> Shape:
    for part in path.split("."):
        shape = shape.members[member_of(shape, part.removesuffix("[]"))]
        shape = shape.member if part.endswith("[]") else shape
    return shape


def leads_somewhere(entry: Entry, operation: Operation, name: str, changing: bool) -> None:
    prop, shape = entry.properties[name], model(entry.service, operation.method).input_shape
    if operation.attributes:
        assert prop.at, "an attribute needs its key"
        assert operation.attributes in shape.members
        return
    path = path_of(name, prop, changing)
    target = shape_at(shape, path)
    values = [sample(target, prop)]
    if changing and prop.unset not in (REFUSE, CLEAR, OMIT):
        values.append(prop.unset)
    for value in values:
        params: dict[str, Any] = {}
        place(params, shape, path, value, prop)
        assert params


@pytest.mark.parametrize(("entry", "name"), PROPERTIES, ids=NAMED)
def test_an_accepted_property_reaches_one_operation(entry: Entry, name: str) -> None:
    prop = entry.properties[name]
    if prop.local:
        assert prop.by == prop.update == "", "a property that is never sent has no operation"
        return
    if not prop.hooked:
        creating = entry.operations[prop.by] if prop.by else entry.create
        leads_somewhere(entry, creating, name, changing=False)
    if prop.replace or prop.fixed:
        assert not prop.update, "what is replaced is never updated"
        return
    changing = entry.operations[prop.by or prop.update] if prop.by or prop.update else entry.update
    assert changing is not None, "neither replaced, nor is there an operation that changes it"
    leads_somewhere(entry, changing, name, changing=not prop.by)
    assert prop.unset is not CLEAR or changing.clear is not None


@pytest.mark.parametrize("entry", ENTRIES, ids=TYPES)
def test_no_two_properties_share_a_member(entry: Entry) -> None:
    places = Counter(
        (prop.by, path_of(name, prop, False).lower())
        for name, prop in entry.properties.items()
        if not (prop.local or prop.hooked)
    )
    assert [place for place, count in places.items() if count > 1] == []


@pytest.mark.parametrize("entry", ENTRIES, ids=TYPES)
def test_operations_exist_with_their_fixed_parameters(entry: Entry) -> None:
    operations = [entry.create, entry.read, entry.delete, entry.update, *entry.operations.values()]
    operations += [operation.clear for operation in operations if operation and operation.clear]
    for operation in filter(None, operations):
        shape = model(entry.service, operation.method).input_shape
        assert set(operation.fixed) <= set(shape.members), operation.method


@pytest.mark.parametrize("entry", ENTRIES, ids=TYPES)
def test_expressions_are_jmespath(entry: Entry) -> None:
    expressions = [prop.seen for prop in entry.properties.values()] + [entry.item, entry.absent, entry.arn]
    expressions += [output for output in entry.outputs.values() if isinstance(output, str) and "{" not in output]
    for expression in filter(None, expressions):
        jmespath.compile(expression)


@pytest.mark.parametrize("entry", ENTRIES, ids=TYPES)
def test_names_are_the_sdks(entry: Entry) -> None:
    inputs, outputs = sdk(entry)
    assert {name.split(".")[0] for name in entry.properties} <= inputs
    assert set(entry.outputs) <= outputs
    assert entry.taggable == ("tags" in inputs)
    assert entry.regional == ("region" in inputs)
    assert entry.name is None or {entry.name.property, entry.name.prefix} - {""} <= inputs | {"identifierPrefix"}


def test_every_type_of_the_program_is_in_the_table() -> None:
    assert {token for _, token, _ in RESOURCES} == {entry.token for entry in ENTRIES}


def test_deployment_alarms_that_are_off_are_sent_whole() -> None:
    """UpdateService leaves alarms as they are when it is not told of them, and requires all three members."""
    off = {"alarmNames": [], "enable": False, "rollback": False}
    for operation in (SERVICE.create, SERVICE.update):
        assert operation is not None
        flat = flatten(SERVICE, {"alarms": off})
        assert parameters(SERVICE, operation, flat, flat, changing=False) == {
            "deploymentConfiguration": {"alarms": off}
        }

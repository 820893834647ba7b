"""Resources driven as the engine drives them: checked, created, refreshed, updated, deleted."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi._types as sdk_types  # the SDK has no public way to a resource's types
from pulumi.runtime import rpc

from emulator.plugins.aws.session import Session
from sluice.protocol.resource import Existing, Resource, ResourceState
from tests.unit.emulator.plugins.calls import Engine
from tests.unit.emulator.plugins.program import filled


def typed(token: str, outputs: Mapping[str, Any]) -> None:
    """Fails where the SDK would: an object where its type says list, or a member that its type does not have."""
    _, module, name = token.split(":")
    resource = getattr(importlib.import_module(f"pulumi_aws.{module.split('/')[0]}"), name)
    for key, type_ in sdk_types.resource_types(resource).items():
        if key in outputs:
            rpc.translate_output_properties(outputs[key], lambda word: word, type_, True)


def hosted_zone(session: Session, name: str) -> dict[str, Any]:
    """A public hosted zone, as somebody has made it long before."""
    made = session.call("route53", "create_hosted_zone", {"Name": name, "CallerReference": name})["HostedZone"]
    return {"id": made["Id"].rpartition("/")[2]}


@dataclass
class Life:
    """What a stack's state would hold.

    Attributes:
        types: resource type by token.
        outputs: outputs and ``id`` of every resource so far, by name.
    """

    types: Mapping[str, Resource]
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    engine: Engine = field(default_factory=Engine)
    _tokens: dict[str, str] = field(default_factory=dict)
    _given: dict[str, dict[str, Any]] = field(default_factory=dict)
    _states: dict[str, ResourceState] = field(default_factory=dict)

    def state(self, name: str) -> ResourceState:
        return self._states[name]

    async def create(self, name: str, token: str, inputs: dict[str, Any]) -> None:
        checked = await self.types[token].check(self.engine.call(name), {}, filled(inputs, self.outputs))
        assert checked.failures == [], name
        created = await self.types[token].create(self.engine.call(name), checked.inputs)
        self._tokens[name], self._given[name] = token, inputs
        typed(token, created.outputs)
        self._remember(name, created.id, checked.inputs, created.outputs)

    async def drift(self, name: str, before: ResourceState | None = None) -> list[str]:
        """What a refresh and a preview of the unchanged program would say."""
        state, resource = before or self._states[name], self.types[self._tokens[name]]
        existing = await self._read(name, state)
        assert existing is not None, f"{name} exists"
        found = await resource.diff(
            self.engine.call(name), existing.id, ResourceState(existing.inputs, existing.outputs), state.inputs
        )
        if not found.changes:
            assert existing.outputs == state.outputs, f"a refresh of {name} changes nothing"
        return found.diffs

    async def update(self, name: str, change: dict[str, Any]) -> None:
        resource, state, its = self.types[self._tokens[name]], self._states[name], self.outputs[name]["id"]
        self._given[name] = self._given[name] | change
        checked = await resource.check(self.engine.call(name), state.inputs, filled(self._given[name], self.outputs))
        found = await resource.diff(self.engine.call(name), its, state, checked.inputs)
        assert (found.changes, found.replaces) == (bool(change), []), name
        outputs = await resource.update(self.engine.call(name), its, state, checked.inputs)
        self._remember(name, its, checked.inputs, outputs)

    async def delete(self, name: str) -> Existing | None:
        """Deletes, and reads what is left."""
        state = self._states[name]
        await self.types[self._tokens[name]].delete(self.engine.call(name), self.outputs[name]["id"], state)
        return await self._read(name, state)

    async def _read(self, name: str, state: ResourceState) -> Existing | None:
        resource, its = self.types[self._tokens[name]], self.outputs[name]["id"]
        return await resource.read(self.engine.call(name), its, state.inputs, state.outputs)

    def _remember(self, name: str, id: str, inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
        self.outputs[name] = {**outputs, "id": id}
        self._states[name] = ResourceState(inputs, outputs)

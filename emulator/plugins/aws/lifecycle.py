"""The life of a resource of the table: check, diff, create, read, update, delete."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jmespath

from emulator.plugins.aws import tags
from emulator.plugins.aws.checking import DEFAULTS, check
from emulator.plugins.aws.comparison import refreshed, same
from emulator.plugins.aws.difference import changed, difference, refuse, without_ignored
from emulator.plugins.aws.entry import Entry, ResourceRequest
from emulator.plugins.aws.mapping import flatten, is_empty, model, parameters, path_of, receive, top, unflatten
from emulator.plugins.aws.property import CLEAR, OMIT, UNSEEN, Flat, Members, Operation
from emulator.plugins.aws.session import AwsError, Session
from sluice.protocol.resource import (  # fmt: skip
    Call,
    Checked,
    Created,
    Difference,
    Existing,
    HalfDone,
    Properties,
    Refused,
    Resource,
    ResourceState,
)
from sluice.protocol.values import UNKNOWN


class TableResource(Resource):
    """Answer the engine for one entry of the table. Calls of AWS block, so each runs in a thread.

    Args:
        entry: the type.
        session: gives the configured session (there is none before Configure).
    """

    def __init__(self, entry: Entry, session: Callable[[], Session]) -> None:
        self.entry = entry
        self._session = session

    async def check(self, call: Call, old: Properties, new: Properties) -> Checked:
        return check(self.entry, call.name, old, new)

    async def diff(self, call: Call, id: str, old: ResourceState, new: Properties) -> Difference:
        session, wanted = self._session(), without_ignored(old.inputs, new, call.ignore_changes)
        return difference(self.entry, call.name, old, wanted, session.region, session.default_tags)

    async def create(self, call: Call, new: Properties) -> Created:
        if call.preview:
            return Created("", self._previewed(new))
        return await asyncio.to_thread(self._create, call, new)

    async def read(self, call: Call, id: str, inputs: Properties, outputs: Properties) -> Existing | None:
        if not inputs and not self.entry.gettable:
            raise Refused(
                f"{call.name}: the local AWS provider cannot import {self.entry.token}; let the program create it"
            )
        return await asyncio.to_thread(self._read, call, id, inputs, outputs)

    async def update(self, call: Call, id: str, old: ResourceState, new: Properties) -> Properties:
        if call.preview:
            return self._kept(old, new)
        return await asyncio.to_thread(self._update, call, id, old, new)

    async def delete(self, call: Call, id: str, old: ResourceState) -> None:
        await asyncio.to_thread(self._delete, call, id, old)

    # -- previews

    def _previewed(self, new: Properties) -> Properties:
        """Outputs of a resource that does not exist yet: what is not an input is unknown."""
        readable: Properties = {name.split(".")[0]: UNKNOWN for name in self._readable()}
        described = self._described(new, tags.wanted(new.get("tags"), self._session().default_tags))
        return readable | described | dict.fromkeys(self.entry.outputs, UNKNOWN)

    def _kept(self, old: ResourceState, new: Properties) -> Properties:
        """Outputs of a preview of an update: computed values stay as they were."""
        kept = {key: value for key, value in old.outputs.items() if key not in old.inputs}
        computed = {key: value for key, value in old.outputs.items() if key in self.entry.outputs}
        return kept | self._described(new, tags.wanted(new.get("tags"), self._session().default_tags)) | computed

    def _described(self, inputs: Mapping[str, Any], all_tags: Any) -> Properties:
        described: Properties = {key: value for key, value in inputs.items() if key != DEFAULTS}
        if self.entry.regional:
            described["region"] = inputs.get("region", self._session().region)
        return described | ({"tagsAll": all_tags} if self.entry.taggable else {})

    # -- the real thing, in a thread

    def _request(
        self, call: Call, new: Mapping[str, Any], id: str = "", old: ResourceState | None = None
    ) -> ResourceRequest:
        # What exists is where it was made, wherever the provider points now.
        region = str(new.get("region") or (old and old.outputs.get("region")) or self._session().region)
        before = flatten(self.entry, old.inputs) if old else None
        flat, outputs = flatten(self.entry, new), old.outputs if old else None
        return ResourceRequest(self.entry, self._session(), call, region, flat, id, before, outputs)

    def _create(self, call: Call, new: Properties) -> Created:
        entry, request = self.entry, self._request(call, new)
        request.outputs = dict(new)
        mine = [name for name in request.flat if self._carrier(name) == "create"]
        params = parameters(entry, entry.create, request.flat, mine, changing=False)
        all_tags = tags.wanted(new.get("tags"), request.session.default_tags)
        if entry.taggable:
            params |= tags.on_create(entry.service, entry.create.method, all_tags, _resource_type(entry))
        entry.hooks.prepare(request, entry.create, params)
        request.answer = request.do(entry.create, params)
        request.id = _identity(entry, request)
        try:
            entry.hooks.created(request)
            self._apply(request, [name for name in request.flat if self._carrier(name) not in ("create", "")])
            entry.hooks.ready(request)
            return Created(request.id, self._outputs(request, new))
        except Exception as error:
            # It exists: the engine must remember it, whatever went wrong, or nobody ever deletes it.
            known = {key: value for key, value in request.outputs.items() if key != DEFAULTS}
            reason = str(error) if isinstance(error, Refused) else f"defect: {type(error).__name__}: {error}"
            raise HalfDone(request.id, known | self._described(new, all_tags), [reason], inputs=new) from error

    def _read(self, call: Call, id: str, inputs: Properties, outputs: Properties) -> Existing | None:
        request = self._request(call, inputs, id, ResourceState(inputs, outputs))
        if not request.observe():
            return None
        flat: Flat = {}
        for name, value in request.flat.items():
            prop = self.entry.properties.get(name)
            unseen = prop is None or prop.seen == UNSEEN
            now = value if prop is None or unseen else refreshed(prop, value, receive(self.entry, request.item, name))
            if now is not None:
                flat[name] = now
        now_inputs = unflatten(flat) | {key: inputs[key] for key in (DEFAULTS, "region") if key in inputs}
        if "tags" in inputs:
            default, own = request.session.default_tags, inputs["tags"] or {}
            now_inputs["tags"] = {k: v for k, v in tags.seen(request).items() if k in own or default.get(k) != v}
        return Existing(id, now_inputs, self._outputs(request, now_inputs, observed=True))

    def _update(self, call: Call, id: str, old: ResourceState, new: Properties) -> Properties:
        entry, request = self.entry, self._request(call, new, id, old)
        all_tags = tags.wanted(new.get("tags"), request.session.default_tags)
        keys = changed(entry, request.before, request.flat)
        refuse(entry, call.name, keys, request.flat)
        if not request.observe():
            raise Refused(f"{call.name}: {entry.token} {id} no longer exists; `pulumi refresh` notices that")
        if not keys and old.outputs.get("tagsAll", {}) == all_tags:
            # Nothing changed, so the engine asks for a repair: the last create or update ended half-way.
            entry.hooks.created(request)
            keys = [name for name in request.flat if self._lacks(request, name)]
        self._apply(request, keys)
        if entry.taggable:
            tags.apply(request, all_tags)
        entry.hooks.ready(request)
        return self._outputs(request, new)

    def _delete(self, call: Call, id: str, old: ResourceState) -> None:
        entry, request = self.entry, self._request(call, old.inputs, id, old)
        if request.flat.get("skipDestroy"):
            return
        try:
            entry.hooks.deleting(request)
            request.do(entry.delete)
        except AwsError as error:
            if error.code not in entry.gone:
                raise
        entry.hooks.deleted(request)

    # -- operations

    def _carrier(self, name: str) -> str:
        """The operation that carries a property of a new resource; empty: none."""
        prop = self.entry.properties[name]
        return "" if prop.local or prop.hooked else prop.by or "create"

    def _lacks(self, request: ResourceRequest, name: str) -> bool:
        prop = self.entry.properties[name]
        if prop.local or prop.replace or prop.fixed or prop.only_when_changed or prop.seen == UNSEEN:
            return False
        seen = receive(self.entry, request.item, name)
        return not same(prop, request.flat[name], refreshed(prop, request.flat[name], seen))

    def _apply(self, request: ResourceRequest, keys: Iterable[str]) -> None:
        """Send the properties *keys* by the operations that carry them; those no longer named are unset."""
        groups: dict[str, list[str]] = {}
        for name in keys:
            prop = self.entry.properties[name]
            if not (prop.local or prop.replace):
                groups.setdefault(prop.by or prop.update, []).append(name)
        for group, names in groups.items():
            operation = self.entry.operations[group] if group else self.entry.update
            if operation is None:
                raise Refused(f"{request.call.name}: the local AWS provider cannot change {', '.join(names)}")
            for part in [[name] for name in names] if operation.one_by_one else [names]:
                self._send(request, group, operation, part)

    def _send(self, request: ResourceRequest, group: str, operation: Operation, names: list[str]) -> None:
        table, flat = self.entry.properties, dict(request.flat)
        for name in names:
            if is_empty(flat.get(name)):
                flat[name] = table[name].unset
        if operation.clear and any(flat[name] is CLEAR for name in names):
            request.do(operation.clear)
            return
        sent = self._together(group, operation, names, flat)
        sent = [name for name in sent if flat[name] is not OMIT]
        params = parameters(self.entry, operation, flat, sent, changing=not table[names[0]].by)
        self.entry.hooks.prepare(request, operation, params)
        request.do(operation, params)

    def _together(self, group: str, operation: Operation, names: list[str], flat: Flat) -> list[str]:
        """*names* and whatever else lives under the same top-level members, which AWS replaces as a whole."""
        if operation.attributes or operation.one_by_one:
            return names
        shape, table = model(self.entry.service, operation.method).input_shape, self.entry.properties

        def member(name: str) -> str:
            return top(shape, path_of(name, table[name], changing=not table[name].by))

        tops = {member(name) for name in names}
        peers = [n for n in flat if n in table and not table[n].local and not table[n].replace and not table[n].fixed]
        peers = [n for n in peers if (table[n].by or table[n].update) == group]
        return [name for name in peers if name in names or member(name) in tops]

    # -- outputs

    def _readable(self) -> list[str]:
        return [name for name, prop in self.entry.properties.items() if prop.seen != UNSEEN]

    def _outputs(self, request: ResourceRequest, inputs: Mapping[str, Any], observed: bool = False) -> Properties:
        """Inputs as asked for, everything else as it is."""
        if not observed and not request.observe():
            raise Refused(f"{request.call.name}: {self.entry.token} {request.id} was gone as soon as it was made")
        flat: Flat = {}
        for name in self._readable():
            value = receive(self.entry, request.item, name)
            if value is not None:
                flat[name] = value
        flat |= request.flat if not observed else flatten(self.entry, inputs)
        outputs = unflatten(flat) | {"tags": inputs["tags"]} if "tags" in inputs else unflatten(flat)
        outputs |= {name: request.express(expression) for name, expression in self.entry.outputs.items()}
        outputs = {key: value for key, value in outputs.items() if value is not None}
        request.outputs = outputs
        return self._described(outputs, tags.seen(request) if self.entry.taggable else {})


def _identity(entry: Entry, request: ResourceRequest) -> str:
    if "$" not in entry.id:
        return str(jmespath.search(entry.id, request.answer))
    return ":".join(str(request.resolve(part)) for part in entry.id.split(":"))


def _resource_type(entry: Entry) -> str:
    """EC2's name of the type in tag specifications: of ``aws:ec2/routeTable:RouteTable`` it is ``route-table``."""
    if entry.tag_type:
        return entry.tag_type
    name = entry.token.rsplit(":", 1)[-1]
    words = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")
    return "security-group-rule" if words.startswith("security-group-") and words.endswith("-rule") else words


__all__ = ["Members", "TableResource"]

"""A resource type in terms of AWS operations, its hooks, and one request of the engine for a resource of it.

The three are in one file because a type's hooks take the request, and the request follows its type.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import jmespath

from emulator.plugins.aws.merge import merge
from emulator.plugins.aws.property import Flat, Members, Name, Operation, Property
from emulator.plugins.aws.session import AwsError, Session
from sluice.protocol.resource import Call, Properties, Refused

T = TypeVar("T")
_POLL_SECONDS = 0.5


def nothing(request: ResourceRequest) -> None:
    """A hook that does nothing."""


def unprepared(request: ResourceRequest, operation: Operation, params: Members) -> None:
    """Leave the parameters as the table made them."""


def unextended(request: ResourceRequest, item: Members) -> None:
    """Leave the observed item as the read operation gave it."""


@dataclass(frozen=True)
class Hooks:
    """What a type needs beyond the table.

    Attributes:
        prepare: amends an operation's parameters before the call.
        created: after create (and again to repair a half-made resource: it must bear repetition).
        ready: waits until the resource can be used.
        observe: adds to the observed item what other operations show.
        find: picks the item, where the read operation cannot (None: gone).
        deleting: before delete.
        deleted: waits until the resource is gone.
    """

    prepare: Callable[[ResourceRequest, Operation, Members], None] = unprepared
    created: Callable[[ResourceRequest], None] = nothing
    ready: Callable[[ResourceRequest], None] = nothing
    observe: Callable[[ResourceRequest, Members], None] = unextended
    find: Callable[[ResourceRequest], Members | None] | None = None
    deleting: Callable[[ResourceRequest], None] = nothing
    deleted: Callable[[ResourceRequest], None] = nothing


@dataclass(frozen=True)
class Entry:
    """A resource type.

    Attributes:
        token: Pulumi's type token.
        service: botocore's service name.
        create, read, update, delete: its operations; *update* None: only tags and attributes can change.
        item: JMESPath of the resource in the answer of *read*.
        id: the id of a new resource, from the answer of *create*; or ``$x`` for its input ``x``, also inside a text.
        arn: what tags hang on, where that is not the id: JMESPath over the item.
        properties: the inputs that are supported.
        outputs: other outputs: JMESPath over the item, text of ``{id}``, ``{account}``, ``{region}``, or a function.
        operations: the operations that ``Property.by`` and ``Property.update`` name.
        gone: error codes by which AWS says that there is no such resource.
        absent: JMESPath over the item that is true when AWS still shows a resource that is gone.
        taggable, regional: whether it takes tags and a region.
        gettable: whether a program may read one that it did not make (``Listener.get``).
        tag_type: EC2's name of the type in tag specifications, where it is not the token's in other letters.
        fixed_name: two of one name cannot exist at once: a replacement deletes before it creates.
        deadline: seconds for each of its waits, unless the program's customTimeouts say otherwise.
    """

    token: str
    service: str
    create: Operation
    read: Operation
    delete: Operation
    item: str
    id: str
    properties: Mapping[str, Property]
    update: Operation | None = None
    arn: str = ""
    outputs: Mapping[str, str | Callable[[ResourceRequest, Members], Any]] = field(default_factory=dict)
    operations: Mapping[str, Operation] = field(default_factory=dict)
    name: Name | None = None
    hooks: Hooks = Hooks()
    gone: tuple[str, ...] = ()
    absent: str = ""
    taggable: bool = True
    regional: bool = True
    gettable: bool = False
    tag_type: str = ""
    fixed_name: bool = True
    deadline: float = 300.0


class ResourceRequest:
    """What hooks and the life cycle share while they work on one resource.

    Attributes:
        flat: the inputs asked for, blocks taken apart.
        before: the inputs the engine remembered, likewise.
        outputs: the outputs it remembered, and what is learnt on the way.
        item: the resource as last observed.
        answer: what create returned.
    """

    def __init__(
        self,
        entry: Entry,
        session: Session,
        call: Call,
        region: str,
        flat: Flat,
        id: str = "",
        before: Flat | None = None,
        outputs: Properties | None = None,
    ) -> None:
        self.entry = entry
        self.session = session
        self.call = call
        self.region = region
        self.id = id
        self.flat = flat
        self.before = before or {}
        self.outputs: Properties = dict(outputs or {})
        self.item: Members = {}
        self.answer: Members = {}
        self._deadline = time.monotonic() + (call.timeout or entry.deadline)

    # -- calls

    def do(self, operation: Operation, params: Mapping[str, Any] | None = None) -> Members:
        """Call *operation* with its fixed parameters and *params*; again while it answers a ``retry`` code."""
        whole = merge(self.resolve(operation.fixed), params or {})

        def attempt() -> tuple[bool, Members, str]:
            try:
                return True, self.session.call(self.entry.service, operation.method, whole, self.region), ""
            except AwsError as error:
                if error.code not in operation.retry:
                    raise
                return False, {}, str(error)

        answer = self.wait(attempt, operation.method)
        if operation.unsuccessful and (why := jmespath.search(operation.unsuccessful, answer)):
            raise Refused(f"{self.call.name}: {operation.method}: {why}")
        return answer

    def ask(self, method: str, **params: Any) -> Members:
        """Call an operation of the resource's service as it stands."""
        return self.do(Operation(method), params)

    def wait(self, probe: Callable[[], tuple[bool, T, str]], what: str) -> T:
        """Call *probe* until it says (True, result, _), and watch the deadline and Ctrl-C.

        Args:
            probe: returns whether it is done, the result, and the state to report while it is not.
            what: for people, when it ends otherwise.
        """
        shown = ""
        while True:
            done, result, state = probe()
            if done:
                return result
            if state and state != shown:
                self.call.log(f"{what}: {state}", ephemeral=True)
                shown = state
            if self.call.cancelled.wait(_POLL_SECONDS):
                raise Refused(f"{self.call.name}: cancelled while waiting for {what} ({state})")
            if time.monotonic() > self._deadline:
                limit = self.call.timeout or self.entry.deadline
                raise Refused(f"{self.call.name}: {what} did not end within {limit:.0f} s ({state})")

    # -- values

    def resolve(self, value: Any) -> Any:
        """Fill ``$id`` and ``$name`` in; parameters whose value does not exist are left out."""
        if isinstance(value, Mapping):
            filled = {key: self.resolve(item) for key, item in value.items()}
            return {key: item for key, item in filled.items() if item is not None}
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if isinstance(value, str) and value.startswith("$"):
            name = value[1:]
            return self.id if name == "id" else self.flat.get(name, self.before.get(name, self.outputs.get(name)))
        return value

    def express(self, expression: str | Callable[[ResourceRequest, Members], Any]) -> Any:
        """An output of the table: a function, a text in braces, or a JMESPath over the item."""
        if callable(expression):
            return expression(self, self.item)
        if "{" in expression:
            return expression.format(id=self.id, account=self.session.account, region=self.region)
        return jmespath.search(expression, self.item)

    @property
    def arn(self) -> str:
        """What tags hang on: the ARN, or for services that tag by id, the id."""
        return str(self.express(self.entry.arn)) if self.entry.arn else self.id

    # -- reality

    def observe(self) -> bool:
        """Read the resource into ``item``. False when it is gone."""
        entry = self.entry
        try:
            if entry.hooks.find is not None:
                found = entry.hooks.find(self)
            else:
                found = jmespath.search(entry.item, self.do(entry.read))
            if not found or (entry.absent and jmespath.search(entry.absent, found)):
                return False
            self.item = dict(found)
            entry.hooks.observe(self, self.item)
        except AwsError as error:
            if error.code in entry.gone:
                return False
            raise
        return True

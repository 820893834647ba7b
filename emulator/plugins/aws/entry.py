"""The language of the tables: what a resource type is in terms of AWS operations.

A property of the program is named as Pulumi names it (``healthCheck.path`` inside a block), a member as botocore names
it. Wherever the two differ only in case, nothing has to be said; else a *path* says where the value goes:
``Matcher.HttpCode``, ``SecurityGroupRules[].SecurityGroupRule.FromPort`` (``[]``: the only element of a list).
Where a value is seen again is a JMESPath expression over what the read operation returns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from emulator.plugins.aws.work import Work

Members = dict[str, Any]
"""Parameters or results of an AWS operation, as boto3 has them."""


class _Marker:
    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


REFUSE: Final = _Marker("REFUSE")
"""A property that cannot be unset: removing it from the program is an error; silence would keep the old value."""
CLEAR: Final = _Marker("CLEAR")
"""A property whose removal is an operation of its own (``Operation.clear``)."""
OMIT: Final = _Marker("OMIT")
"""A property that the update operation unsets by not naming it."""
UNSEEN: Final = ""
"""For ``Property.seen``: no operation shows the value again."""


@dataclass(frozen=True)
class Property:
    """An input property of a resource type.

    Attributes:
        at: path of the member it is sent in; empty: its own name.
        changed: path in the update operation, where it differs from *at*.
        seen: JMESPath of the value in the observed item; None: as *at*, :data:`UNSEEN`: nowhere.
        by: name of the operation that carries it, after create as well as on update; empty: create itself.
        update: name of the operation that carries a change, where it is not the entry's usual one.
        replace: a change needs a new resource.
        fixed: a change is refused: neither the operation nor a replacement is offered here.
        hooked: the ``prepare`` hook places it in the create operation, as where it goes depends on others.
        local: never sent; it steers this plugin (``skipDestroy``), and a change of it is only remembered.
        unset: what is sent when the program no longer names it.
        default: the official provider's own default, where it is not AWS's.
        json: a JSON document as text; compared parsed.
        block: names of the properties inside (objects, or lists of them); others are refused.
        listed: a list of at most one in Pulumi's schema, one object in AWS.
        words: the program's value to AWS's, where they differ.
        pairs: a mapping in the program, a list of ``{Name, Value}`` in AWS.
        only_when_changed: never sent to repair a half-made resource.
        same: tells whether the second value already is what the first one asks for, where equality does not.
    """

    at: str = ""
    changed: str = ""
    seen: str | None = None
    by: str = ""
    update: str = ""
    replace: bool = False
    fixed: bool = False
    hooked: bool = False
    local: bool = False
    unset: Any = REFUSE
    default: Any = None
    json: bool = False
    block: Mapping[str, Property] | None = None
    listed: bool = False
    words: Mapping[Any, Any] = field(default_factory=dict)
    pairs: bool = False
    only_when_changed: bool = False
    same: Callable[[Any, Any], bool] | None = None


def names(text: str, **special: Property) -> dict[str, Property]:
    """A block whose properties are called like AWS's members; *special* ones differ."""
    return {name: Property() for name in text.split()} | special


LOCAL: Final = Property(local=True, seen=UNSEEN)
REPLACE: Final = Property(replace=True)


@dataclass(frozen=True)
class Operation:
    """An AWS operation, by boto3's method name.

    Attributes:
        fixed: parameters always sent; ``$id`` is the resource's id, ``$x`` its input or output ``x`` (none: left out).
        attributes: the member that takes ``[{Key, Value}]``; then a property's path is the attribute's key, unsplit.
        one_by_one: AWS takes one property per call.
        clear: what unsets the property.
        retry: error codes that go away by themselves (something is still being released); retried up to the deadline.
        unsuccessful: JMESPath of what went wrong, where the answer says so though it is no error.
    """

    method: str
    fixed: Mapping[str, Any] = field(default_factory=dict)
    attributes: str = ""
    one_by_one: bool = False
    clear: Operation | None = None
    retry: tuple[str, ...] = ()
    unsuccessful: str = ""


@dataclass(frozen=True)
class Name:
    """The property that names the resource, filled in when the program leaves it out.

    Attributes:
        property: which one.
        limit: characters that AWS allows.
        lower: AWS wants lower case.
        prefix: the property that gives a prefix instead of a name.
    """

    property: str = "name"
    limit: int = 255
    lower: bool = False
    prefix: str = "namePrefix"


def nothing(work: Work) -> None:
    """A hook that does nothing."""


def unprepared(work: Work, operation: Operation, params: Members) -> None:
    """Leaves the parameters as the table made them."""


def unextended(work: Work, item: Members) -> None:
    """Leaves the observed item as the read operation gave it."""


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

    prepare: Callable[[Work, Operation, Members], None] = unprepared
    created: Callable[[Work], None] = nothing
    ready: Callable[[Work], None] = nothing
    observe: Callable[[Work, Members], None] = unextended
    find: Callable[[Work], Members | None] | None = None
    deleting: Callable[[Work], None] = nothing
    deleted: Callable[[Work], None] = nothing


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
    outputs: Mapping[str, str | Callable[[Work, Members], Any]] = field(default_factory=dict)
    operations: Mapping[str, Operation] = field(default_factory=dict)
    name: Name | None = None
    hooks: Hooks = Hooks()
    gone: tuple[str, ...] = ()
    absent: str = ""
    taggable: bool = True
    regional: bool = True
    gettable: bool = False
    tag_type: str = ""
    fixed_name: bool = True  # with a fixed name two cannot exist at once: delete before replace
    deadline: float = 300.0  # seconds for each of its waits, unless the program's customTimeouts say otherwise

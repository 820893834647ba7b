"""The properties of a resource type and the operations that carry them, as the tables write them.

A property of the program is named as Pulumi names it (``healthCheck.path`` inside a block), a member as botocore names
it. Wherever the two differ only in case, nothing has to be said; else a *path* says where the value goes:
``Matcher.HttpCode``, ``SecurityGroupRules[].SecurityGroupRule.FromPort`` (``[]``: the only element of a list).
Where a value is seen again is a JMESPath expression over what the read operation returns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Members = dict[str, Any]
"""Parameters or results of an AWS operation, as boto3 has them."""
Flat = dict[str, Any]
"""Inputs with the properties of tabled blocks under dotted names: ``healthCheck.path``."""


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
        values: the program's value to AWS's, where they differ.
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
    values: Mapping[Any, Any] = field(default_factory=dict)
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

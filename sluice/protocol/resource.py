"""What a resource of a plugin is: the calls it answers, in plain Python values."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["debug", "info", "warning", "error"]
Properties = dict[str, Any]


class Refused(Exception):
    """The operation cannot be done; the text is for people (what, why, remedy) and reaches them without a traceback."""


class HalfDone(Exception):
    """The resource exists but is not as asked: it stays in the state and the next `pulumi up` repairs it.

    Args:
        id: the resource's id.
        outputs: what is known of it.
        reasons: for people, one line each.
    """

    def __init__(
        self,
        id: str,
        outputs: Properties,
        reasons: list[str],
        inputs: Properties | None = None,
    ) -> None:
        super().__init__("; ".join(reasons))
        self.id = id
        self.outputs = outputs
        self.inputs = inputs
        self.reasons = reasons


@dataclass(frozen=True)
class CheckFailure:
    """An input that cannot be accepted: which one (empty: the resource as a whole), and why."""

    property: str
    reason: str


@dataclass(frozen=True)
class Checked:
    """The inputs as the provider will take them, with defaults filled in, and what is wrong with them."""

    inputs: Properties
    failures: list[CheckFailure] = field(default_factory=list)


@dataclass(frozen=True)
class State:
    """What the engine remembers of a resource."""

    inputs: Properties
    outputs: Properties


@dataclass(frozen=True)
class Difference:
    """What an update would do. *diffs* names the changed inputs, *replaces* those that need a new resource."""

    changes: bool
    diffs: list[str] = field(default_factory=list)
    replaces: list[str] = field(default_factory=list)
    delete_before_replace: bool = False


@dataclass(frozen=True)
class Created:
    """A new resource; *id* is empty in a preview."""

    id: str
    outputs: Properties


@dataclass(frozen=True)
class Existing:
    """A resource as it is now, with the inputs that would make it so."""

    id: str
    inputs: Properties
    outputs: Properties


@dataclass(frozen=True)
class Call:
    """One call of the engine, for one resource.

    Attributes:
        preview: nothing may be changed, and for most resources nothing may be called.
        timeout: seconds the user allows (customTimeouts), None when unset.
        cancelled: set when the user pressed Ctrl-C; every wait must end soon after. A thread may wait on it.
        orphaned: true when the engine is gone (killed): start nothing more, leave what runs to the next deployer.
        log: puts a line under this resource; ``ephemeral`` lines only update its status column.
    """

    urn: str
    name: str
    type: str
    preview: bool
    timeout: float | None
    cancelled: threading.Event
    orphaned: Callable[[], bool]
    _log: Callable[[str, Severity, bool], None]
    ignore_changes: tuple[str, ...] = ()

    def log(self, text: str, severity: Severity = "info", ephemeral: bool = False) -> None:
        self._log(text, severity, ephemeral)


class Resource:
    """A resource type. Override what differs; methods raise :class:`Refused` or :class:`HalfDone`."""

    async def check(self, call: Call, old: Properties, new: Properties) -> Checked:
        return Checked(new)

    async def diff(self, call: Call, id: str, old: State, new: Properties) -> Difference:
        keys = sorted(key for key in old.inputs.keys() | new.keys() if old.inputs.get(key) != new.get(key))
        return Difference(changes=bool(keys), diffs=keys)

    async def create(self, call: Call, new: Properties) -> Created:
        raise NotImplementedError

    async def read(self, call: Call, id: str, inputs: Properties, outputs: Properties) -> Existing | None:
        return Existing(id, inputs, outputs)

    async def update(self, call: Call, id: str, old: State, new: Properties) -> Properties:
        raise NotImplementedError

    async def delete(self, call: Call, id: str, old: State) -> None:
        """Forget the resource; nothing to do in the cloud unless overridden."""

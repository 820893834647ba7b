"""The resource of a plugin: the calls that it handles, in plain Python values."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["debug", "info", "warning", "error"]
Properties = dict[str, Any]


class Refused(Exception):
    """The operation is refused. The text (what, why, fix) reaches the user without a traceback."""


class HalfDone(Exception):
    """The resource exists, but is incomplete: it stays in the state, and the next `pulumi up` repairs it.

    Args:
        id: the resource's id.
        outputs: its known outputs.
        reasons: one line each, for the user.
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
    """An invalid input.

    Attributes:
        property: its name; empty for the resource as a whole.
        reason: why it is invalid.
    """

    property: str
    reason: str


@dataclass(frozen=True)
class Checked:
    """The result of a check.

    Attributes:
        inputs: with defaults filled in.
        failures: the invalid inputs.
    """

    inputs: Properties
    failures: list[CheckFailure] = field(default_factory=list)


@dataclass(frozen=True)
class ResourceState:
    """A resource in the engine's state."""

    inputs: Properties
    outputs: Properties


@dataclass(frozen=True)
class Difference:
    """The changes that an update would make.

    Attributes:
        changes: whether there are any.
        diffs: names of the changed inputs.
        replaces: names of the inputs that need a new resource.
        delete_before_replace: the old resource is deleted first.
    """

    changes: bool
    diffs: list[str] = field(default_factory=list)
    replaces: list[str] = field(default_factory=list)
    delete_before_replace: bool = False


@dataclass(frozen=True)
class Created:
    """A new resource.

    Attributes:
        id: empty in a preview.
    """

    id: str
    outputs: Properties


@dataclass(frozen=True)
class Existing:
    """A resource as it is now.

    Attributes:
        inputs: those that would create it like this.
    """

    id: str
    inputs: Properties
    outputs: Properties


@dataclass(frozen=True)
class Call:
    """One call of the engine, for one resource.

    Attributes:
        preview: nothing may be changed, and most resources may not call AWS.
        timeout: seconds that the user allows (customTimeouts); None when unset.
        cancelled: set when the user pressed Ctrl-C; every wait must end soon after. A thread may wait on it.
        orphaned: true when the engine was killed: start nothing more, leave running tasks to the next deployer.
        log: prints a line under this resource; ``ephemeral`` lines only update its status column.
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
    """A resource type. Subclasses override what differs; methods raise :class:`Refused` or :class:`HalfDone`."""

    async def check(self, call: Call, old: Properties, new: Properties) -> Checked:
        return Checked(new)

    async def diff(self, call: Call, id: str, old: ResourceState, new: Properties) -> Difference:
        keys = sorted(key for key in old.inputs.keys() | new.keys() if old.inputs.get(key) != new.get(key))
        return Difference(changes=bool(keys), diffs=keys)

    async def create(self, call: Call, new: Properties) -> Created:
        raise NotImplementedError

    async def read(self, call: Call, id: str, inputs: Properties, outputs: Properties) -> Existing | None:
        return Existing(id, inputs, outputs)

    async def update(self, call: Call, id: str, old: ResourceState, new: Properties) -> Properties:
        raise NotImplementedError

    async def delete(self, call: Call, id: str, old: ResourceState) -> None:
        """Forget the resource. Nothing is deleted on AWS unless a subclass does it."""

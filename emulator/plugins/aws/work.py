"""One call of the engine for one resource, on its way through AWS."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import jmespath

from emulator.plugins.aws.entry import Entry, Members, Operation
from emulator.plugins.aws.mapping import Flat, merge
from emulator.plugins.aws.session import AwsError, Session
from sluice.protocol.resource import Call, Properties, Refused

T = TypeVar("T")
_POLL_SECONDS = 0.5


class Work:
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
        """Calls *operation* with its fixed parameters and *params*; again while it answers a ``retry`` code."""
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
        """Calls an operation of the resource's service as it stands."""
        return self.do(Operation(method), params)

    def wait(self, probe: Callable[[], tuple[bool, T, str]], what: str) -> T:
        """Calls *probe* until it says (True, result, _), and watches the deadline and Ctrl-C.

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
        """Fills ``$id`` and ``$name`` in; parameters whose value does not exist are left out."""
        if isinstance(value, Mapping):
            filled = {key: self.resolve(item) for key, item in value.items()}
            return {key: item for key, item in filled.items() if item is not None}
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if isinstance(value, str) and value.startswith("$"):
            name = value[1:]
            return self.id if name == "id" else self.flat.get(name, self.before.get(name, self.outputs.get(name)))
        return value

    def express(self, expression: str | Callable[[Work, Members], Any]) -> Any:
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
        """Reads the resource into ``item``. False when it is gone."""
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

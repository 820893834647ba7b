"""``gate:index:RandomText``: random letters and digits, kept in the state. Calls no AWS API."""

from __future__ import annotations

import secrets

from sluice import sdk
from sluice.aws.generated_secret import ALPHABET
from sluice.protocol.resource import Call, Checked, CheckFailure, Created, Properties, Resource, ResourceState
from sluice.protocol.values import UNKNOWN
from sluice.sdk.definition import inputs_of

_INPUTS = inputs_of(sdk.RandomText)
_LENGTHS = range(16, 129)
_LENGTH = 40


class RandomText(Resource):
    """The text changes with its length and never by itself."""

    async def check(self, call: Call, old: Properties, new: Properties) -> Checked:
        inputs: Properties = {"length": _LENGTH} | new
        failures = [CheckFailure(key, "is not an input of RandomText") for key in sorted(inputs.keys() - _INPUTS.all)]
        if inputs["length"] is not UNKNOWN and inputs["length"] not in _LENGTHS:
            failures.append(CheckFailure("length", f"{inputs['length']!r} is not a whole number from 16 to 128"))
        return Checked(inputs, failures)

    async def create(self, call: Call, new: Properties) -> Created:
        return Created("", new | {"text": UNKNOWN}) if call.preview else Created(call.name, _made(new))

    async def update(self, call: Call, id: str, old: ResourceState, new: Properties) -> Properties:
        return new | {"text": UNKNOWN} if call.preview else _made(new)


def _made(inputs: Properties) -> Properties:
    return inputs | {"text": "".join(secrets.choice(ALPHABET) for _ in range(int(inputs["length"])))}

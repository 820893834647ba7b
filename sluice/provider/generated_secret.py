"""``gate:index:GeneratedSecret``: a random password that never reaches the engine or its state."""

from __future__ import annotations

from sluice import sdk
from sluice.aws.generated_secret import current_version, put_beside, put_random_password
from sluice.protocol.resource import (
    Call,
    Checked,
    CheckFailure,
    Created,
    Existing,
    Properties,
    Refused,
    Resource,
    ResourceState,
)
from sluice.protocol.values import UNKNOWN
from sluice.provider.boundary import Account, in_thread
from sluice.sdk.definition import inputs_of

_INPUTS = inputs_of(sdk.GeneratedSecret)
_KEYS = ("secretArn", "username", "length")
_TEXTS = "texts"
_LENGTHS = range(16, 129)


class GeneratedSecret(Resource):
    """Stores a random password in an existing secret.

    A changed input stores a new password, except `texts`, which change without touching the password.
    """

    def __init__(self, account: Account) -> None:
        self._account = account

    async def check(self, call: Call, old: Properties, new: Properties) -> Checked:
        inputs: Properties = {"length": 40} | new
        failures = [CheckFailure(key, "is missing") for key in _KEYS if inputs.get(key) is None]
        failures += [CheckFailure(key, "is not an input of GeneratedSecret") for key in inputs.keys() - _INPUTS.all]
        if inputs["length"] is not UNKNOWN and inputs["length"] not in _LENGTHS:
            failures.append(CheckFailure("length", f"{inputs['length']!r} is not a whole number from 16 to 128"))
        return Checked(inputs, failures)

    async def create(self, call: Call, new: Properties) -> Created:
        if call.preview:
            return Created("", new | {"versionId": UNKNOWN})
        return Created(new["secretArn"], await self._put(new))

    async def read(self, call: Call, id: str, inputs: Properties, outputs: Properties) -> Existing | None:
        """Return the current version, which may have been rotated; None when the secret has no value."""
        if not inputs:
            raise Refused("a GeneratedSecret cannot be imported: `pulumi up` creates it with a new password")
        version = await in_thread(self._current, inputs["secretArn"])
        return Existing(id, inputs, outputs | {"versionId": version}) if version else None

    async def update(self, call: Call, id: str, old: ResourceState, new: Properties) -> Properties:
        if call.preview:
            return new | {"versionId": UNKNOWN}
        if all(old.inputs.get(key) == new[key] for key in _KEYS):
            return new | {"versionId": await in_thread(self._put_beside_now, new)}
        return await self._put(new)

    def _current(self, secret_arn: str) -> str:
        clients = self._account()
        clients.verify()  # in a wrong account the secret is missing, and a new password would be stored
        return current_version(clients["secretsmanager"], secret_arn)

    async def _put(self, new: Properties) -> Properties:
        version = await in_thread(self._put_now, new)
        return new | {"versionId": version}

    def _put_now(self, new: Properties) -> str:
        clients = self._account()
        clients.verify()
        return put_random_password(
            clients["secretsmanager"], new["secretArn"], new["username"], new["length"], new.get(_TEXTS)
        )

    def _put_beside_now(self, new: Properties) -> str:
        clients = self._account()
        clients.verify()
        try:
            return put_beside(clients["secretsmanager"], new["secretArn"], new.get(_TEXTS) or {})
        except (ValueError, LookupError, TypeError):  # not chained: the error's text may contain a password
            raise Refused(
                f"{new['secretArn']} no longer holds a JSON object with username and password, so no text can be "
                "added. Fix: restore both, or remove this secret from the state to get a new password"
            ) from None

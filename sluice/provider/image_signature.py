"""``gate:index:ImageSignature``: signs an image after its rollout was proven."""

from __future__ import annotations

from sluice import sdk
from sluice.aws.patience import Patience
from sluice.image.image_signature import SignatureVerdict
from sluice.image.image_signing import sign
from sluice.image.image_trust import examine
from sluice.protocol.resource import (
    Call,
    Checked,
    CheckFailure,
    Created,
    Difference,
    Properties,
    Refused,
    Resource,
    ResourceState,
)
from sluice.provider.boundary import Account, clock, in_thread
from sluice.sdk.definition import inputs_of

_INPUTS = inputs_of(sdk.ImageSignature)


class ImageSignature(Resource):
    """Signs when the image or the key changes. Deleting the resource keeps the signature."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def check(self, call: Call, old: Properties, new: Properties) -> Checked:
        failures = [CheckFailure(key, "is missing") for key in _INPUTS.required if new.get(key) in (None, "")]
        failures += [CheckFailure(key, "is not an input of ImageSignature") for key in sorted(new.keys() - _INPUTS.all)]
        image, key = new.get("image"), new.get("key")
        if isinstance(image, str) and "@sha256:" not in image:
            failures.append(CheckFailure("image", f"{image!r} names no digest; it must be repository@sha256:…"))
        if isinstance(key, str) and ":key/" not in key:
            failures.append(CheckFailure("key", f"{key!r} is not the ARN of a KMS key (arn:aws:kms:…:key/ID)"))
        return Checked(new, failures)

    async def diff(self, call: Call, id: str, old: ResourceState, new: Properties) -> Difference:
        known = await super().diff(call, id, old, new)
        if known.changes or not await self._lost(call, new):
            return known
        return Difference(changes=True, diffs=["image"])

    async def _lost(self, call: Call, new: Properties) -> bool:
        """Return whether the signature has gone, so that it has to be made again. A preview must not fail because AWS
        cannot be asked."""
        try:
            return not (await in_thread(self._asked, new)).signer
        except Refused as error:
            call.log(f"cannot check whether the image is still signed: {error}", "warning")
            return False

    def _asked(self, new: Properties) -> SignatureVerdict:
        return examine(self._account(), str(new["image"]), [str(new["key"])])

    async def create(self, call: Call, new: Properties) -> Created:
        if call.preview:
            return Created("", new)
        return Created(call.name, await in_thread(self._sign, call, new))

    async def update(self, call: Call, id: str, old: ResourceState, new: Properties) -> Properties:
        return new if call.preview else await in_thread(self._sign, call, new)

    def _sign(self, call: Call, new: Properties) -> Properties:
        clients = self._account()
        patience = Patience(clock(call, clients), "signing the image")
        patience.ask(clients.verify)
        image, key = str(new["image"]), str(new["key"])
        now = patience.ask(sign, clients, image, key, str(new["by"]))
        digest = image.partition("@")[2]
        call.log(f"{digest[:19]} was signed with {key}" if now else f"{digest[:19]} is already signed with {key}")
        return new

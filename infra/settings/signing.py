"""Signatures of images."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from infra.settings.values.arns import KeyArn
from infra.settings.values.model import Model, hidden, refused

MOST = 5
"""Keys that are trusted: each costs a call for every signature that is not its own."""


class Signing(Model):
    """A stack that builds signs the images that it has proven; a stack that takes them asks for the signature before
    anything changes. Signatures are in cosign's format and lie beside the image (docs/signing.md)."""

    key: KeyArn | None = None
    """ARN of the KMS key that this stack signs with, of the spec ECC_NIST_P256 for SIGN_VERIFY; `make bootstrap` makes
    one (`signing`). Unset: nothing is signed. Only for a stack that builds."""
    trusted: Annotated[list[KeyArn], Field(max_length=MOST)] = Field(default_factory=list)
    """ARNs of the keys, one of which must have signed the image that this stack deploys. Empty: nobody needs to. Only
    for a stack with `promoteFrom` or `image`."""

    @field_validator("trusted")
    @classmethod
    def _trusted(cls, trusted: list[str]) -> list[str]:
        if twice := sorted({key for key in trusted if trusted.count(key) > 1}):
            raise refused(f"{', '.join(twice)} is named more than once; name every key once")
        return trusted

    def fitting(self, builds: bool) -> Signing:
        """The same, when it suits the stack. builds: whether the image is built here, into a repository of its own."""
        if self.key is not None and not builds:
            raise hidden(
                "key is for the stack that builds the image (app.context), in whose repository the signature lies;"
                " remove it here, and name that key in signing.trusted"
            )
        if self.trusted and builds:
            raise hidden(
                "trusted is for a stack that takes its image from elsewhere (promoteFrom or image); remove it here"
            )
        return self

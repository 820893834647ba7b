"""Signatures of images: made with one key, verified with those that are trusted."""

from __future__ import annotations

from bootstrap.scope import Scope
from bootstrap.statement import IamStatement


def sign(scope: Scope) -> list[IamStatement]:
    """For the deploy role of a stack that signs what it has released (sluice/image/image_signing.py)."""
    return [IamStatement("Sign", ["kms:Sign"], [scope.signing_key])] if scope.signing_key else []


def verify(scope: Scope) -> list[IamStatement]:
    """For every deployer (sluice/image/image_trust.py): whether an image is signed, by the stack itself or by those
    that it trusts."""
    keys = [*([scope.signing_key] if scope.signing_key else []), *scope.trusted]
    return [IamStatement("VerifySignatures", ["kms:Verify"], keys)] if keys else []

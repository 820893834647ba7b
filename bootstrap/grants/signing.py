"""Signatures of images: created with one key, verified with the trusted ones."""

from __future__ import annotations

from bootstrap.scope import Scope
from bootstrap.statement import IamStatement


def sign(scope: Scope) -> list[IamStatement]:
    """For the deploy role of a stack that signs its releases (sluice/image/image_signing.py)."""
    return [IamStatement("Sign", ["kms:Sign"], [scope.signing_key])] if scope.signing_key else []


def verify(scope: Scope) -> list[IamStatement]:
    """For every deployer (sluice/image/image_trust.py): verifies that the stack itself, or one it trusts, signed an
    image."""
    keys = [*([scope.signing_key] if scope.signing_key else []), *scope.trusted]
    return [IamStatement("VerifySignatures", ["kms:Verify"], keys)] if keys else []

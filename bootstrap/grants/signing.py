"""Signatures of images: made with one key, verified with those that are trusted."""

from __future__ import annotations

from bootstrap.scope import Scope
from bootstrap.statement import Statement


def sign(scope: Scope) -> list[Statement]:
    """For the deploy role of a stack that signs what it has released (sluice/image/image_signing.py)."""
    return [Statement("Sign", ["kms:Sign"], [scope.signing_key])] if scope.signing_key else []


def verify(scope: Scope) -> list[Statement]:
    """For every deployer (sluice/image/image_trust.py): whether an image is signed, by the stack itself or by those
    that it trusts."""
    keys = [*([scope.signing_key] if scope.signing_key else []), *scope.trusted]
    return [Statement("VerifySignatures", ["kms:Verify"], keys)] if keys else []

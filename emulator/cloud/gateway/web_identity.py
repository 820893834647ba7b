"""The one call that AWS takes without a signature and we need: a GitHub job gets a role's credentials for its token.

AWS, AssumeRoleWithWebIdentity (STS API reference): the token is signed by its issuer. Nobody here could sign as GitHub
does, and MiniStack checks no token's signature, so the third part of a token is here the seal of the first two, which
only the holder of the checkout's key can make.
"""

from __future__ import annotations

from urllib.parse import parse_qs

from emulator.cloud.gateway.request import Request
from emulator.cloud.key import Key

ACTION = "AssumeRoleWithWebIdentity"


def signed(key: Key, head: str, claims: str) -> str:
    """A token. head, claims: its first two parts, encoded."""
    return f"{head}.{claims}.{key.seal(f'token {head}.{claims}')}"


def accepted(key: Key, request: Request) -> bool:
    """Whether a request is that call, with a token of this checkout."""
    if request.method != "POST" or request.path != "/" or request.query or request.all("x-amz-target"):
        return False
    said = parse_qs(request.body.decode("utf-8", "replace"))
    if said.get("Action") != [ACTION] or len(said.get("WebIdentityToken", [])) != 1:
        return False
    text, _, seal = said["WebIdentityToken"][0].rpartition(".")
    return key.sealed(f"token {text}", seal)

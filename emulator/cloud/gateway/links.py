"""Addresses that the local cloud gives out and that need no signature: sealed, and good for a while."""

from __future__ import annotations

from urllib.parse import parse_qs, quote, unquote, urlencode

from emulator.cloud.key import Key

LAYERS = "/_sluice/layers/"
GOOD_SECONDS = 3600.0


def layer(endpoint: str, key: Key, repository: str, digest: str, now: float) -> str:
    """The address of a layer or configuration in the registry. now: seconds since the epoch."""
    until = str(int(now + GOOD_SECONDS))
    path = f"{LAYERS}{quote(repository)}@{digest}"
    return f"{endpoint}{path}?{urlencode({'until': until, 'seal': key.seal(_text(repository, digest, until))})}"


def opened(key: Key, path: str, query: str, now: float) -> tuple[str, str] | None:
    """Repository and digest of a layer's address; None when the address is not one that was given out, or is too old.

    Args:
        path: as it was asked for.
        query: likewise, without the question mark.
        now: seconds since the epoch.
    """
    repository, _, digest = unquote(path.removeprefix(LAYERS)).rpartition("@")
    said = parse_qs(query)
    until, seal = said.get("until", [""])[0], said.get("seal", [""])[0]
    if not key.sealed(_text(repository, digest, until), seal) or not until.isdecimal() or now > int(until):
        return None
    return repository, digest


def _text(repository: str, digest: str, until: str) -> str:
    return f"layer {repository}@{digest} until {until}"

"""Forms of an image's digest: short in messages, hexadecimal in parameters. Pure."""

from __future__ import annotations

import re

from sluice.errors import GateError


def short(image: str) -> str:
    """Return ``sha256:`` and the digest's first twelve digits."""
    return image.rpartition("@")[2][:19]


def hexadecimal(image: str) -> str:
    """Return the 64 digits of an image's digest. Raises GateError when it names none."""
    found = re.search(r"sha256:([0-9a-f]{64})$", image)
    if found is None:
        raise GateError(f"{image!r} is not a digest: write it as sha256: and its 64 digits")
    return found[1]

"""An image's version and git revision. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice.errors import GateError

MOST = 100
"""Characters of a name that a record keeps."""
DIGITS = 12
"""Digits of a commit or a hash in texts."""


@dataclass(frozen=True)
class Names:
    """The names of an image, each empty where it is unknown.

    Attributes:
        version: from the image's own label.
        revision: the git revision that it was built from; ends in ``-dirty`` for uncommitted changes.
    """

    version: str = ""
    revision: str = ""

    @classmethod
    def parse(cls, given: Mapping[str, Any] | None) -> Names:
        """Parse a resource's input; other keys are ignored. Raises GateError."""
        known = {key: given[key] for key in ("version", "revision") if given.get(key)} if given else {}
        for key, value in known.items():
            if not isinstance(value, str):
                raise GateError(f"names: {key} is {value!r}; it must be a string")
        return cls(**{key: value[:MOST] for key, value in known.items()})

    def __bool__(self) -> bool:
        return bool(self.version or self.revision)

    def __str__(self) -> str:
        """Return ``version 2.4, revision 1a5c0d0638b1``; empty where both are unknown."""
        known = (("version", self.version), ("revision", self.revision))
        return ", ".join(f"{name} {short(value)}" for name, value in known if value)


def short(name: str) -> str:
    """Return the first digits of a commit or a hash; any other name unchanged."""
    digits, dash, rest = name.partition("-")
    hexadecimal = len(digits) > DIGITS and all(letter in "0123456789abcdef" for letter in digits)
    return f"{digits[:DIGITS]}{dash}{rest}" if hexadecimal else name

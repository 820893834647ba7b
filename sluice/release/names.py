"""What an image is called beside its digest. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice.errors import GateError

MOST = 100
"""Characters of a name that a record keeps."""
DIGITS = 12
"""Of a commit or a hash, as it is shown."""


@dataclass(frozen=True)
class Names:
    """The names of an image, each empty where it is not known.

    Attributes:
        version: what the image says that it is.
        revision: the git revision that it was built from; ends in ``-dirty`` where more than that was built.
    """

    version: str = ""
    revision: str = ""

    @classmethod
    def parse(cls, given: Mapping[str, Any] | None) -> Names:
        """From a resource's input; other names than these two are not kept. Raises GateError."""
        known = {key: given[key] for key in ("version", "revision") if given.get(key)} if given else {}
        for key, value in known.items():
            if not isinstance(value, str):
                raise GateError(f"names: {key} is {value!r}; it must be a text")
        return cls(**{key: value[:MOST] for key, value in known.items()})

    def __bool__(self) -> bool:
        return bool(self.version or self.revision)

    def __str__(self) -> str:
        """``version 2.4, revision 1a5c0d0638b1``; empty where nothing is known."""
        known = (("version", self.version), ("revision", self.revision))
        return ", ".join(f"{name} {short(value)}" for name, value in known if value)


def short(name: str) -> str:
    """A commit or a hash by its first digits; any other name as it is."""
    digits, dash, rest = name.partition("-")
    hexadecimal = len(digits) > DIGITS and all(letter in "0123456789abcdef" for letter in digits)
    return f"{digits[:DIGITS]}{dash}{rest}" if hexadecimal else name

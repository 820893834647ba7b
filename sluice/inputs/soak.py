"""The soak: how long the version that serves must stay healthy on the new schema. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sluice.errors import GateError
from sluice.inputs.keys import refuse_unknown
from sluice.inputs.smoke import at


@dataclass(frozen=True)
class Soak:
    """How the version that serves must prove that it can live with the new schema.

    Attributes:
        seconds: how long it is watched; 0 skips the soak.
        url: its deep health path, asked with GET; 200 is good; empty: nothing is asked.
        timeout: seconds for one answer.
    """

    seconds: int
    url: str
    timeout: int = 10

    @classmethod
    def parse(cls, raw: dict[str, Any]) -> Soak:
        refuse_unknown(cls, raw, "soak")
        for key, least in (("seconds", 0), ("timeout", 1)):
            value = raw.get(key, least)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise GateError(f"soak: {key} is {value!r}; it must be a whole number of at least {least}")
        if "seconds" not in raw:
            raise GateError("soak: seconds is missing")
        if raw.get("url") != "" and not str(raw.get("url", "")).startswith(("http://", "https://")):
            raise GateError(f"soak: url is {raw.get('url')!r}; it must begin with http:// or https://")
        return cls(**raw)

    def at(self, path: str | None) -> Soak:
        """The same soak of a version that answered *path* when it was proven; empty: no path; None: nobody knows."""
        if path is None or not self.url:
            return self
        return replace(self, url=at(self.url, path) if path else "")

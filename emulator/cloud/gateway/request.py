"""One HTTP request as it arrived, and why it goes no further."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Request:
    """A request.

    Attributes:
        method: in capitals.
        path: with its percent signs, as it was sent; no query.
        query: as it was sent, without the question mark.
        headers: in their order, names in lower case; a name may come twice.
        body: whole.
    """

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for known, value in self.headers if known == name]

    def header(self, name: str) -> str:
        """A header's value, several joined by a comma; empty when it is missing."""
        return ",".join(self.all(name))

    def parameter(self, name: str) -> str:
        """A parameter of the query; empty when it is missing or comes twice."""
        found = [value for known, value in parse_qsl(self.query, keep_blank_values=True) if known == name]
        return found[0] if len(found) == 1 else ""


@dataclass(frozen=True)
class Refusal:
    """Why a request goes no further: AWS's code for it where there is one, and a text for people."""

    code: str
    message: str
    status: int = 403

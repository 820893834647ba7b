"""The smoke request: what the new version must answer, as the settings give it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from sluice.errors import GateError
from sluice.inputs.keys import refuse_unknown
from sluice.inputs.smoke_task import SmokeTask


@dataclass(frozen=True)
class Smoke:
    """What the new version must answer.

    Attributes:
        url: asked with GET.
        address: host, or host and port, that is connected to in place of the URL's, which is still what is asked for
            and what the certificate must be for: a new name takes a while to reach every DNS server. Empty: the URL's.
        host: sent as Host header; empty: the URL's host, and its port where that is not the usual one.
        status: the answer's status code.
        timeout: seconds for one request.
        attempts: how many wrong answers make the version unfit.
        answers: how many right ones in a row prove it: each may come from another task.
        body: part of the answer's text; empty: any.
        json: dotted path of a field in the answer's JSON, to its value.
        version_header: the header in which the application says its version; one that does not send it is not asked.
        version: what that header must say; empty: not compared.
        task: what asks in place of the deployer, and judges the answer; None: the deployer asks.
    """

    url: str
    status: int = 200
    timeout: int = 10
    attempts: int = 3
    answers: int = 3
    body: str = ""
    json: Mapping[str, Any] = field(default_factory=dict)
    version_header: str = ""
    version: str = ""
    address: str = ""
    host: str = ""
    task: SmokeTask | None = None

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> Smoke:
        refuse_unknown(cls, raw, "smoke")
        if not str(raw.get("url", "")).startswith(("http://", "https://")):
            raise GateError(f"smoke: url is {raw.get('url')!r}; it must begin with http:// or https://")
        for key in ("status", "timeout", "attempts", "answers"):
            if key in raw and (not isinstance(raw[key], int) or isinstance(raw[key], bool) or raw[key] < 1):
                raise GateError(f"smoke: {key} is {raw[key]!r}; it must be a whole number of at least 1")
        for key in ("address", "host", "body", "versionHeader", "version"):
            if not isinstance(raw.get(key) or "", str):
                raise GateError(f"smoke: {key} is {raw[key]!r}; it must be a text")
        if not isinstance(raw.get("json") or {}, Mapping):
            raise GateError(f"smoke: json is {raw['json']!r}; it must map dotted paths to values")
        given = {key: value for key, value in raw.items() if value is not None}
        if "task" in given:
            given["task"] = SmokeTask.parse(given["task"])
            given.setdefault("answers", 1)  # it asks as often as it wants to
        if "versionHeader" in given:
            given["version_header"] = given.pop("versionHeader")
        return cls(**given)

    def at(self, path: str | None) -> Smoke | None:
        """The same request to a version that answered *path* with 200 when it was proven; empty: it answered none, so
        it is not asked; None: nobody knows. Elsewhere than where it asked before, only the status counts."""
        if path is None or path == path_of(self.url):
            return self
        return replace(self, url=at(self.url, path), status=200, body="", json={}) if path else None


def path_of(url: str) -> str:
    """Path and query of an address."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def at(url: str, path: str) -> str:
    """The same address with another path."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{path}"

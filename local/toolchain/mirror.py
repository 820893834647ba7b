"""The Debian mirror of this machine, read from its apt sources at run time; none is written down in the project."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

APT = Path("/etc/apt")


def configured(apt: Path = APT) -> list[str]:
    """The texts of this machine's apt source files, the main one first."""
    files = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]
    return [file.read_text() for file in files if file.suffix in {".list", ".sources"} and file.is_file()]


def debian(sources: Iterable[str], codename: str) -> str | None:
    """The first mirror that serves Debian's `main` for the suite `codename`; None on machines that are not Debian.

    Both of apt's formats are understood: one line (`deb [options] URI SUITE main`) and deb822 (`URIs:`, `Suites:`).
    """
    for text in sources:
        for uris, suites, components in [*_entries(text), *_stanzas(text)]:
            if codename in suites and "main" in components:
                for uri in uris:
                    if uri.startswith(("http://", "https://", "file:")):
                        return uri
    return None


def _entries(text: str) -> Iterable[tuple[list[str], list[str], list[str]]]:
    for line in text.splitlines():
        fields = line.split()
        if fields[:1] != ["deb"]:
            continue
        del fields[0]
        if fields and fields[0].startswith("["):
            while fields and not fields.pop(0).endswith("]"):
                pass
        if len(fields) >= 3:
            yield [fields[0]], [fields[1]], fields[2:]


def _stanzas(text: str) -> Iterable[tuple[list[str], list[str], list[str]]]:
    for stanza in text.split("\n\n"):
        fields: dict[str, list[str]] = {}
        for line in stanza.splitlines():
            name, colon, value = line.partition(":")
            if colon and not line.startswith(("#", " ", "\t")):
                fields[name.lower()] = value.split()
        if "deb" in fields.get("types", []) and fields.get("enabled") != ["no"]:
            yield fields.get("uris", []), fields.get("suites", []), fields.get("components", [])

"""The file `.secrets.STACK.env` beside Pulumi.yaml: values of a stack's application secrets on this machine.

Git ignores it. Only local stacks, rehearsals and `make check` read it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from infra.settings.reading.mistake import ABSENT, Mistake, SettingsError

ASSIGNMENT = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)")


def name(stack: str) -> str:
    """Name of the file."""
    return f".secrets.{stack}.env"


def values(folder: Path, stack: str, known: Collection[str]) -> dict[str, str]:
    """Read the values by variable; empty if there is no file.

    A line is `NAME=VALUE`. Empty lines and lines that begin with # are skipped. Quotes around the whole value are
    removed; nothing in it is expanded. No error shows a value.

    Args:
        folder: the folder of Pulumi.yaml.
        stack: name of the stack.
        known: the names in app.secrets.

    Raises:
        SettingsError: the file cannot be read, or has wrong lines; it lists them all.
    """
    file = folder / name(stack)
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(stack, [Mistake("file", ABSENT, f"cannot be read: {error}")], name(stack)) from None
    found: dict[str, str] = {}
    mistakes: list[Mistake] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if wrong := read_line(line.strip(), known, found):
            mistakes.append(Mistake(f"line {number}", ABSENT, wrong))
    if mistakes:
        raise SettingsError(stack, mistakes, name(stack))
    return found


def read_line(line: str, known: Collection[str], found: dict[str, str]) -> str:
    """Add the value of a line to *found*. Return why the line is wrong; empty if it is right."""
    matched = ASSIGNMENT.fullmatch(line)
    if matched is None:
        return "is not NAME=VALUE; write one secret per line"
    variable, value = matched[1], matched[2].strip()
    if variable not in known:
        return f"{variable} is not in app.secrets; correct the name, add it there, or remove the line"
    if variable in found:
        return f"{variable} is set twice; remove one of the lines"
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    value = value[1:-1] if quoted else value
    if not value:
        return f"{variable} has no value; write one, or remove the line to generate one"
    found[variable] = value
    return ""

"""The values of a stack's application secrets on this machine: `.secrets.STACK.env` beside Pulumi.yaml, which git
ignores. Local stacks, rehearsals and `make check` use them; nothing else ever does."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from infra.settings.reading.mistake import ABSENT, Mistake, SettingsError

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)")


def name(stack: str) -> str:
    """Of the file."""
    return f".secrets.{stack}.env"


def values(folder: Path, stack: str, known: Collection[str]) -> dict[str, str]:
    """What the file gives, by variable; nothing where there is no file.

    A line is `NAME=VALUE`; one that is empty or begins with # is skipped. Quotes around a whole value are left out, and
    nothing in it is replaced. No mistake shows a value.

    Args:
        folder: of Pulumi.yaml.
        known: the names in app.secrets.

    Raises:
        SettingsError: with every line that is wrong.
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
        if wrong := _wrong(line.strip(), known, found):
            mistakes.append(Mistake(f"line {number}", ABSENT, wrong))
    if mistakes:
        raise SettingsError(stack, mistakes, name(stack))
    return found


def _wrong(line: str, known: Collection[str], found: dict[str, str]) -> str:
    """What is wrong with a line; empty when its value was put among those that are found."""
    matched = _LINE.fullmatch(line)
    if matched is None:
        return "is no NAME=VALUE; write one secret a line"
    variable, value = matched[1], matched[2].strip()
    if variable not in known:
        return f"{variable} is not in app.secrets; correct the name, add it there, or remove the line"
    if variable in found:
        return f"gives {variable} once more; remove one of the lines"
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    value = value[1:-1] if quoted else value
    if not value:
        return f"gives {variable} no value; write one, or remove the line to have one made up"
    found[variable] = value
    return ""

"""The `pulumi` command of a rehearsal's shell, which uses the rehearsal's copy of the settings, never the original.

The Pulumi CLI rewrites the settings file beside Pulumi.yaml when it finds no salt in it, and removes it with a stack
(`stack rm`, `destroy --remove`). In the rehearsal's folder Pulumi.yaml names the very same program, and the copy is
beside it: so every command of this project is run there.

The command that `make env STACK=...` puts on the PATH runs this file as a script. Standard library only.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

PATHS = ("--config-file", "--plan", "--save-plan", "--file", "--out", "--policy-pack", "--policy-pack-config")
"""Options whose value is a file's name. The CLI reads it from where it is run."""
FOLDER = ("-C", "--cwd")


def directed(arguments: Sequence[str], here: Path, root: Path, folder: Path) -> list[str]:
    """Return the arguments of a `pulumi` command for the rehearsal.

    Args:
        here: the working directory.
        root: the checkout. A command of another project stays as it is.
        folder: the rehearsal's.
    """
    rest, named = without_folder(arguments)
    place = here / named
    if project(place) != root:
        return list(arguments)
    absolute = list[str]()
    for number, word in enumerate(rest):
        name, equals, value = word.partition("=")
        if equals and name in PATHS:
            word = f"{name}={place / value}"
        elif number and rest[number - 1] in PATHS:
            word = str(place / word)
        absolute.append(word)
    return [FOLDER[0], str(folder), *absolute]


def without_folder(arguments: Sequence[str]) -> tuple[list[str], str]:
    """Return the arguments without the option for another working directory, and that directory."""
    rest, named, awaited = list[str](), "", False
    for word in arguments:
        name, equals, value = word.partition("=")
        if awaited:
            named, awaited = word, False
        elif word in FOLDER:
            awaited = True
        elif equals and name in FOLDER:
            named = value
        elif word.startswith(FOLDER[0]):
            named = word[len(FOLDER[0]) :]
        else:
            rest.append(word)
    return rest, named


def project(place: Path) -> Path | None:
    """The folder of the Pulumi project that a folder is in; None: in none."""
    folders = [place.resolve(), *place.resolve().parents]
    return next((one for one in folders if any((one / f"Pulumi.{end}").is_file() for end in ("yaml", "yml"))), None)


def main(root: str, folder: str, program: str, *arguments: str) -> None:
    """Replace this process by the Pulumi CLI, *program*."""
    os.execv(program, [program, *directed(arguments, Path.cwd(), Path(root), Path(folder))])  # noqa: S606 - no shell


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The shell of a local stack: the output of `make env`, and the commands that it puts on the PATH.

Only `pulumi` and `sluice` come onto the PATH: the shell keeps its own `python`, that of an active virtual environment
too. Standard library only, as all of set-up is.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from local import environment
from local.environment import Checkout


def exports(base: Mapping[str, str], change: Mapping[str, str | None], stack: str, folder: Path) -> str:
    """Return the lines that set a shell up for a stack.

    Args:
        base: the shell's own environment.
        change: what differs in that of a process on the stack.
        folder: the one with the commands. `pulumi`, and `sluice` with it, works on PULUMI_STACK unless it is given
            --stack.
    """
    rest = [entry for entry in base.get("PATH", os.defpath).split(os.pathsep) if entry != str(folder)]
    path = os.pathsep.join([str(folder), *rest])
    return environment.exports({**change, "PATH": path, "PULUMI_STACK": stack})


def put_commands(place: Checkout, rehearsals: Checkout | None = None) -> Path:
    """Write the commands into a folder of the checkout's local one; return that folder.

    Args:
        rehearsals: where those of the checkout are, when the shell is on a rehearsed stack.
    """
    folder = (rehearsals or place).local / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    program = environment.pulumi_bin(place)
    run: list[Path | str] = [program / "pulumi"]
    if rehearsals is not None:  # -I: of no other folder's modules
        script = place.root / "local" / "rehearse" / "directed.py"
        run = [place.venv / "bin" / "python", "-I", script, place.root, rehearsals.local, *run]
    # The language host that set-up builds takes `python3` from its PATH: it must be the project's, there alone.
    path = shlex.quote(os.pathsep.join([str(program), str(place.venv / "bin")]))
    _write(folder / "pulumi", f'PATH={path}:"$PATH" exec {shlex.join(str(word) for word in run)} "$@"')
    _write(folder / "sluice", f'exec {shlex.quote(str(place.root / "bin" / "sluice"))} "$@"')
    return folder


def _write(file: Path, line: str) -> None:
    """As a whole or not at all: another shell may be running it."""
    new = file.with_name(f".{file.name}-{os.getpid()}")
    new.write_text(f"#!/bin/sh\n{line}\n")
    new.chmod(0o755)
    new.replace(file)

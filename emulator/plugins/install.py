"""Put the bundled plugins where the Pulumi CLI looks for them: a project-local PULUMI_HOME.

Found on PATH a plugin is warned about by every command; found here it is silent, and a real deployment, which has
another PULUMI_HOME, never sees it. Standard library only: set-up runs before anything is installed.
Source: Pulumi's layout of a plugin cache, ``plugins/resource-NAME-vVERSION/pulumi-resource-NAME``.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path

PLUGINS = {"aws": "7.51.1", "docker": "5.2.0"}
"""The plugins, with the versions of the SDKs in ``requirements.txt``: the CLI asks for exactly those."""


def install(pulumi_home: Path, root: Path) -> None:
    """Writes a launcher for each plugin below *pulumi_home*; a second time nothing changes.

    Args:
        pulumi_home: the project-local PULUMI_HOME.
        root: the checkout, whose ``.venv`` and ``local`` package the launchers use.
    """
    for name, version in PLUGINS.items():
        folder = pulumi_home.resolve() / "plugins" / f"resource-{name}-v{version}"
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / f"pulumi-resource-{name}", launcher(name, root.resolve()))


def launcher(name: str, root: Path) -> str:
    """The program that the CLI starts. The plugin's own arguments (the engine's address) are handed on."""
    python, path = shlex.quote(str(root / ".venv" / "bin" / "python")), shlex.quote(str(root))
    return f'#!/bin/sh\nPYTHONPATH={path}${{PYTHONPATH:+:$PYTHONPATH}} exec {python} -m emulator.plugins.{name} "$@"\n'


def _write(path: Path, text: str) -> None:
    """Replace *path* in one step: a plugin may be starting from it at this moment."""
    if path.is_file() and path.read_text() == text and os.access(path, os.X_OK):
        return
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(text)
    fresh.chmod(0o755)
    fresh.replace(path)

"""Takes a stack back to an earlier release: `sluice rollback`, without a terminal.

What the release and the reason are comes from the environment, where no shell reads it: people type both.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.deploy import refused
from pipeline.failed import Failed
from sluice.cli.command import main


def rollback(stack: str, folder: Path, environment: Mapping[str, str]) -> int:
    """The exit code of `sluice rollback`. Raises Failed before anything is changed."""
    if why := refused(environment):
        raise Failed(why)
    return main(words(stack, folder, environment))


def words(stack: str, folder: Path, environment: Mapping[str, str]) -> list[str]:
    """The command line. RELEASE: number or the beginning of a digest; empty: the release before. REASON: for the hold's
    record. Raises Failed without a reason."""
    release, reason = (environment.get(name, "").strip() for name in ("RELEASE", "REASON"))
    if not reason:
        raise Failed("REASON is empty: say why, for whoever finds the release held")
    return ["--stack", stack, "--cwd", str(folder), "rollback", "--yes", f"--reason={reason}"] + (
        [f"--to={release}"] if release else []
    )

"""Rolls a stack back to an earlier release: `sluice rollback` without a terminal.

Release and reason come from the environment, which no shell interprets: people type both.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.deploy import refused
from pipeline.failed import Failed
from sluice.cli.command import main


def rollback(stack: str, folder: Path, environment: Mapping[str, str]) -> int:
    """Run `sluice rollback` and return its exit code. Raises Failed before anything is changed."""
    if why := refused(environment):
        raise Failed(why)
    return main(arguments(stack, folder, environment))


def arguments(stack: str, folder: Path, environment: Mapping[str, str]) -> list[str]:
    """Return the command line. Raises Failed without a reason.

    Variables: RELEASE is a number or the beginning of a digest (empty: the previous release), REASON is for the hold's
    record.
    """
    release, reason = (environment.get(name, "").strip() for name in ("RELEASE", "REASON"))
    if not reason:
        raise Failed("REASON is empty: say why, for whoever finds the release held")
    return ["--stack", stack, "--cwd", str(folder), "rollback", "--yes", f"--reason={reason}"] + (
        [f"--to={release}"] if release else []
    )

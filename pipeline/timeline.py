"""Writes the timeline of a stack's last deploy into the summary of the workflow's run: `sluice history --rollout`."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from pathlib import Path

from sluice.cli.command import main

SUMMARY = "GITHUB_STEP_SUMMARY"
"""Variable with the file that GitHub shows on the run's page, as Markdown with Mermaid charts ("Workflow commands for
GitHub Actions")."""


def write(stack: str, folder: Path, environment: Mapping[str, str]) -> int:
    """Add the timeline to the summary, or print it where there is none. Return `sluice`'s exit code."""
    words = ["--stack", stack, "--cwd", str(folder), "history", "--rollout", "--markdown"]
    if not environment.get(SUMMARY):
        return main(words)
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        code = main(words)
    if code == 0:
        with Path(environment[SUMMARY]).open("a", encoding="utf-8") as summary:
            summary.write(f"{text.getvalue()}\n")
    return code

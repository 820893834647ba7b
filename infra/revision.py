"""Which commit a build comes from."""

from __future__ import annotations

import subprocess

SECONDS = 10.0


def revision(folder: str) -> str:
    """The last commit that changed something in a folder, with `-dirty` when its files are not as committed.

    So it stays the same while the folder does, whatever is committed elsewhere. Empty when there is no git repository,
    no git, or no answer within SECONDS: a release then goes by its digest alone.
    """
    try:
        commit = _git(folder, "log", "-1", "--format=%H", "--", ".")
        return f"{commit}-dirty" if commit and _git(folder, "status", "--porcelain", "--", ".") else commit
    except (OSError, subprocess.SubprocessError):
        return ""


def _git(folder: str, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", folder, *arguments], capture_output=True, text=True, timeout=SECONDS, check=True
    )
    return done.stdout.strip()

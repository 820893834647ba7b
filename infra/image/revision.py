"""The git commit of a build."""

from __future__ import annotations

import subprocess

SECONDS = 10.0


def revision(folder: str) -> str:
    """Return the last commit that changed a folder, with `-dirty` for uncommitted changes.

    It does not change with commits elsewhere. Empty without a git repository, without git, or without an answer within
    SECONDS: the release then has a digest only.
    """
    try:
        commit = _git(folder, "log", "-1", "--format=%H", "--", ".")
        return f"{commit}-dirty" if commit and _git(folder, "status", "--porcelain", "--", ".") else commit
    except (OSError, subprocess.SubprocessError):
        return ""


def is_ancestor(folder: str, older: str, newer: str) -> bool | None:
    """Return whether a commit is an ancestor of another one; None when git does not know (no repository, no git, a
    shallow clone without one of the two, no answer within SECONDS)."""
    try:
        _git(folder, "merge-base", "--is-ancestor", older, newer)
    except subprocess.CalledProcessError as error:
        return False if error.returncode == 1 else None  # 128: git does not have the commit
    except (OSError, subprocess.SubprocessError):
        return None
    return True


def _git(folder: str, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", folder, *arguments], capture_output=True, text=True, timeout=SECONDS, check=True
    )
    return done.stdout.strip()

"""Reads an application's files from git: which are committed, and what a released revision had."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from check.result import Broken, Skipped

SECONDS = 60.0
MAIN = ("origin/main", "origin/master", "main", "master")
NONE = "none"
"""In place of a revision: nothing is released."""


class GitFailed(Exception):
    """A git command failed; the text is git's own."""


@dataclass(frozen=True)
class Released:
    """A released revision.

    Attributes:
        commit: its full name.
        asked: the name by which it was found.
        guessed: whether it was not named, so that it may never have been released.
    """

    commit: str
    asked: str
    guessed: bool = False

    def __str__(self) -> str:
        short = self.commit[:7]
        return short if self.commit.startswith(self.asked) else f"{short} ({self.asked})"


def git(folder: Path, *arguments: str, stdin: str | None = None) -> str:
    """Return git's output. Raises GitFailed, also without git."""
    return _raw(folder, *arguments, stdin=stdin).decode(errors="replace")


def _raw(folder: Path, *arguments: str, stdin: str | None = None) -> bytes:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "-c", "core.quotePath=false", *arguments],
            input=stdin.encode() if stdin is not None else None,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GitFailed(str(error)) from error
    if done.returncode != 0:
        raise GitFailed(done.stderr.decode(errors="replace").strip())
    return done.stdout


def within(folder: Path) -> bool:
    """Return whether the folder belongs to a git repository."""
    try:
        return git(folder, "rev-parse", "--is-inside-work-tree").strip() == "true"
    except GitFailed:
        return False


def files(folder: Path) -> list[str]:
    """Return the folder's files that git tracks or could track, relative to it, without ignored ones; empty without
    git."""
    try:
        found = git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    except GitFailed:
        return []
    return [name for name in found if name and (folder / name).is_file()]


def uncommitted(folder: Path, names: Sequence[str]) -> list[str]:
    """Return the files that are neither committed nor staged, so nobody else builds with them."""
    known = set(git(folder, "ls-files", "-z", "--cached").split("\0"))
    return [name for name in names if name not in known]


def released(folder: Path, asked: str | None) -> Released:
    """Return the released revision: *asked*, else the commit where this branch left main.

    Raises:
        Broken: *asked* is not in this repository.
        Skipped: there is nothing to compare with, or *asked* is NONE.
    """
    if asked == NONE:
        raise Skipped("nothing is released yet: RELEASED=none or check.released")
    if not within(folder):
        raise Skipped("not a git repository, so the released version is unknown")
    if asked:
        try:
            return Released(git(folder, "rev-parse", "--verify", "--quiet", f"{asked}^{{commit}}").strip(), asked)
        except GitFailed:
            raise Broken(
                f"git has no revision {asked} here",
                "fetch it (`git fetch --tags`; in CI check out with the whole history, fetch-depth: 0)",
            ) from None
    for name in MAIN:
        try:
            return Released(git(folder, "merge-base", "HEAD", name).strip(), name, guessed=True)
        except GitFailed:
            continue  # no such branch here, or no common history
    raise Skipped("no main branch in this repository: pass RELEASED=…, or set check.released")


def blobs(folder: Path, revision: str) -> dict[str, str]:
    """Return the folder's files at a revision, relative to it, each with its git object id."""
    found = git(folder, "ls-tree", "-r", "-z", revision, "--", ".").split("\0")
    entries = (line.split("\t", 1) for line in found if line)
    return {name: head.split()[2] for head, name in entries if head.split()[1] == "blob"}


def hashes(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """Return the git object ids of the files as they are now."""
    present = [name for name in names if (folder / name).is_file()]
    if not present:
        return {}
    answer = git(folder, "hash-object", "--stdin-paths", stdin="".join(f"{folder / name}\n" for name in present))
    return dict(zip(present, answer.split(), strict=True))


def export(folder: Path, revision: str, target: Path) -> None:
    """Write the folder as it was at a revision into *target*."""
    top, below = Path(git(folder, "rev-parse", "--show-toplevel").strip()), git(folder, "rev-parse", "--show-prefix")
    archive = _raw(top, "-c", "tar.umask=0022", "archive", "--format=tar", f"{revision}:{below.strip().rstrip('/')}")
    with tarfile.open(fileobj=io.BytesIO(archive)) as bundle:
        bundle.extractall(target, filter="fully_trusted")  # noqa: S202 - git wrote it, from this repository

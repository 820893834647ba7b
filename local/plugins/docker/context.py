"""The build context's digest: what makes a changed file a change of the image, and an unchanged folder no build at all.

What the daemon would not receive does not count: ``.dockerignore`` is honoured.
Source: Docker's documentation of .dockerignore files (filepath.Match with ``**``; last match wins; ``!`` re-includes).
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from gate.plugin.resource import Refused


def digest(context: Path, dockerfile: Path) -> str:
    """SHA-256 over names, kinds, execute bits and contents of the files of *context*, and of *dockerfile*.

    Raises:
        Refused: the folder or the Dockerfile cannot be read.
    """
    if not context.is_dir():
        raise Refused(f"the build context {context} is not a folder")
    if not dockerfile.is_file():
        raise Refused(f"there is no Dockerfile at {dockerfile}")
    total = hashlib.sha256()
    try:
        _add(total, "Dockerfile", dockerfile)
        for path in files(context):
            _add(total, path.relative_to(context).as_posix(), path)
    except OSError as error:
        raise Refused(f"the build context cannot be read: {error}") from error
    return total.hexdigest()


def _add(total: hashlib._Hash, name: str, path: Path) -> None:
    if path.is_symlink():
        kind, content = "link", str(path.readlink()).encode()
    elif path.is_file():
        kind, content = ("program" if os.access(path, os.X_OK) else "file"), path.read_bytes()
    else:
        return  # sockets and pipes are never sent
    total.update(f"{kind} {name}\0{len(content)}\0".encode())
    total.update(content)


def files(context: Path) -> Iterator[Path]:
    """The files of *context* that the daemon would receive, in a stable order."""
    rules = ignore_rules(context / ".dockerignore")
    # A folder that is left out may only be skipped where no later rule brings something inside it back.
    prune = not any(included for _, included in rules)
    for folder, folders, names in os.walk(context):
        here = Path(folder)
        links = [name for name in folders if (here / name).is_symlink()]
        kept = [name for name in folders if name not in links]
        if prune:
            kept = [name for name in kept if not ignored((here / name).relative_to(context).as_posix(), rules)]
        folders[:] = sorted(kept)
        for name in sorted([*names, *links]):
            path = here / name
            if not ignored(path.relative_to(context).as_posix(), rules):
                yield path


Rule = tuple[re.Pattern[str], bool]


def ignore_rules(path: Path) -> list[Rule]:
    """The patterns of a ``.dockerignore``, each with whether it re-includes."""
    rules: list[Rule] = []
    for line in path.read_text().splitlines() if path.is_file() else ():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        included = pattern.startswith("!")
        cleaned = os.path.normpath(pattern.lstrip("!").strip()).lstrip("/")
        if cleaned not in ("", "."):
            rules.append((re.compile(_expression(cleaned)), included))
    return rules


def ignored(name: str, rules: list[Rule]) -> bool:
    """Whether the file *name* (relative, with slashes) is left out: the last rule that matches it decides."""
    out = False
    for pattern, included in rules:
        if pattern.match(name):
            out = not included
    return out


def _expression(pattern: str) -> str:
    """A regular expression for a pattern: it also matches everything below what it names."""
    out, at = "", 0
    while at < len(pattern):
        if pattern.startswith("**/", at):
            out, at = out + "(?:.*/)?", at + 3
        elif pattern.startswith("**", at):
            out, at = out + ".*", at + 2
        elif pattern[at] == "*":
            out, at = out + "[^/]*", at + 1
        elif pattern[at] == "?":
            out, at = out + "[^/]", at + 1
        elif pattern[at] == "[" and "]" in pattern[at:]:
            end = pattern.index("]", at)
            out, at = out + pattern[at : end + 1], end + 1
        elif pattern[at] == "\\" and at + 1 < len(pattern):
            out, at = out + re.escape(pattern[at + 1]), at + 2
        else:
            out, at = out + re.escape(pattern[at]), at + 1
    return f"{out}(?:/.*)?$"

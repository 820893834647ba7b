"""Decides which files of a build context Docker excludes.

Pure text and patterns; the rules are those of "Dockerignore files" in Docker's documentation on build contexts
(https://docs.docker.com/build/concepts/context/#dockerignore-files): the last matching line wins, `!` takes a file
back in, `**` stands for any number of folders, and what matches a folder matches all that is in it.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class IgnoreRule:
    """One line of the file.

    Attributes:
        back_in: whether it includes files again (`!`).
    """

    pattern: str
    back_in: bool

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """Return the pattern for the path itself or anything below it."""
        return re.compile(translated(self.pattern) + r"(?:/.*)?", re.DOTALL)


@dataclass(frozen=True)
class DockerIgnore:
    """The rules of one .dockerignore file, in its order."""

    rules: tuple[IgnoreRule, ...] = ()

    @classmethod
    def parse(cls, text: str) -> DockerIgnore:
        """Parse a file's text, without comments and empty lines."""
        rules = []
        for line in text.removeprefix("\ufeff").splitlines():
            if line.startswith("#") or not (pattern := line.strip()):
                continue
            back_in = pattern.startswith("!")
            pattern = posixpath.normpath(pattern.removeprefix("!").strip()).lstrip("/")
            if pattern not in {"", "."}:
                rules.append(IgnoreRule(pattern, back_in))
        return cls(tuple(rules))

    def excludes(self, path: str) -> bool:
        """Return whether a file or folder is excluded; `path` is relative to the context, with slashes."""
        out = False
        for rule in self.rules:
            if rule.back_in == out and rule.expression.fullmatch(path):
                out = not rule.back_in
        return out

    @property
    def takes_back(self) -> bool:
        """Return whether files in an excluded folder can be included again, so that such folders must be searched."""
        return any(rule.back_in for rule in self.rules)


def translated(pattern: str) -> str:
    """Return a pattern as a regular expression for a whole path."""
    expression, rest = "", pattern
    while rest:
        if rest.startswith("**/"):
            expression, rest = expression + r"(?:.*/)?", rest[3:]
        elif rest.startswith("**"):
            expression, rest = expression + r".*", rest[2:]
        elif rest[0] == "*":
            expression, rest = expression + r"[^/]*", rest[1:]
        elif rest[0] == "?":
            expression, rest = expression + r"[^/]", rest[1:]
        elif rest[0] == "[" and (end := rest.find("]", 2)) > 0:
            inside = rest[1:end].replace("\\", "\\\\")
            expression, rest = expression + f"[{inside}]", rest[end + 1 :]
        elif rest[0] == "\\" and len(rest) > 1:
            expression, rest = expression + re.escape(rest[1]), rest[2:]
        else:
            expression, rest = expression + re.escape(rest[0]), rest[1:]
    return expression

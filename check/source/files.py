"""Checks an application's files, as they are in the working tree."""

from __future__ import annotations

import re

from check.result import Broken, Skipped
from check.source import engine, git
from check.source.layouts import matching, number
from check.subject import CheckedStack

_COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


def present(subject: CheckedStack) -> str:
    """Check that migrations exist, are not empty, are in git, and reach the image build.

    Without migrations, a tool's `deploy` command exits with 0, and production has no tables.

    Raises:
        Broken: a migration is missing.
    """
    found = subject.migrations()
    if not found.files:
        if found.missing:
            tool = found.missing[0]
            where = " or ".join(tool.files)
            remedy = f"{tool.make}; commit what it writes"
            raise Broken(f"{tool.tool} is used, but {subject.source} has no migration ({where})", remedy)
        raise Broken(
            f"no migrations were found in {subject.source}",
            'make the first one and commit it; if they are elsewhere, say where: check: {migrations: ["db/*.sql"]}',
        )
    if blank := [name for name in found.files if not _content(name, subject.text(name))]:
        raise Broken(f"{listed(blank)} holds nothing", "write the migration, or remove the file")
    if git.within(subject.context) and (lost := git.uncommitted(subject.context, found.files)):
        raise Broken(
            f"{listed(lost)} is not in git",
            f"`git add -f {lost[0]}`: the image is built from a checkout, which would not have it",
        )
    sent = subject.sent()
    if left := [name for name in found.files if name not in sent]:
        raise Broken(
            f"{listed(left)} is left out of the image build by .dockerignore", "take the folder back in: `!FOLDER`"
        )
    return f"{count(len(found.files), 'file')} of {found.tools}"


def _content(name: str, text: str) -> str:
    return (_COMMENTS.sub("", text) if name.endswith(".sql") else text).strip()


def fits(subject: CheckedStack) -> str:
    """Check that the application is written for PostgreSQL."""
    names = subject.names()
    texts = {name: subject.text(name) for name in engine.configuration(names)}
    for key, value in subject.settings.app.environment.items():
        texts[f"app.environment.{key}"] = value
    for key, value in subject.settings.database.variables.items():
        texts[f"database.variables.{key}"] = value
    sql = {name: subject.text(name) for name in subject.migrations().files if name.endswith(".sql")}
    found = engine.misfits(texts, sql)
    if not found:
        return "nothing names another engine than PostgreSQL"
    first = found[0]
    seen = first.seen if " " in first.seen else f"the application is configured for {first.seen}"
    more = [f"{one.where}: {one.seen}" for one in found[1:]]
    raise Broken(f"{first.where}: {seen}; the stack's database is PostgreSQL", first.remedy, more)


def unchanged(subject: CheckedStack, asked: str | None) -> str:
    """Check that no released migration was edited, renamed or removed, and no new one has a lower number."""
    found = subject.migrations()
    release = git.released(subject.context, asked or subject.settings.check.released)
    before = git.blobs(subject.context, release.commit)
    patterns = [pattern for layout in found.layouts for pattern in layout.files]
    old = matching(before, patterns)
    if not old:
        raise Skipped(f"no migration was released by {release}")
    now = git.hashes(subject.context, old)
    gone = [name for name in old if name not in now]
    edited = [name for name in old if name in now and now[name] != before[name]]
    if gone or edited:
        what = [f"{listed(edited)} was edited after its release"] * bool(edited)
        what += [f"{listed(gone)} was released and is missing"] * bool(gone)
        first = (edited or gone)[0]
        raise Broken(
            "; ".join(what) + f" (released: {release})",
            f"`git checkout {release.commit[:12]} -- {first}` in {subject.source}; write a new migration"
            " for the change: databases that have the old one never run it again",
        )
    new = [name for name in found.files if name not in before]
    if found.numbered and (late := _late(new, old)):
        raise Broken(
            f"{listed(late)} has a lower number than {newest(old)}, which is released",
            "give it the next number: a database that is past its number skips it or refuses it",
        )
    return f"{count(len(old), 'released file')} as at {release}, {len(new)} new"


def _late(new: list[str], old: list[str]) -> list[str]:
    last = max((number(name) or 0 for name in old), default=0)
    return [name for name in new if (own := number(name)) is not None and own <= last]


def newest(names: list[str]) -> str:
    return max(names, key=lambda name: number(name) or 0).rpartition("/")[2]


def listed(names: list[str]) -> str:
    """Return at most three names, and the number of the others."""
    rest = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + rest


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")

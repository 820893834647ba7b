"""The history of the database's schema, and whether a database has reached what this image needs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

MASTER = Path(__file__).parent / "migrations" / "master"
TENANT = Path(__file__).parent / "migrations" / "tenant"
BASE = "base"
"""Alembic's name for the state before the first revision."""

VERSIONS = "SELECT version_num FROM alembic_version"
"""What Alembic's own table says; reading it needs no more than SELECT."""

PROBE = "SELECT id, text, created_at FROM notes LIMIT 1"
"""What this image reads of the table it lives on: a newer image's migration may have taken a column away."""


class Unreadable(Exception):
    """The revisions in this image cannot be used. The text names the mistake."""


@dataclass(frozen=True)
class History:
    """The revisions of one kind of database, oldest first, as (name, title)."""

    path: Path
    revisions: tuple[tuple[str, str], ...]

    @property
    def head(self) -> str:
        return self.revisions[-1][0]

    @property
    def command(self) -> str:
        """What brings such a database to the newest revision."""
        return "migrate tenants" if self.path.name == TENANT.name else "migrate master"

    @property
    def config(self) -> Config:
        return configure(self.path)

    def pending(self, current: Collection[str]) -> Sequence[tuple[str, str]]:
        """The revisions after `current`, oldest first.

        Raises:
            Unreadable: the database is at a revision that this image does not know.
        """
        return self.revisions[self._position(current) :]

    def surplus(self, current: Collection[str], target: str | None) -> Sequence[tuple[str, str]]:
        """The revisions to take back for `target`, newest first; none when the database is at `target` or before it.

        Without a target it is the revision before this image's newest: to repeat a rollback takes nothing back twice.

        Raises:
            Unreadable: `target` is no revision of this image, or nothing before its only one was asked for by name, or
                the database is at a revision that this image does not know.
        """
        names = [name for name, _ in self.revisions]
        if target is None and len(names) == 1:
            raise Unreadable(
                f"{self.head} is the first revision, and before it there is nothing: set ROLLBACK_TO=base to drop all"
            )
        wanted = names[-2] if target is None else target
        if wanted not in (*names, BASE):
            raise Unreadable(f"ROLLBACK_TO is wrong: set it to one of {', '.join((*names, BASE))}")
        keep = 0 if wanted == BASE else names.index(wanted) + 1
        return self.revisions[keep : self._position(current)][::-1]

    def before(self, name: str) -> str:
        names = [BASE, *(name for name, _ in self.revisions)]
        return names[names.index(name) - 1]

    def _position(self, current: Collection[str]) -> int:
        """How many revisions the database has."""
        names = [name for name, _ in self.revisions]
        unknown = sorted(set(current) - set(names))
        if unknown:
            raise Unreadable(
                f"the database is at revision {', '.join(unknown)}, which this image does not know"
                f" (its newest is {self.head}): a newer image migrated it; run that one, or a newer one"
            )
        return max((names.index(name) + 1 for name in current), default=0)


def configure(path: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(path).replace("%", "%%"))
    return config


def read(path: Path = MASTER) -> History:
    """Read the revisions of a migration folder.

    Raises:
        Unreadable: a revision cannot be loaded, or the history is empty or forks.
        SystemExit: a revision calls sys.exit while it is loaded.
    """
    try:
        script = ScriptDirectory.from_config(configure(path))
        heads = script.get_heads()
        found = [] if len(heads) != 1 else list(script.walk_revisions())
    except Exception as error:  # a revision is a program: it may fail in any way
        raise Unreadable(f"cannot load the revisions in {path.name}: {type(error).__name__}: {error}") from error
    if len(heads) != 1:
        raise Unreadable(
            f"{path.name} needs exactly one newest revision, but has {len(heads)}: {', '.join(heads) or 'none'}"
        )
    return History(path, tuple((revision.revision, revision.doc) for revision in reversed(found)))


def lack(history: History, current: Collection[str]) -> str | None:
    """What a database at `current` lacks for this image to serve from it; None: nothing.

    A revision that this image does not know is a newer one: an older image goes on serving while a newer one rolls out,
    and serves again when a release is taken back.
    """
    if not current:
        return f"the schema is missing: run `{history.command}`"
    try:
        pending = history.pending(current)
    except Unreadable:
        return None
    if pending:
        at = ", ".join(sorted(current))
        return f"the schema is at {at}, this version needs {history.head}: run `{history.command}`"
    return None

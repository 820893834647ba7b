"""The history of the database's schema, and whether a database has reached what this image needs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

MASTER = Path(__file__).parent / "migrations" / "master"
VERSIONS = "SELECT version_num FROM alembic_version"
"""What Alembic's own table says; reading it needs no more than SELECT."""


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
    def config(self) -> Config:
        return configure(self.path)

    def pending(self, current: Collection[str]) -> Sequence[tuple[str, str]]:
        """The revisions after `current`, oldest first.

        Raises:
            Unreadable: the database is at a revision that this image does not know.
        """
        if not current:
            return self.revisions
        names = [name for name, _ in self.revisions]
        unknown = sorted(set(current) - set(names))
        if unknown:
            raise Unreadable(
                f"the database is at revision {', '.join(unknown)}, which this image does not know"
                f" (its newest is {self.head}): a newer image migrated it; run that one, or a newer one"
            )
        return self.revisions[max(names.index(name) for name in current) + 1 :]


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
        return "the schema is missing: run `migrate master`"
    try:
        pending = history.pending(current)
    except Unreadable:
        return None
    if pending:
        return f"the schema is at {', '.join(sorted(current))}, this version needs {history.head}: run `migrate master`"
    return None

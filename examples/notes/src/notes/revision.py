"""Running revisions, each in a transaction of its own: what is reported is committed."""

import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from notes import failure, schema
from notes.schema import History


class Failed(Exception):
    """A revision failed or left, and was rolled back. `code` is the exit code it asks for; the text is for people."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code


def current(connection: psycopg.Connection[Any]) -> tuple[str, ...]:
    """The revisions that the database is at: none before the first migration, one after it."""
    found = connection.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone()
    rows = connection.execute(schema.VERSIONS).fetchall() if found and found[0] else []
    connection.commit()
    return tuple(row[0] for row in rows)


class Runner:
    """Runs the revisions of one history, on any number of databases one after another.

    Alembic's folder is read and SQLAlchemy's dialect set up once: for each further database only its own statements
    cost time.
    """

    def __init__(self, history: History) -> None:
        self.history = history
        self.config = history.config
        self.script = ScriptDirectory.from_config(self.config)
        self._handed: psycopg.Connection[Any] | None = None
        self._engine = create_engine("postgresql+psycopg://", creator=lambda: self._handed, poolclass=NullPool)

    @contextmanager
    def on(self, connection: psycopg.Connection[Any]) -> Iterator[Connection]:
        """SQLAlchemy's view of the connection; at the end the connection is closed."""
        self._handed = connection
        try:
            session = self._engine.connect()
        except DBAPIError as error:
            raise (error.orig or error) from error
        with session:
            yield session

    def upgrade(self, session: Connection, pending: Sequence[tuple[str, str]], tell: Callable[[str], None]) -> None:
        """Apply the revisions in this order.

        Raises:
            Failed: the ones before it are applied.
        """
        for name, title in pending:
            tell(f"applying {name} {title}")
            began = time.monotonic()
            self._run(session, name, name, self.script._upgrade_revs)  # as Alembic's own `upgrade` command does
            tell(f"applied {name} {title} ({time.monotonic() - began:.2f} s)")

    def downgrade(self, session: Connection, surplus: Sequence[tuple[str, str]], tell: Callable[[str], None]) -> None:
        """Take the revisions back in this order.

        Raises:
            Failed: the ones before it are taken back.
        """
        for name, title in surplus:
            tell(f"taking back {name} {title}")
            began = time.monotonic()
            self._run(session, name, self.history.before(name), self.script._downgrade_revs)
            tell(f"took back {name} {title} ({time.monotonic() - began:.2f} s)")

    def _run(self, session: Connection, name: str, destination: str, plan: Callable[[str, Any], Any]) -> None:
        self.config.attributes["connection"] = session
        try:
            with EnvironmentContext(
                self.config,
                self.script,
                fn=lambda revision, _context: plan(destination, revision),
                destination_rev=destination,
            ):
                self.script.run_env()
            session.commit()
        except SystemExit as error:
            code = exit_code(error.code)
            text = f": {error.code}" if isinstance(error.code, str) else ""
            raise Failed(
                f"revision {name} called sys.exit and was rolled back; exit code {code}{text}", code
            ) from error
        except Exception as error:  # a revision is a program: it may fail in any way
            cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
            kind = type(cause).__name__
            raise Failed(
                f"revision {name} failed and was rolled back: {kind}: {failure.line(cause)}{place(error, self.history)}"
            ) from error


def exit_code(asked: object) -> int:
    """The exit code for a revision's sys.exit(asked). Never 0: the revision was cut short, so nothing was migrated."""
    code = asked & 0xFF if isinstance(asked, int) else 1
    return code or 1


def place(error: BaseException, history: History) -> str:
    """The line of the revision that failed, as ` (0002_colour.py, line 9)`."""
    folder = str(history.path / "versions")
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename.startswith(folder):
            return f" ({Path(frame.filename).name}, line {frame.lineno})"
    return ""

"""`migrate master` brings the database to this image's newest revision; `migrate verify` proves that it is there.

Exit codes: 0 done, 1 failed or not at the newest revision, 2 wrong usage, 130 Ctrl-C, 143 SIGTERM; a revision that
calls sys.exit(n) ends the process with n. Each revision is a transaction of its own: what is reported is committed.
"""

import argparse
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from psycopg import sql
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from notes import failure, schema, settings, termination
from notes.connection import Unavailable, connect
from notes.schema import History, Unreadable

LOCK = 0x6E6F7465
"""The advisory lock that one migrating process holds: a number of our own, `note` in ASCII."""

LOCK_POLL_SECONDS = 0.5
STATEMENT_LOCK_TIMEOUT = "10s"
"""How long a revision may wait for a table: while it waits, every later query of the service queues behind it."""


class Stopped(Exception):
    """The work ends here. `code` is the process's exit code; the text is for people, and may be empty."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code


def say(text: str) -> None:
    """One plain line, at once: whoever follows the log of a task sees it when it happens."""
    print(text, flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command. Never returns."""
    try:
        code = run(parse(arguments))
    except Stopped as stopped:
        if str(stopped):
            print(f"migrate: {stopped}", file=sys.stderr, flush=True)
        code = stopped.code
    except (settings.Invalid, Unavailable, Unreadable) as error:
        print(f"migrate: {error}", file=sys.stderr, flush=True)
        code = 1
    except termination.Terminated:
        print("migrate: ended by SIGTERM; the revision in progress was rolled back", file=sys.stderr, flush=True)
        code = termination.EXIT_CODE
    except KeyboardInterrupt:
        print("migrate: ended by Ctrl-C; the revision in progress was rolled back", file=sys.stderr, flush=True)
        code = 130
    sys.exit(code)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="migrate", description=__doc__.splitlines()[0] if __doc__ else None)
    actions = parser.add_subparsers(dest="action", required=True)
    master = actions.add_parser("master", help="apply every pending revision")
    master.add_argument(
        "--lock-seconds", type=int, default=120, metavar="N", help="how long to wait for another migration to end (120)"
    )
    actions.add_parser("verify", help="exit 0 only when no revision is pending")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> int:
    database = settings.database()
    try:
        history = schema.read()
    except SystemExit as error:
        raise Stopped("a revision called sys.exit while it was loaded", exit_code(error.code)) from error
    with connect(database, "migrate", say, lock_timeout=STATEMENT_LOCK_TIMEOUT) as connection:
        try:
            if options.action == "verify":
                return verify(connection, history)
            return upgrade(connection, history, options.lock_seconds)
        except psycopg.Error as error:
            raise Stopped(failure.explain(database, error)) from error


def current(connection: psycopg.Connection[Any]) -> tuple[str, ...]:
    """The revisions that the database is at: none before the first migration, one after it."""
    found = connection.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone()
    rows = connection.execute(schema.VERSIONS).fetchall() if found and found[0] else []
    connection.commit()
    return tuple(row[0] for row in rows)


def verify(connection: psycopg.Connection[Any], history: History) -> int:
    """Needs CONNECT and SELECT only."""
    pending = history.pending(current(connection))
    if pending:
        say(f"{len(pending)} of {len(history.revisions)} revisions pending:")
        for name, title in pending:
            say(f"  {name} {title}")
        return 1
    say(f"verified: the database is at {history.head}, nothing is pending")
    return 0


def upgrade(connection: psycopg.Connection[Any], history: History, lock_seconds: int) -> int:
    lock(connection, lock_seconds)
    pending = history.pending(current(connection))
    if not pending:
        say(f"nothing to do: the database is at {history.head}")
        return 0
    engine = create_engine("postgresql+psycopg://", creator=lambda: connection, poolclass=NullPool)
    with engine.connect() as session:
        for name, title in pending:
            say(f"applying {name} {title}")
            began = time.monotonic()
            apply(session, history, name)
            say(f"applied {name} {title} ({time.monotonic() - began:.2f} s)")
    say(f"done: the database is at {history.head}")
    return 0


def lock(connection: psycopg.Connection[Any], seconds: int) -> None:
    """Hold the advisory lock until the connection closes: two migrations of one database never run side by side."""
    deadline = time.monotonic() + seconds
    waiting = False
    while True:
        row = connection.execute(sql.SQL("SELECT pg_try_advisory_lock({})").format(LOCK)).fetchone()
        connection.commit()
        if row and row[0]:
            return
        if time.monotonic() >= deadline:
            raise Stopped(
                f"another migration of this database is still running after {seconds} s; run this again when it ended"
            )
        if not waiting:
            say(f"waiting up to {seconds} s for another migration of this database to end")
            waiting = True
        time.sleep(LOCK_POLL_SECONDS)


def apply(session: Connection, history: History, name: str) -> None:
    """Run one revision in a transaction of its own.

    Raises:
        Stopped: it failed or called sys.exit, and was rolled back.
    """
    config = history.config
    config.attributes["connection"] = session
    try:
        command.upgrade(config, name)
        session.commit()
    except SystemExit as error:
        code = exit_code(error.code)
        text = f": {error.code}" if isinstance(error.code, str) else ""
        raise Stopped(f"revision {name} called sys.exit and was rolled back; exit code {code}{text}", code) from error
    except Exception as error:  # a revision is a program: it may fail in any way
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        kind = type(cause).__name__
        raise Stopped(
            f"revision {name} failed and was rolled back: {kind}: {failure.line(cause)}{place(error, history)}"
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


if __name__ == "__main__":
    termination.install()
    main()

"""Parses statements from the server's log, and decides what a statement does. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

OURS = "sluice-check"
"""The application name of the check's own sessions."""

_STATEMENT = re.compile(r"(?:statement|execute [^:]*): (.*)", re.DOTALL)
_COMMENT = re.compile(r"--[^\n]*\n?|/\*.*?\*/", re.DOTALL)
_ROLES = re.compile(r"(?:CREATE|ALTER|DROP)\s+(?:ROLE|USER|DATABASE)\b|SET\s+(?:SESSION\s+)?ROLE\b", re.IGNORECASE)
_OWN_TABLES = re.compile(
    r"\b(?:alembic_version|_prisma_migrations|django_migrations|knex_migrations\w*|schema_migrations\w*|"
    r"ar_internal_metadata|flyway_schema_history|databasechangelog\w*|goose_db_version|pgmigrations|schema_version)\b",
    re.IGNORECASE,
)
_ASSERTED = re.compile(r"\bIF\s+(?:NOT\s+)?EXISTS\b|\bOR\s+REPLACE\b|\bTEMP(?:ORARY)?\b", re.IGNORECASE)
_DEFINES = re.compile(r"(?:CREATE|ALTER|DROP|TRUNCATE)\b", re.IGNORECASE)
_CHANGES = re.compile(
    r"(?:CREATE|ALTER|DROP|TRUNCATE|COMMENT|GRANT|REVOKE|REASSIGN|SECURITY|INSERT|UPDATE|DELETE|MERGE|COPY|DO|CALL|"
    r"REINDEX|CLUSTER|VACUUM|REFRESH|WITH\b.*?\b(?:INSERT|UPDATE|DELETE|MERGE))\b",
    re.IGNORECASE | re.DOTALL,
)
_PIECE = re.compile(
    r"""[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$\w*\$).*?\1|--[^\n]*|/\*.*?\*/|;|[^;'"$/eE-]+|.""",
    re.DOTALL,
)
NAME = r'(?:"(?:[^"]|"")+"|[A-Za-z_][\w$]*)'
"""A name in SQL, as an expression."""
_NAME = re.compile(NAME)
_TEXT = re.compile(r"'(?:[^']|'')*'")


@dataclass(frozen=True)
class SqlStatement:
    """One statement.

    Attributes:
        text: as it was sent.
        at: when the server received it, seconds since the epoch, to the millisecond.
        session: the process id of its backend.
        database: its name.
        transaction: the virtual transaction id, as in pg_locks.
    """

    text: str
    at: float = 0.0
    session: int = 0
    database: str = ""
    transaction: str = ""


def sent(log_lines: Sequence[str]) -> Iterator[SqlStatement]:
    """Yield the statements in PostgreSQL's JSON log (in UTC), without the check's own. Source: PostgreSQL,
    "jsonlog"."""
    for line in log_lines:
        entry = json.loads(line)
        found = _STATEMENT.fullmatch(str(entry.get("message", "")))
        if entry.get("error_severity") == "LOG" and found and entry.get("application_name") != OURS:
            at, session = _moment(entry.get("timestamp")), int(entry.get("pid", 0))
            database, transaction = str(entry.get("dbname", "")), str(entry.get("vxid", ""))
            for text in split(found[1]):
                yield SqlStatement(text, at, session, database, transaction)


def split(script: str) -> list[str]:
    """Split a text into its statements, as a driver may send a whole file. Comments stay with the next statement."""
    if re.search(r"\bBEGIN\s+ATOMIC\b", script, re.IGNORECASE):  # a body with semicolons of its own
        return [script.strip()]
    found: list[str] = []
    piece: list[str] = []
    for token in _PIECE.finditer(script):
        if token.group() == ";":
            found.append("".join(piece).strip())
            piece = []
        else:
            piece.append(token.group())
    found.append("".join(piece).strip())
    return [one for one in found if bare(one)]


def _moment(text: object) -> float:
    """Return seconds since the epoch of `2026-07-11 09:15:36.123 UTC`; 0 for anything else."""
    if not isinstance(text, str):
        return 0.0
    return datetime.strptime(text.removesuffix(" UTC"), "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC).timestamp()


def bare(statement: str) -> str:
    """Return the statement without comments."""
    return _COMMENT.sub("", statement).strip()


def shortened(statement: str, longest: int = 90) -> str:
    """Return the statement on one line without comments, at most *longest* characters."""
    line = " ".join(bare(statement).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def names(statement: str) -> set[str]:
    """Return every possible name in the statement, folded as PostgreSQL does, outside of strings and comments."""
    sql_words = _NAME.findall(_TEXT.sub("''", bare(statement)))
    return {folded(word) for word in sql_words}


def folded(name: str) -> str:
    """Return a name as PostgreSQL stores it: in lower case unless it is quoted."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()


def roles(statement: str) -> bool:
    """Return whether it is about users or whole databases: the bootstrap step's own."""
    return _ROLES.match(bare(statement)) is not None


def bookkeeping(statement: str) -> bool:
    """Return whether a statement concerns a migration tool's own tables."""
    return _OWN_TABLES.search(statement) is not None


def changes(statement: str) -> bool:
    """Return whether a statement creates, changes or drops anything except a tool's own tables."""
    return _CHANGES.match(bare(statement)) is not None and not bookkeeping(statement)


def changes_schema(statement: str) -> bool:
    """Return whether a statement creates, changes or drops something except a tool's own tables; `IF NOT EXISTS` does
    not count."""
    text = bare(statement)
    defined = _DEFINES.match(text) and not _ASSERTED.search(text)
    return bool(defined) and not roles(text) and not bookkeeping(text)

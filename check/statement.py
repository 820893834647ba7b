"""What a database session sent, as the server's log has it, and what a statement does. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

OURS = "sluice-check"
"""The application name of sessions of this program."""

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
class Statement:
    """One statement.

    Attributes:
        text: as it was sent.
        at: when the server took it, seconds since the epoch, to the millisecond.
        session: the process id of its backend.
        database: where.
        transaction: the virtual transaction id, as pg_locks has it too.
    """

    text: str
    at: float = 0.0
    session: int = 0
    database: str = ""
    transaction: str = ""


def sent(lines: Sequence[str]) -> Iterator[Statement]:
    """The statements in lines of PostgreSQL's JSON log (in UTC), ours left out. Source: PostgreSQL, "jsonlog"."""
    for line in lines:
        entry = json.loads(line)
        found = _STATEMENT.fullmatch(str(entry.get("message", "")))
        if entry.get("error_severity") == "LOG" and found and entry.get("application_name") != OURS:
            at, session = _moment(entry.get("timestamp")), int(entry.get("pid", 0))
            database, transaction = str(entry.get("dbname", "")), str(entry.get("vxid", ""))
            for text in split(found[1]):
                yield Statement(text, at, session, database, transaction)


def split(script: str) -> list[str]:
    """The statements of what was sent as one: a driver may send a whole file. Comments stay with what follows them."""
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
    """Seconds since the epoch of `2026-07-11 09:15:36.123 UTC`; 0 when there is none."""
    if not isinstance(text, str):
        return 0.0
    return datetime.strptime(text.removesuffix(" UTC"), "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC).timestamp()


def bare(statement: str) -> str:
    """The statement without comments."""
    return _COMMENT.sub("", statement).strip()


def shortened(statement: str, longest: int = 90) -> str:
    """The statement on one line of at most so many characters, without comments."""
    line = " ".join(bare(statement).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def names(statement: str) -> set[str]:
    """Every word of the statement that may be a name, folded as PostgreSQL folds it; texts and comments left out."""
    words = _NAME.findall(_TEXT.sub("''", bare(statement)))
    return {folded(word) for word in words}


def folded(name: str) -> str:
    """A name as PostgreSQL keeps it: in lower case unless it stands in quotes."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()


def roles(statement: str) -> bool:
    """Return whether it is about users or whole databases: the bootstrap step's own."""
    return _ROLES.match(bare(statement)) is not None


def bookkeeping(statement: str) -> bool:
    """Return what migration tools do with their own tables."""
    return _OWN_TABLES.search(statement) is not None


def changes(statement: str) -> bool:
    """Return whether a statement makes, changes or drops anything, beside what tools do with their own tables."""
    return _CHANGES.match(bare(statement)) is not None and not bookkeeping(statement)


def changes_schema(statement: str) -> bool:
    """Return whether a statement makes, changes or drops something, beside the tool's own tables and what is only
    asserted (`IF NOT EXISTS`)."""
    text = bare(statement)
    defined = _DEFINES.match(text) and not _ASSERTED.search(text)
    return bool(defined) and not roles(text) and not bookkeeping(text)

"""Unsafe SQL among what the pending migrations really sent: what locks, drops or renames under a running version.

The linter is Squawk (PyPI squawk-cli). It sees the statements that the server logged, so it needs to know no tool: SQL
files, Alembic, Django or Prisma come to the same. Rules of taste are left out.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from check.result import Broken
from infra.settings.check import Accepted

SECONDS = 60.0

TASTE = (
    "prefer-bigint-over-int", "prefer-bigint-over-smallint", "prefer-identity", "prefer-robust-stmts",
    "prefer-text-field", "prefer-timestamp-tz", "ban-char-field", "require-timeout-settings", "require-lock-timeout",
    "require-statement-timeout", "require-table-schema", "require-enum-value-ordering", "identifier-too-long",
    "transaction-nesting", "ban-uncommitted-transaction", "unused-ignore", "syntax-error", "ban-drop-index",
)  # fmt: skip
"""Squawk's rules that neither break the running version nor stop it: style, what depends on how a tool
connects, and its parser's complaints of what the server has understood."""

_KEPT = re.compile(
    r"^(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*(?:CREATE|ALTER|DROP|TRUNCATE|COMMENT|VACUUM|CLUSTER|REINDEX|LOCK|REFRESH|UPDATE|"
    r"DELETE|BEGIN|START|COMMIT|END|ROLLBACK|SET|REVOKE)\b",
    re.IGNORECASE | re.DOTALL,
)
"""What can lock or break; a statement may begin with a comment that accepts it."""

_ROLES = re.compile(r"^(?:CREATE|ALTER|DROP)\s+(?:ROLE|USER|DATABASE)\b|^SET\s+(?:SESSION\s+)?ROLE\b", re.IGNORECASE)
"""The bootstrap step's own."""

OWN = (
    ("locking-table", re.compile(r"^LOCK\s+(?:TABLE\s+)?\w", re.I), "It stops every statement of the running version."),
    ("truncating-table", re.compile(r"^TRUNCATE\b", re.I), "It takes the rows away from the running version."),
    (
        "rewriting-table",
        re.compile(r"^(?:VACUUM\s+(?:\(?[^)]*\bFULL\b)|CLUSTER\b)", re.I),
        "It rewrites the table, and nobody reads it meanwhile.",
    ),
    (
        "unbounded-write",
        re.compile(r"^(?:UPDATE\s+(?!.*\bWHERE\b)|DELETE\s+FROM\s+(?!.*\bWHERE\b))", re.I | re.S),
        "It writes every row in one transaction: each is locked until the end. Write in batches, in an after-step.",
    ),
)
"""What Squawk has no rule for: name, statement, why."""

REMEDY = (
    "split it: add first, let the new version write both, take away in a later release (docs/zero-downtime.md); or,"
    ' when it is harmless, say so: `check: {accepted: [{rule: …, contains: "…", why: "…"}]}`, or `-- squawk-ignore`'
)


@dataclass(frozen=True)
class Unsafe:
    """A statement that is unsafe. where: the migration that has it, empty when no file does as it was sent."""

    rule: str
    statement: str
    why: str
    where: str = ""

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{shortened(self.statement)}  [{self.rule}] {self.why}"


def unsafe(statements: Sequence[str], *, major: str, squawk: Path | None = None) -> list[Unsafe]:
    """The unsafe ones, in their order. major: PostgreSQL's version."""
    kept = [one.rstrip().rstrip(";") for one in statements if _KEPT.match(one) and not _ROLES.match(one)]
    kept = [one for one in kept if not _bookkeeping(one)]
    if not kept:
        return []
    starts, line, text = [], 0, []
    for one in kept:
        starts.append(line)
        text.append(f"{one};\n")
        line += one.count("\n") + 1
    found = [
        (_at(starts, int(hit["line"])), Unsafe(hit["rule_name"], "", _sentence(hit)))
        for hit in _squawk("".join(text), major, squawk or Path(sys.executable).parent / "squawk")
    ]
    new = {name for one in kept for name in re.findall(_CREATED, one)}
    for index, one in enumerate(kept):
        bare = _comments(one)
        for rule, expression, why in OWN:
            if expression.search(bare) and f"squawk-ignore {rule}" not in one and not _on(bare, new):
                found.append((index, Unsafe(rule, "", why)))
    return [Unsafe(hit.rule, kept[index], hit.why) for index, hit in sorted(found, key=lambda pair: pair[0])]


_CREATED = re.compile(r"CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([\w.\"]+)", re.IGNORECASE)


def _on(statement: str, tables: set[str]) -> bool:
    """Whether the statement is about a table that the same migrations made: nobody uses that yet."""
    return any(re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", statement, re.IGNORECASE) for name in tables)


_OWN_TABLES = re.compile(
    r"\b(?:alembic_version|_prisma_migrations|django_migrations|knex_migrations\w*|schema_migrations\w*|"
    r"flyway_schema_history|goose_db_version|pgmigrations|schema_version)\b",
    re.IGNORECASE,
)


def _bookkeeping(statement: str) -> bool:
    """What migration tools do with their own tables."""
    return _OWN_TABLES.search(statement) is not None


def _squawk(text: str, major: str, program: Path) -> list[Mapping[str, str]]:
    words = [str(program), "--reporter", "json", "--pg-version", major, "--stdin-filepath", "pending.sql"]
    done = subprocess.run(words, input=text, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode not in (0, 1):
        said = (done.stderr or done.stdout).strip().splitlines()
        raise Broken(f"squawk cannot look at the statements: {said[0] if said else 'it said nothing'}", "`make setup`")
    return [hit for hit in json.loads(done.stdout or "[]") if hit["rule_name"] not in TASTE]


def _at(starts: Sequence[int], line: int) -> int:
    return max(index for index, start in enumerate(starts) if start <= line)


def _sentence(hit: Mapping[str, str]) -> str:
    return " ".join(f"{hit['message']} {hit.get('help') or ''}".split())


def _comments(statement: str) -> str:
    return re.sub(r"--[^\n]*\n?|/\*.*?\*/", "", statement, flags=re.DOTALL).strip()


def shortened(statement: str) -> str:
    """The statement on one line of at most 90 characters, without comments."""
    line = " ".join(_comments(statement).split())
    return line if len(line) <= 90 else line[:89] + "…"


def placed(found: Sequence[Unsafe], texts: Mapping[str, str]) -> list[Unsafe]:
    """The same, each with its migration's file and line where a file has the statement as it was sent."""
    return [Unsafe(one.rule, one.statement, one.why, _where(one.statement, texts)) for one in found]


def _where(statement: str, texts: Mapping[str, str]) -> str:
    words = [re.escape(word) for word in _comments(statement).split()]
    expression = re.compile(r"\s+".join(words), re.IGNORECASE)
    for name, text in texts.items():
        if hit := expression.search(text):
            return f"{name}, line {text.count(chr(10), 0, hit.start()) + 1}"
    return ""


def refused(found: Sequence[Unsafe], accepted: Sequence[Accepted]) -> tuple[list[Unsafe], list[str]]:
    """Those that nobody accepted, and the acceptances that fit nothing any more, as words."""
    used: set[int] = set()
    left = []
    for one in found:
        fits = [
            i for i, known in enumerate(accepted)
            if known.rule == one.rule and known.contains.lower() in " ".join(one.statement.split()).lower()
        ]  # fmt: skip
        used |= set(fits)
        if not fits:
            left.append(one)
    return left, [known.rule for i, known in enumerate(accepted) if i not in used]


def changes_schema(statement: str) -> bool:
    """Whether a statement makes, changes or drops something, beside the tool's own tables and what is only asserted
    (`IF NOT EXISTS`)."""
    bare = _comments(statement)
    asserted = re.search(r"\bIF\s+(?:NOT\s+)?EXISTS\b|\bOR\s+REPLACE\b|\bTEMP(?:ORARY)?\b", bare, re.IGNORECASE)
    made = re.match(r"(?:CREATE|ALTER|DROP|TRUNCATE)\b", bare, re.IGNORECASE)
    return bool(made) and not asserted and not _ROLES.match(bare) and not _bookkeeping(bare)

"""Finds unsafe SQL in the statements that the pending migrations sent: locks, drops and renames under a running
version.

The linter is Squawk (PyPI squawk-cli). It reads the statements that the server logged, so it works for every tool: SQL
files, Alembic, Django or Prisma. Rules of style are left out.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from check.migrations.statement import NAME, bare, bookkeeping, folded, names, roles, shortened
from check.result import Broken
from infra.settings.check import Accepted

SECONDS = 60.0

TASTE = (
    "prefer-bigint-over-int", "prefer-bigint-over-smallint", "prefer-identity", "prefer-robust-stmts",
    "prefer-text-field", "prefer-timestamp-tz", "ban-char-field", "require-timeout-settings", "require-lock-timeout",
    "require-statement-timeout", "require-table-schema", "require-enum-value-ordering", "identifier-too-long",
    "transaction-nesting", "ban-uncommitted-transaction", "unused-ignore", "syntax-error", "ban-drop-index",
)  # fmt: skip
"""Squawk's rules about neither errors nor locks: style, settings of a tool's connection, and errors of its parser on
statements that the server accepted."""

_KEPT = re.compile(
    r"^(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*(?:CREATE|ALTER|DROP|TRUNCATE|COMMENT|VACUUM|CLUSTER|REINDEX|LOCK|REFRESH|UPDATE|"
    r"DELETE|BEGIN|START|COMMIT|END|ROLLBACK|SET|REVOKE)\b",
    re.IGNORECASE | re.DOTALL,
)
"""Statements that can lock or break something; a comment before them may accept the finding."""

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

CONCURRENT = re.compile(
    rf"^(?:CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?P<asserted>IF\s+NOT\s+EXISTS\s+)?(?:(?P<name>{NAME})\s+)?ON\b|"
    r"REINDEX\b.*\bCONCURRENTLY\b)",
    re.IGNORECASE | re.DOTALL,
)
IF_NOT_EXISTS, UNCHECKED = "concurrent-index-if-not-exists", "concurrent-index-unchecked"
WARNINGS = {
    IF_NOT_EXISTS: "An interrupted run (a lock timeout) leaves the index invalid, and the next one skips it.",
    UNCHECKED: "An interrupted run (a lock timeout) leaves the index invalid, and no step checks for invalid indexes.",
}
"""Rules that only warn, because the statement itself is right. PostgreSQL, CREATE INDEX, "Building Indexes
Concurrently"."""


@dataclass(frozen=True)
class Unsafe:
    """A statement that is unsafe.

    Attributes:
        where: the migration that has it; empty when no file has it as it was sent.
    """

    rule: str
    statement: str
    why: str
    where: str = ""

    @property
    def warning(self) -> bool:
        return self.rule in WARNINGS

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{shortened(self.statement)}  [{self.rule}] {self.why}"


def unsafe(
    statements: Sequence[str],
    *,
    major: str,
    released: Collection[str],
    checked: bool = False,
    squawk: Path | None = None,
) -> list[Unsafe]:
    """Return the unsafe statements, in their order.

    Args:
        statements: all that the pending migrations sent.
        major: PostgreSQL's major version.
        released: names in the released schema (tables, schemas, types, …). A statement on new objects only is safe,
            because no version uses them, and they hold no released data.
        checked: whether a step checks for invalid indexes.
    """
    kept = [one.rstrip().rstrip(";") for one in statements if _KEPT.match(one) and not roles(one)]
    kept = [one for one in kept if not bookkeeping(one)]
    if not kept:
        return []
    starts, line, text = [], 0, []
    for one in kept:
        starts.append(line)
        text.append(f"{one};\n")
        line += one.count("\n") + 1
    found = [
        (_at(starts, int(hit["line"])), hit["rule_name"], _sentence(hit))
        for hit in _squawk("".join(text), major, squawk or Path(sys.executable).parent / "squawk")
    ]
    for index, one in enumerate(kept):
        for rule, expression, why in OWN:
            if expression.search(bare(one)):
                found.append((index, rule, why))
        if rule := _concurrent(kept, index, checked):
            found.append((index, rule, WARNINGS[rule]))
    in_use = _in_use(kept, released)
    return [
        Unsafe(rule, kept[index], why)
        for index, rule, why in sorted(found, key=lambda one: one[0])
        if in_use[index] and not re.search(rf"squawk-ignore\b.*\b{rule}\b", kept[index])
    ]


def _concurrent(kept: Sequence[str], index: int, checked: bool) -> str:
    """Return the rule that a CREATE INDEX CONCURRENTLY breaks; empty for none.

    An index that is dropped first is built again by the next run.
    """
    found = CONCURRENT.search(bare(kept[index]))
    if not found:
        return ""
    name = folded(found["name"].rpartition(".")[2]) if found["name"] else ""
    dropped = (one for one in kept[:index] if re.match(r"DROP\s+INDEX\b", bare(one), re.IGNORECASE))
    if name and any(name in names(one) for one in dropped):
        return ""
    if found["asserted"]:
        return IF_NOT_EXISTS
    return "" if checked else UNCHECKED


def _in_use(kept: Sequence[str], released: Collection[str]) -> list[bool]:
    """Return for each statement whether it concerns an object of the released schema, also if that was renamed."""
    known = set(released)
    found = []
    for one in kept:
        text = bare(one)
        about = names(text) if _WHOLE.match(text) is None else known
        if target := _TARGET.match(text):
            about = {folded(word) for word in re.findall(NAME, target["name"])} | {
                folded(hit[1].rpartition(".")[2]) for hit in _REFERENCES.finditer(text)
            }
        found.append(bool(about & known))
        if found[-1] and (renamed := _RENAMED.search(text)):
            known.add(folded(renamed[1]))
    return found


_NAMED = rf"(?P<name>{NAME}(?:\s*\.\s*{NAME})*)"
_TARGET = re.compile(
    rf"(?:ALTER\s+TABLE|ALTER\s+MATERIALIZED\s+VIEW|ALTER\s+(?:VIEW|INDEX|SEQUENCE)|UPDATE|DELETE\s+FROM|"
    rf"CREATE\s+(?:UNIQUE\s+)?INDEX\b.*?\bON)\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?{_NAMED}",
    re.IGNORECASE | re.DOTALL,
)
"""A statement about one table; in all other statements every name counts."""
_REFERENCES = re.compile(
    rf"\b(?:REFERENCES|ATTACH\s+PARTITION|DETACH\s+PARTITION|INHERIT)\s+({NAME}(?:\s*\.\s*{NAME})*)", re.IGNORECASE
)
"""Another table that the statement locks."""
_RENAMED = re.compile(rf"\bRENAME\s+TO\s+({NAME})", re.IGNORECASE)
_WHOLE = re.compile(
    r"(?:VACUUM|CLUSTER)\b(?:\s*\([^)]*\)|\s+(?:FULL|FREEZE|VERBOSE|ANALY[SZ]E))*\s*$|"
    r"REINDEX\s*(?:\([^)]*\))?\s*(?:DATABASE|SYSTEM)\b",
    re.IGNORECASE,
)
"""A statement about all tables: it names none, or the database."""


def _squawk(text: str, major: str, program: Path) -> list[Mapping[str, str]]:
    found_text = [str(program), "--reporter", "json", "--pg-version", major, "--stdin-filepath", "pending.sql"]
    done = subprocess.run(found_text, input=text, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode not in (0, 1):
        said = (done.stderr or done.stdout).strip().splitlines()
        raise Broken(f"squawk cannot look at the statements: {said[0] if said else 'it said nothing'}", "`make setup`")
    return [hit for hit in json.loads(done.stdout or "[]") if hit["rule_name"] not in TASTE]


def _at(starts: Sequence[int], line: int) -> int:
    return max(index for index, start in enumerate(starts) if start <= line)


def _sentence(hit: Mapping[str, str]) -> str:
    return " ".join(f"{hit['message']} {hit.get('help') or ''}".split())


def placed(found: Sequence[Unsafe], texts: Mapping[str, str]) -> list[Unsafe]:
    """Return the same, with the migration's file and line where a file has the statement as it was sent."""
    return [Unsafe(one.rule, one.statement, one.why, where(one.statement, texts)) for one in found]


def where(statement: str, texts: Mapping[str, str]) -> str:
    """Return the file and line that has a statement as it was sent; empty when none has."""
    found_text = [re.escape(word) for word in bare(statement).split()]
    expression = re.compile(r"\s+".join(found_text), re.IGNORECASE)
    for name, text in texts.items():
        if hit := expression.search(text):
            return f"{name}, line {text.count(chr(10), 0, hit.start()) + 1}"
    return ""


def refused(found: Sequence[Unsafe], accepted: Sequence[Accepted]) -> tuple[list[Unsafe], list[str]]:
    """Return the findings without an acceptance, and the acceptances without a finding, as text."""
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

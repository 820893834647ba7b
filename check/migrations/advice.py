"""Fixes for statements that stop the running version, by the rule that they break, or by their text. Pure.

Sources: PostgreSQL, "Explicit Locking", CREATE INDEX, ALTER TABLE; how a tool runs without a transaction: Django
"PostgreSQL specific model operations", Rails "Active Record Migrations", Alembic "Operation Reference", Prisma
"Customizing migrations", Knex "Transactions in migrations", Flyway "Script config files".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from check.migrations.statement import bare

_BY_TOOL: Mapping[str, str] = {
    "Django": "AddIndexConcurrently or RemoveIndexConcurrently, and `atomic = False`",
    "Rails": "`disable_ddl_transaction!` and `algorithm: :concurrently`",
    "Alembic": "`with op.get_context().autocommit_block():` and `postgresql_concurrently=True`",
    "Prisma": "a migration file that holds this statement alone",
    "Knex": "`exports.config = { transaction: false }` and `knex.raw`",
    "Flyway": "`executeInTransaction=false` in the script's .conf file",
    "golang-migrate": "a file that holds this statement alone",
}
_ALONE = "a file that holds this statement alone, and the tool's option for no transaction"
SPLIT = "split it: add first, let the new version write both, remove in a later release (docs/zero-downtime.md)"
APART = (
    "commit right after this statement: move the following statements to a migration (a transaction) of their own, and"
    " change rows in batches, in a step with phase: after"
)
_INDEX = "use CONCURRENTLY, in a migration of its own outside of a transaction ({tool})"
_REPEATABLE = (
    "put DROP INDEX CONCURRENTLY IF EXISTS before it and leave IF NOT EXISTS out: a run after an interrupted one then"
    " builds the index again ({tool})"
)
_VERIFY = (
    "let the last step fail on an invalid index (examples/orders/verify.sql), or put DROP INDEX CONCURRENTLY IF EXISTS"
    " before the statement"
)
_TYPE = (
    "add a column of the new type, let the new version write both, copy the rows in batches in a step with phase:"
    " after, and drop the old column in a later release"
)
_REQUIRED = (
    "give the column a DEFAULT; or add it without NOT NULL, fill it in batches, then ADD CHECK (… IS NOT NULL) NOT"
    " VALID, VALIDATE CONSTRAINT, and SET NOT NULL, each in a migration of its own"
)
_CONSTRAINT = "add it NOT VALID, and VALIDATE CONSTRAINT in the next migration, which only reads the table"
_UNIQUE = "CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT … UNIQUE USING INDEX"
_WRITE = "write in batches with a commit after each, in a step with phase: after"
_LOCK = "remove it: the statements of a migration take the locks that they need"
_REWRITE = "remove it from the deploy: run it in a maintenance window, or use pg_repack"
_RELAXED = "first release a version that can read NULL there; then it is harmless"

_BY_RULE: Mapping[str, str] = {
    "require-concurrent-index-creation": _INDEX,
    "require-concurrent-index-deletion": _INDEX,
    "require-concurrent-reindex": _INDEX,
    "require-concurrent-partition-detach": _INDEX,
    "ban-concurrent-index-creation-in-transaction": _INDEX,
    "concurrent-index-if-not-exists": _REPEATABLE,
    "concurrent-index-unchecked": _VERIFY,
    "changing-column-type": _TYPE,
    "adding-required-field": _REQUIRED,
    "adding-not-nullable-field": _REQUIRED,
    "adding-field-with-default": _REQUIRED,
    "adding-serial-primary-key-field": _TYPE,
    "adding-foreign-key-constraint": _CONSTRAINT,
    "constraint-missing-not-valid": _CONSTRAINT,
    "disallowed-unique-constraint": _UNIQUE,
    "unbounded-write": _WRITE,
    "truncating-table": _WRITE,
    "ban-truncate-cascade": _WRITE,
    "locking-table": _LOCK,
    "rewriting-table": _REWRITE,
    "prefer-repack": _REWRITE,
    "ban-drop-not-null": _RELAXED,
}
"""The fix of every other rule is SPLIT, because the running version may use the object."""

_UNIQUELY = r"ALTER\s+TABLE\b.*\bADD\s+(?:CONSTRAINT\s+\S+\s+)?(?:UNIQUE|PRIMARY)\b"
_BY_TEXT = (
    (r"(?:CREATE\s+(?:UNIQUE\s+)?INDEX|REINDEX|DROP\s+INDEX)\b", "require-concurrent-index-creation"),
    (r"(?:VACUUM|CLUSTER)\b", "rewriting-table"),
    (r"LOCK\b", "locking-table"),
    (r"(?:TRUNCATE|UPDATE|DELETE)\b", "unbounded-write"),
    (r"ALTER\s+TABLE\b.*\bALTER\s+(?:COLUMN\s+)?\S+\s+(?:SET\s+DATA\s+)?TYPE\b", "changing-column-type"),
    (_UNIQUELY, "disallowed-unique-constraint"),
    (
        r"ALTER\s+TABLE\b.*\bADD\s+(?:CONSTRAINT\s+\S+\s+)?(?:FOREIGN|CHECK)\b|ALTER\s+TABLE\b.*\bREFERENCES\b",
        "constraint-missing-not-valid",
    ),
    (r"ALTER\s+TABLE\b.*\bSET\s+NOT\s+NULL\b", "adding-not-nullable-field"),
    (r"ALTER\s+TABLE\b.*\bADD\b", "adding-field-with-default"),
)


def of_rule(rule: str, tools: Iterable[str] = (), statement: str = "") -> str:
    """Return the fix for a broken rule.

    Args:
        tools: the migration tools in use, as `check.source.layouts` names them.
        statement: the statement that breaks the rule; a UNIQUE constraint cannot be NOT VALID.
    """
    if rule == "constraint-missing-not-valid" and re.search(_UNIQUELY, bare(statement), re.IGNORECASE | re.DOTALL):
        rule = "disallowed-unique-constraint"
    known = [_BY_TOOL[tool] for tool in tools if tool in _BY_TOOL]
    return _BY_RULE.get(rule, SPLIT).format(tool=" or ".join(known) or _ALONE)


def of_statement(statement: str, tools: Iterable[str] = ()) -> str:
    """Return the fix for a statement that itself holds a lock for long."""
    text = bare(statement)
    for expression, rule in _BY_TEXT:
        if re.match(expression, text, re.IGNORECASE | re.DOTALL):
            return of_rule(rule, tools)
    return SPLIT


def accepting(rule: str, *, in_sql: bool = True) -> str:
    """Return how to accept a harmless finding.

    Args:
        in_sql: the finding is about a statement, which can have a comment.
    """
    comment = f", or `-- squawk-ignore {rule}` in the SQL" if in_sql else ""
    return (
        f'when it is harmless, accept it: `check: {{accepted: [{{rule: {rule}, contains: "…", why: "…"}}]}}`{comment}'
    )

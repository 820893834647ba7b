"""How an operator lists and ends the sessions that hold a database lock.

Both go through a task of the image, because nothing else reaches the database.

Sources: PostgreSQL, "System Information Functions" (pg_blocking_pids), "Server Signaling Functions"
(pg_terminate_backend: of the own role's sessions, or with pg_signal_backend) and "pg_stat_activity".
"""

from __future__ import annotations

OPEN = (
    "select pid, usename, state, now() - xact_start as open, pg_blocking_pids(pid) as waits_for, left(query, 60) "
    "as query from pg_stat_activity where pid <> pg_backend_pid() and (xact_start is not null or pid in (select pid "
    "from pg_locks where locktype = 'advisory')) order by xact_start"
)
"""The sessions that may hold a lock: those with an open transaction or an advisory lock, which can outlive one."""
END = "select pg_terminate_backend(PID)"
CHAPTER = "A lock that stays"
"""A chapter of docs/runbook.md."""


def psql(statement: str) -> str:
    """Return the operator's command for a statement; the image needs psql and its PG… variables."""
    return f'sluice run --read-only -- psql -c "{statement}"'


SEEN = (
    f"the sessions that may hold it: `{psql(OPEN)}`; end one: `{psql(END)}`. Without psql in the image, or for another "
    f'user\'s session: docs/runbook.md, "{CHAPTER}"'
)

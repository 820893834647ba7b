"""From samples of pg_locks and the server's log to the statement that held a lock, and for how long."""

from __future__ import annotations

from check.migrations.catalog import Table
from check.migrations.locks import Held, LockSample, blamed, merged
from check.migrations.statement import SqlStatement

NOTES = Table("shop", 16400, "public.notes")


def sample(at: float, mode: str = "AccessExclusiveLock", transaction: str = "3/2", session: int = 7) -> LockSample:
    return LockSample(at, transaction, session, "shop", NOTES.oid, mode)


def sent(at: float, text: str, transaction: str = "3/2", session: int = 7, database: str = "shop") -> SqlStatement:
    return SqlStatement(text, at, session, database, transaction)


def test_a_transactions_samples_are_one_lock_a_mode() -> None:
    samples = [
        sample(100.1), sample(100.2), sample(103.0), sample(100.2, "ShareLock"),
        sample(103.0, transaction="4/1", session=8), sample(103.1, transaction="3/3"),
    ]  # fmt: skip
    found = merged(samples, lambda one: NOTES)
    assert [(one.session, one.mode, round(one.seconds, 3)) for one in found] == [
        (7, "AccessExclusiveLock", 2.9), (7, "ShareLock", 0.0), (8, "AccessExclusiveLock", 0.0),
        (7, "AccessExclusiveLock", 0.0),
    ]  # fmt: skip


DJANGO = [
    sent(90.0, "ALTER TABLE notes ADD before int", "3/1"),
    sent(100.0, "BEGIN"),
    sent(100.1, "ALTER TABLE other ADD a int"),
    sent(100.2, 'ALTER TABLE "notes" ADD colour text'),
    sent(100.2, "CREATE INDEX i ON notes (colour)"),
    *(sent(100.3 + number / 1000, "UPDATE notes SET colour = 'x' WHERE id = $1") for number in range(1000)),
    sent(101.5, "COMMIT"),
    sent(102.0, "ALTER TABLE notes ADD later int", "3/3"),
]


def lock(mode: str, begun: float, ended: float, transaction: str = "3/2") -> Held:
    return Held(NOTES, 7, mode, transaction, begun, ended)


def test_the_first_statement_of_the_transaction_that_takes_such_a_lock_is_named() -> None:
    """Not what the sample happened to see, not another transaction's, not another table's."""
    held = blamed(lock("AccessExclusiveLock", 100.5, 101.5), DJANGO)
    assert held.statement == DJANGO[3]
    assert round(held.seconds, 2) == 1.3, "from when it was sent"
    assert held.after == 1002, "the index, the loop and the commit"
    assert round(held.own, 2) == 0.0


def test_a_share_lock_is_an_indexs() -> None:
    held = blamed(lock("ShareLock", 100.5, 101.5), DJANGO)
    assert held.statement == DJANGO[4]


def test_a_statement_that_works_long_itself_has_the_seconds() -> None:
    """Its transaction is its own: the next statement is in another one."""
    statements = [sent(100.0, "CREATE INDEX i ON notes (colour)"), sent(104.0, "SELECT 1", "3/3")]
    held = blamed(lock("ShareLock", 100.02, 103.9), statements)
    assert (held.statement, held.after) == (statements[0], 0)
    assert round(held.own, 1) == 3.9


def test_sessions_and_databases_are_told_apart() -> None:
    statements = [
        sent(100.0, "ALTER TABLE notes ADD a int", session=8),
        sent(100.0, "ALTER TABLE notes ADD b int", database="tenant"),
        sent(100.0, "CALL migrate()", "3/1"),
    ]
    held = blamed(lock("AccessExclusiveLock", 100.1, 101.0), statements)
    assert held.statement == statements[2], "a procedure that commits: its later transactions have no statement"
    assert blamed(lock("AccessExclusiveLock", 100.1, 101.0), statements[:2]).statement is None

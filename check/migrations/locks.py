"""Measures which locks the pending migrations hold, for how long, and which statement takes them.

A session of the check reads the held locks every few milliseconds. Only tables that existed before the migrations
count: no version waits for a new table. Sources: PostgreSQL, "pg_locks" and "Table-Level Locks".
"""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from types import TracebackType

from check.migrations.catalog import Table
from check.migrations.scratch import Scratch
from check.migrations.statement import OURS, SqlStatement, bare, folded, names

INTERVAL = 0.02
"""Seconds between two samples."""
END_SECONDS = 10.0

MODES = {
    "ShareLock": ("SHARE", "writes"),
    "ShareRowExclusiveLock": ("SHARE ROW EXCLUSIVE", "writes"),
    "ExclusiveLock": ("EXCLUSIVE", "writes"),
    "AccessExclusiveLock": ("ACCESS EXCLUSIVE", "reads and writes"),
}
"""The modes that block a service: the manual's name, and what waits."""

_ASKED = """
    SELECT extract(epoch FROM clock_timestamp()), l.virtualtransaction, l.pid, d.datname, l.relation, l.mode
    FROM pg_locks l JOIN pg_database d ON d.oid = l.database JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.granted AND l.locktype = 'relation' AND a.backend_type = 'client backend'
      AND a.application_name <> 'sluice-check'
      AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock');
"""
_TAKES = re.compile(
    r"(?:CREATE|ALTER|DROP|TRUNCATE|LOCK|REINDEX|CLUSTER|VACUUM|REFRESH|DO|CALL|SELECT)\b", re.IGNORECASE
)
_SHARE = re.compile(r"(?:CREATE\s+(?:UNIQUE\s+)?INDEX|REINDEX|LOCK|DO|CALL|SELECT)\b", re.IGNORECASE)


@dataclass(frozen=True)
class LockSample:
    """A lock that was held at one time.

    Attributes:
        at: seconds since the epoch, by the server's clock.
        transaction: its virtual id.
    """

    at: float
    transaction: str
    session: int
    database: str
    oid: int
    mode: str


@dataclass(frozen=True)
class Held:
    """A lock, from the first to the last sample that shows it.

    Attributes:
        mode: a key of MODES.
        transaction: the virtual id of its transaction.
        begun, ended: seconds since the epoch, by the server's clock.
        statement: the statement that took it; None when the log has none.
        after: number of statements of the same transaction between that one and the lock's end.
        own: seconds for which the statement itself ran.
    """

    table: Table
    session: int
    mode: str
    transaction: str
    begun: float
    ended: float
    statement: SqlStatement | None = None
    after: int = 0
    own: float = 0.0

    @property
    def seconds(self) -> float:
        return self.ended - self.begun


class LockSampler:
    """A context that samples a scratch server's locks; `held` returns the locks.

    Args:
        scratch: the server.
        tables: the tables that count.

    Attributes:
        seen: False when no sample succeeded, so that the locks are unknown.
    """

    def __init__(self, scratch: Scratch, tables: Sequence[Table]) -> None:
        self._tables = {(one.database, one.oid): one for one in tables}
        self._samples: list[LockSample] = []
        self._stop = threading.Event()
        self._child = subprocess.Popen(
            ["docker", "exec", "-i", "--env", f"PGAPPNAME={OURS}", scratch.name, *scratch.psql("postgres")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.seen = False

    def __enter__(self) -> LockSampler:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(END_SECONDS)
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait(END_SECONDS)

    def _sample(self) -> None:
        asks, answers = self._child.stdin, self._child.stdout
        if asks is None or answers is None:
            return
        try:
            while not self._stop.wait(INTERVAL):
                asks.write(f"{_ASKED}\\echo .\n")
                asks.flush()
                for line in iter(answers.readline, ".\n"):
                    if not line:
                        return
                    self._take(line)
                self.seen = True
            asks.close()
        except OSError:  # the server has stopped, so no session holds a lock
            return

    def _take(self, line: str) -> None:
        at, transaction, session, database, oid, mode = line.rstrip("\n").split("\t")
        if (database, int(oid)) in self._tables:
            self._samples.append(LockSample(float(at), transaction, int(session), database, int(oid), mode))

    def held(self, statements: Sequence[SqlStatement]) -> list[Held]:
        """Return the sampled locks, the longest first, each with its statement.

        Args:
            statements: those of the same period.
        """
        found = merged(self._samples, lambda one: self._tables[one.database, one.oid])
        return sorted((blamed(one, statements) for one in found), key=lambda one: one.seconds, reverse=True)


def merged(samples: Iterable[LockSample], table: Callable[[LockSample], Table]) -> list[Held]:
    """Return one lock for all samples of a transaction, table and mode."""
    found: dict[tuple[int, str, str, int, str], Held] = {}
    for one in samples:
        key = (one.session, one.transaction, one.database, one.oid, one.mode)
        if key in found:
            found[key] = replace(found[key], ended=one.at)
        else:
            found[key] = Held(table(one), one.session, one.mode, one.transaction, one.at, one.at)
    return list(found.values())


def blamed(lock: Held, statements: Sequence[SqlStatement]) -> Held:
    """Return the lock with its statement: the first of its transaction that takes such a lock and names the table.

    Without one (a procedure that commits), it is the session's last statement before the lock was first seen.
    """
    of_session = [one for one in statements if one.session == lock.session and one.database == lock.table.database]
    together = [one for one in of_session if one.transaction == lock.transaction and one.at <= lock.ended]
    takes = _SHARE if lock.mode == "ShareLock" else _TAKES
    name = folded(lock.table.name.rpartition(".")[2])
    for position, one in enumerate(together):
        if takes.match(bare(one.text)) and name in names(one.text):
            later = together[position + 1 :]
            end = later[0].at if later else lock.ended
            begun = min(one.at, lock.begun)
            return replace(lock, begun=begun, statement=one, after=len(later), own=max(0.0, end - begun))
    before = [one for one in of_session if one.at <= lock.begun]
    return replace(lock, statement=before[-1], own=lock.seconds) if before else lock

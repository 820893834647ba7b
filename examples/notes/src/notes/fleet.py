"""One thing done to every tenant of a shard, one after another: who fails stops nobody else."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from notes import failure, lock, revision
from notes.connection import Unavailable, connect
from notes.schema import Unreadable
from notes.settings import Database
from notes.tenant import Tenant
from notes.visit import STATEMENT_LOCK_TIMEOUT, Say, Visit

PROGRESS_SECONDS = 5.0
"""After so long without a line one is said, so that silence always means trouble."""


@dataclass
class Tally:
    """What became of the tenants. `left` were not tried, because the server itself failed."""

    idle: int = 0
    done: int = 0
    failed: list[str] = field(default_factory=list)
    left: int = 0

    def line(self, done: str) -> str:
        counts = [f"{self.idle} up to date", f"{self.done} {done}", f"{len(self.failed)} failed"]
        return ", ".join(counts + ([f"{self.left} not tried"] if self.left else []))

    def complaint(self) -> str | None:
        """One line for people when not all went well; names at most ten."""
        if not self.failed:
            return None
        names = ", ".join(self.failed[:10]) + (f" and {len(self.failed) - 10} more" if len(self.failed) > 10 else "")
        tenants = self.idle + self.done + len(self.failed) + self.left
        left = f", {self.left} were not tried" if self.left else ""
        return f"{len(self.failed)} of {tenants} tenants failed{left}: {names}"


def each(
    database: Database,
    tenants: Sequence[Tenant],
    visit: Visit,
    say: Say,
    *,
    open_connection: Callable[..., psycopg.Connection[Any]] = connect,
    clock: Callable[[], float] = time.monotonic,
) -> Tally:
    """Visit each tenant's database. A failure is one line that names the tenant; a failing server ends the round."""
    tally, spoke = Tally(), clock()
    for number, tenant in enumerate(tenants, start=1):

        def tell(text: str, name: str = tenant.id) -> None:
            nonlocal spoke
            say(f"{name}: {text}")
            spoke = clock()

        try:
            where = database.named(tenant.database)
            with open_connection(where, "migrate", tell, lock_timeout=STATEMENT_LOCK_TIMEOUT) as connection:
                worked = visit(connection, tell)
        except Unavailable as error:
            tell(f"FAILED: {error}")
            tally.failed.append(tenant.id)
            if error.everywhere:
                tally.left = len(tenants) - number
                return tally
        except (revision.Failed, lock.Busy, Unreadable) as error:
            tell(f"FAILED: database {tenant.database}: {error}")
            tally.failed.append(tenant.id)
        except psycopg.Error as error:
            tell(f"FAILED: {failure.explain(where, error)}")
            tally.failed.append(tenant.id)
        except KeyboardInterrupt:
            tell("interrupted")
            raise
        else:
            tally.done += worked
            tally.idle += not worked
        if clock() - spoke >= PROGRESS_SECONDS:
            say(f"{number} of {len(tenants)} tenants visited")
            spoke = clock()
    return tally

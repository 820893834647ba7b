"""`migrate` brings databases to this image's newest revision, proves that they are there, and takes revisions back.

Exit codes: 0 done, 1 failed or not at the newest revision, 2 wrong usage, 130 Ctrl-C, 143 SIGTERM; a revision of the
master database that calls sys.exit(n) ends the process with n. Each revision is a transaction of its own: what is
reported is committed.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg

from notes import (
    bootstrap,
    failure,
    fleet,
    inputs,
    lock,
    provision,
    revision,
    schema,
    settings,
    tenant,
    termination,
    visit,
)
from notes.connection import Unavailable, connect
from notes.inputs import Organisation, Shard, Target
from notes.revision import Runner, exit_code
from notes.schema import MASTER, TENANT, History, Unreadable
from notes.settings import Database
from notes.visit import STATEMENT_LOCK_TIMEOUT, Visit


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
        options = parse(arguments)
        code: int = COMMANDS[options.action](options.lock_seconds)
    except (Stopped, revision.Failed) as stopped:
        if str(stopped):
            print(f"migrate: {stopped}", file=sys.stderr, flush=True)
        code = stopped.code
    except (
        settings.Invalid,
        Unavailable,
        Unreadable,
        lock.Busy,
        provision.Refused,
        bootstrap.Refused,
    ) as error:
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
    for name, command in COMMANDS.items():
        action = actions.add_parser(name, help=command.__doc__, description=command.__doc__)
        action.add_argument(
            "--lock-seconds", type=int, default=120, metavar="N", help="how long to wait for another run to end (120)"
        )
    return parser.parse_args(arguments)


def read(path: Path) -> History:
    try:
        return schema.read(path)
    except SystemExit as error:
        raise Stopped("a revision called sys.exit while it was loaded", exit_code(error.code)) from error


def bootstrap_roles(lock_seconds: int) -> int:
    """as the master user: make the owner role and the app role"""
    database, roles = inputs.roles()
    try:
        tally = bootstrap.bootstrap(database, roles, lock_seconds, say)
    except psycopg.Error as error:
        raise Stopped(failure.explain(database, error)) from error
    return concluded(tally)


def master(lock_seconds: int) -> int:
    """apply every pending revision to the master database"""
    database = settings.database()
    history = read(MASTER)
    worked = on_master(database, visit.upgrade(Runner(history), lock_seconds))
    say(f"{'done' if worked else 'nothing to do'}: the database is at {history.head}")
    return 0


def tenants(lock_seconds: int) -> int:
    """apply every pending revision to the tenants' databases"""
    database, shard = settings.read(Database, Shard)
    return on_tenants(database, shard, visit.upgrade(Runner(read(TENANT)), lock_seconds), "migrated")


def verify(_lock_seconds: int) -> int:
    """exit 0 only when no revision is pending and no index invalid in any database"""
    database, shard = settings.read(Database, Shard)
    histories = read(MASTER), read(TENANT)
    behind = on_master(database, visit.verify(histories[0]))
    found: list[tenant.Tenant] | None = None
    if behind and not master_has_tenants(database):
        say("the tenants cannot be verified before that")
    else:
        found = mine(database, shard)
    tally = fleet.each(database, found or [], visit.verify(histories[1]), say)
    if found is not None:
        say(f"{len(found)} tenants: {tally.line('behind')}")
    if complaint := tally.complaint():
        raise Stopped(complaint)
    if behind or tally.done:
        raise Stopped(f"revisions are pending or indexes invalid in {int(behind) + tally.done} databases")
    say(f"verified: the database is at {histories[0].head}, nothing is pending")
    return 0


def provision_tenant(lock_seconds: int) -> int:
    """create, migrate and register the database of the tenant CLERK_ORG_ID"""
    database, organisation = settings.read(Database, Organisation)
    runner = Runner(read(TENANT))
    with connect(database, "migrate", say, lock_timeout=STATEMENT_LOCK_TIMEOUT) as connection:
        try:
            provision.provision(connection, database, runner, organisation.clerk_org_id, lock_seconds, say)
        except psycopg.Error as error:
            raise Stopped(failure.explain(database, error)) from error
    return 0


def rollback_master(lock_seconds: int) -> int:
    """take the master database back by one revision, or to ROLLBACK_TO"""
    database, target = settings.read(Database, Target)
    history = read(MASTER)
    history.surplus((), target.rollback_to)  # a wrong target is told before anything is connected to
    worked = on_master(database, visit.downgrade(Runner(history), target.rollback_to, lock_seconds))
    say("done" if worked else "nothing to do: the database is there already, or before it")
    return 0


def rollback_tenants(lock_seconds: int) -> int:
    """take the tenants' databases back by one revision, or to ROLLBACK_TO"""
    database, shard, target = settings.read(Database, Shard, Target)
    history = read(TENANT)
    history.surplus((), target.rollback_to)
    step = visit.downgrade(Runner(history), target.rollback_to, lock_seconds)
    return on_tenants(database, shard, step, "taken back")


def on_master(database: Database, step: Visit) -> bool:
    with connect(database, "migrate", say, lock_timeout=STATEMENT_LOCK_TIMEOUT) as connection:
        try:
            return step(connection, say)
        except psycopg.Error as error:
            raise Stopped(failure.explain(database, error)) from error


def master_has_tenants(database: Database) -> bool:
    with connect(database, "migrate", say) as connection:
        return tenant.registry_exists(connection)


def mine(database: Database, shard: Shard) -> list[tenant.Tenant]:
    """This shard's tenants. The connection is closed again: a task holds one at a time."""
    with connect(database, "migrate", say) as connection:
        try:
            everyone = tenant.listed(connection)
        except psycopg.Error as error:
            raise Stopped(failure.explain(database, error)) from error
    found = [one for one in everyone if shard.holds(one.id)]
    if shard.count > 1:
        say(f"shard {shard.index} of {shard.count}: {len(found)} of {len(everyone)} tenants")
    return found


def on_tenants(database: Database, shard: Shard, step: Visit, done: str) -> int:
    found = mine(database, shard)
    tally = fleet.each(database, found, step, say)
    say(f"{len(found)} tenants: {tally.line(done)}")
    return concluded(tally)


def concluded(tally: fleet.Tally) -> int:
    if complaint := tally.complaint():
        raise Stopped(complaint)
    return 0


COMMANDS: dict[str, Callable[[int], int]] = {
    "bootstrap": bootstrap_roles,
    "master": master,
    "tenants": tenants,
    "verify": verify,
    "provision": provision_tenant,
    "rollback-master": rollback_master,
    "rollback-tenants": rollback_tenants,
}

if __name__ == "__main__":
    termination.install()
    main()

"""Tenants on a real server: provisioned, migrated in shards, poisoned, locked, interrupted, taken back."""

from __future__ import annotations

import signal

import pytest

from tests.e2e.notes.stage import DEADLINE, Stage, finish

ABC = ("org_a", "org_b", "org_c")
COLOUR = 'op.execute("ALTER TABLE notes ADD COLUMN colour text")'
COLOURLESS = 'op.execute("ALTER TABLE notes DROP COLUMN colour")'


def test_without_roles_of_its_own_everything_works_with_one_user(stage: Stage) -> None:
    stage.migrate("master")
    stage.provision(*ABC)
    assert stage.migrate("tenants").lines[-1] == "3 tenants: 3 up to date, 0 migrated, 0 failed"
    assert stage.migrate("verify").lines[-1] == "verified: the database is at 0002, nothing is pending"


def test_provision_again_has_nothing_to_do(bootstrapped: Stage) -> None:
    stage = bootstrapped
    again = stage.migrate("provision", login=stage.owner, CLERK_ORG_ID="org_a")
    assert again.lines == [f"nothing to do: tenant org_a is in database {stage.of('org_a')} at 0001"]


@pytest.mark.parametrize("half", ["an empty database", "a migrated database"])
def test_a_half_provisioned_tenant_is_repaired(bootstrapped: Stage, half: str) -> None:
    stage = bootstrapped
    if half == "an empty database":
        stage.sql(f'CREATE DATABASE "{stage.of("org_half")}"', login=stage.owner)
    else:
        stage.provision("org_half", login=stage.owner)
        stage.sql("DELETE FROM tenants WHERE id = 'org_half'", login=stage.owner)
    stage.provision("org_half", login=stage.owner)
    assert stage.revisions("org_half") == ["0001"]
    assert stage.sql("SELECT database FROM tenants WHERE id = 'org_half'") == [(stage.of("org_half"),)]
    assert stage.sql("SELECT * FROM notes", database=stage.of("org_half"), login=stage.app) == []


def test_what_provision_does_not_touch(bootstrapped: Stage) -> None:
    stage = bootstrapped
    stage.sql(f'CREATE DATABASE "{stage.of("org_foreign")}"', login=stage.owner)
    stage.sql("CREATE TABLE invoices (i int)", database=stage.of("org_foreign"), login=stage.owner)
    refused = stage.migrate("provision", login=stage.owner, expect=1, CLERK_ORG_ID="org_foreign")
    assert "holds 1 tables that no revision of ours made" in refused.err
    stage.sql(f'DROP DATABASE "{stage.of("org_a")}"', login=stage.owner)
    refused = stage.migrate("provision", login=stage.owner, expect=1, CLERK_ORG_ID="org_a")
    assert "is gone: restore it from a backup" in refused.err


def test_before_the_master_database_is_migrated(stage: Stage) -> None:
    for command in ("tenants", "provision", "rollback-tenants"):
        finished = stage.migrate(command, expect=1, CLERK_ORG_ID="org_a", ROLLBACK_TO="base")
        assert "run `migrate master` first" in finished.err
    finished = stage.migrate("verify", expect=1)
    assert finished.lines == [
        f"database {stage.name} lacks 0001 notes",
        f"database {stage.name} lacks 0002 tenants",
        "the tenants cannot be verified before that",
    ]
    assert finished.err == "migrate: revisions are pending or indexes invalid in 1 databases\n"


def test_a_poisoned_tenant_is_named_and_the_others_are_migrated(bootstrapped: Stage) -> None:
    stage = bootstrapped
    stage.revision("tenant", "0002", "0001", COLOUR, COLOURLESS)
    pending = stage.migrate("verify", login=stage.app, expect=1)
    assert pending.lines == [
        *(f"{name}: database {stage.of(name)} lacks 0002 test" for name in ABC),
        "3 tenants: 0 up to date, 3 behind, 0 failed",
    ]
    assert pending.err == "migrate: revisions are pending or indexes invalid in 3 databases\n"

    stage.sql("ALTER TABLE notes ADD COLUMN colour int", database=stage.of("org_b"), login=stage.owner)
    poisoned = stage.migrate("tenants", login=stage.owner, expect=1)
    (line,) = (line for line in poisoned.lines if "FAILED" in line)
    assert line == (
        f"org_b: FAILED: database {stage.of('org_b')}: revision 0002 failed and was rolled back: DuplicateColumn:"
        ' column "colour" of relation "notes" already exists (0002_test.py, line 11)'
    )
    assert poisoned.lines[-1] == "3 tenants: 0 up to date, 2 migrated, 1 failed"
    assert poisoned.err == "migrate: 1 of 3 tenants failed: org_b\n"
    assert stage.revisions(*ABC) == ["0002", "0001", "0002"]

    stage.sql("ALTER TABLE notes DROP COLUMN colour", database=stage.of("org_b"), login=stage.owner)
    second = stage.migrate("tenants", login=stage.owner)
    assert second.lines[-1] == "3 tenants: 2 up to date, 1 migrated, 0 failed"
    assert {line.split(":")[0] for line in second.lines[:-1]} == {"org_b"}
    stage.migrate("verify", login=stage.app)


def test_a_tenants_revision_that_leaves_is_a_failure_of_that_tenant(bootstrapped: Stage) -> None:
    stage = bootstrapped
    stage.revision("tenant", "0002", "0001", "sys.exit(0)")
    finished = stage.migrate("tenants", login=stage.owner, expect=1)
    assert finished.lines[-1] == "3 tenants: 0 up to date, 0 migrated, 3 failed"
    assert stage.revisions(*ABC) == ["0001"] * 3


def test_a_tenant_whose_database_is_gone_does_not_stop_the_others(bootstrapped: Stage) -> None:
    stage = bootstrapped
    stage.sql(f'DROP DATABASE "{stage.of("org_a")}"', login=stage.owner)
    for command in ("tenants", "verify"):
        finished = stage.migrate(command, login=stage.owner, expect=1)
        assert f"org_a: FAILED: database {stage.of('org_a')} at " in finished.out
        assert "2 up to date" in finished.lines[-1]


def test_shards_side_by_side_migrate_each_tenant_once(bootstrapped: Stage) -> None:
    stage = bootstrapped
    more = [f"org_{number}" for number in range(5)]
    stage.provision(*more, login=stage.owner)
    stage.revision("tenant", "0002", "0001", COLOUR)
    running = [
        stage.start("notes.migrate", "tenants", login=stage.owner, SHARD_INDEX=str(index), SHARD_COUNT="3")
        for index in range(3)
    ]
    finished = [finish(one) for one in running]
    assert [one.code for one in finished] == [0, 0, 0]
    applied = [line.split(":")[0] for one in finished for line in one.lines if ": applied 0002" in line]
    assert sorted(applied) == sorted([*ABC, *more])
    assert [one.lines[0].split(":")[0] for one in finished] == [f"shard {index} of 3" for index in range(3)]
    stage.migrate("verify", login=stage.owner)


def test_two_whole_rounds_at_once_wait_for_each_other(bootstrapped: Stage) -> None:
    stage = bootstrapped
    stage.revision("tenant", "0002", "0001", f"time.sleep(0.5); {COLOUR}")
    finished = [finish(one) for one in [stage.start("notes.migrate", "tenants", login=stage.owner) for _ in range(2)]]
    assert [one.code for one in finished] == [0, 0]
    assert "waiting up to 120 s for another migration of this database to end" in finished[0].out + finished[1].out
    applied = [line.split(":")[0] for one in finished for line in one.lines if ": applied 0002" in line]
    assert sorted(applied) == list(ABC)


def test_a_lock_that_is_not_freed_fails_that_tenant_at_the_deadline(bootstrapped: Stage) -> None:
    stage = bootstrapped
    stage.revision("tenant", "0002", "0001", COLOUR)
    with stage.connect(stage.of("org_b"), stage.owner) as holder:
        holder.execute("SELECT pg_advisory_lock(x'6E6F7465'::int)")
        finished = stage.migrate("tenants", "--lock-seconds", "1", login=stage.owner, expect=1)
    assert "org_b: FAILED" in finished.out
    assert "still running after 1 s" in finished.out
    assert finished.lines[-1] == "3 tenants: 0 up to date, 2 migrated, 1 failed"
    assert stage.migrate("tenants", login=stage.owner).lines[-1] == "3 tenants: 2 up to date, 1 migrated, 0 failed"


def test_sigterm_rolls_the_tenant_in_progress_back_and_the_next_run_goes_on(bootstrapped: Stage) -> None:
    stage = bootstrapped
    file = stage.revision("tenant", "0002", "0001", f"{COLOUR}; op.execute('SELECT pg_sleep(60)')", COLOURLESS)
    running = stage.start("notes.migrate", "tenants", login=stage.owner)
    assert running.stdout is not None
    assert running.stdout.readline() == "org_a: applying 0002 test\n"
    running.send_signal(signal.SIGTERM)
    out, err = running.communicate(timeout=DEADLINE)
    assert running.returncode == 143
    assert "org_a: interrupted" in out
    assert "ended by SIGTERM" in err
    assert stage.revisions(*ABC) == ["0001"] * 3
    file.unlink()
    stage.revision("tenant", "0002", "0001", COLOUR, COLOURLESS)
    assert stage.migrate("tenants", login=stage.owner).lines[-1] == "3 tenants: 0 up to date, 3 migrated, 0 failed"


def test_tenants_are_taken_back_by_one_revision_and_not_by_two(bootstrapped: Stage) -> None:
    stage = bootstrapped
    stage.revision("tenant", "0002", "0001", COLOUR, COLOURLESS)
    stage.migrate("tenants", login=stage.owner)
    first = stage.migrate("rollback-tenants", login=stage.owner)
    assert first.lines[-1] == "3 tenants: 0 up to date, 3 taken back, 0 failed"
    again = stage.migrate("rollback-tenants", login=stage.owner)
    assert again.lines[-1] == "3 tenants: 3 up to date, 0 taken back, 0 failed"
    assert stage.revisions(*ABC) == ["0001"] * 3
    stage.migrate("rollback-tenants", login=stage.owner, ROLLBACK_TO="base", SHARD_INDEX="0", SHARD_COUNT="1")
    assert stage.revisions(*ABC) == [None] * 3
    stage.migrate("tenants", login=stage.owner)
    stage.migrate("verify", login=stage.app)


def test_the_master_database_is_taken_back_unless_tenants_would_be_forgotten(stage: Stage) -> None:
    stage.bootstrap()
    stage.migrate("master", login=stage.owner)
    assert stage.migrate("rollback-master", login=stage.owner).lines[-1] == "done"
    assert "nothing to do" in stage.migrate("rollback-master", login=stage.owner).out
    assert stage.sql("SELECT version_num FROM alembic_version") == [("0001",)]
    stage.migrate("master", login=stage.owner)
    stage.provision("org_a", login=stage.owner)
    refused = stage.migrate("rollback-master", login=stage.owner, expect=1)
    assert "tenants are registered" in refused.err
    assert stage.sql("SELECT version_num FROM alembic_version") == [("0002",)]


def test_a_masters_revision_keeps_its_exit_code(stage: Stage) -> None:
    stage.revision("master", "0003", "0002", "sys.exit(7)")
    stage.migrate("master", expect=7)
    assert stage.sql("SELECT version_num FROM alembic_version") == [("0002",)]

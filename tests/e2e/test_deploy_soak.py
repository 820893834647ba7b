"""The version that serves must be able to live with the new schema, or nothing of it is replaced."""

from __future__ import annotations

from tests.e2e.stage import Client, Stage

DROPPED = "op.execute('alter table notes drop column created_at')"
BACK = "op.execute('alter table notes add column created_at timestamptz not null default now()')"


def test_a_column_that_the_old_version_reads_stops_the_rollout_before_it_begins(deployed: Stage) -> None:
    """The migration goes well; the old version's deep health answer, which reads the column, does not."""
    before, tasks = deployed.service(), len(deployed.migration_tasks())
    dropped = deployed.add_migration(9300, DROPPED)
    deployed.edit("src/notes/schema.py", "SELECT id, text, created_at FROM", "SELECT id, text FROM")
    stopped = deployed.up(expect=None)
    assert stopped.code != 0
    assert "verify: exit code 0" in stopped.output, "the migrations themselves went well"
    assert "cannot live with the new schema" in stopped.output
    assert "deployment ecs-svc/" not in stopped.output
    migrated = len(deployed.migration_tasks())
    assert migrated > tasks

    again = deployed.up(expect=None)
    assert again.code != 0
    assert "cannot live with the new schema" in again.output, "the retry soaks again"
    assert len(deployed.migration_tasks()) == migrated, "and migrates nothing"
    after = deployed.service()
    assert after["deployments"][0]["id"] == before["deployments"][0]["id"]
    assert after["taskDefinition"] == before["taskDefinition"]

    # What the message says to do: what was taken away comes back, for as long as a version reads it.
    returned = deployed.add_migration(9301, BACK)
    finished = deployed.up()
    deployed.applied(dropped)
    deployed.applied(returned)
    assert "was healthy on the new schema" in finished.output
    assert deployed.service()["taskDefinition"] != before["taskDefinition"]
    assert Client(deployed.outputs()["url"]).ask()[0] == 200


def test_the_old_version_is_asked_at_its_own_health_path(deployed: Stage) -> None:
    """D7: the new image answers at /healthz, as the settings now say; the one that serves knows only /health."""
    text = deployed.settings.read_text()
    assert "    port: 8080\n" in text
    deployed.settings.write_text(text.replace("    port: 8080\n", "    port: 8080\n    healthPath: /healthz\n"))
    deployed.edit("src/notes/app.py", '"/health"', '"/healthz"')
    try:
        finished = deployed.up()
    finally:
        deployed.settings.write_text(text)
    assert "answered /health when it was proven, so it is asked there and not at /healthz" in finished.output
    assert "was healthy on the new schema" in finished.output
    assert "/healthz answered 200, 3 times in a row" in finished.output

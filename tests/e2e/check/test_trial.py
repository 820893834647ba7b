"""The trial of the migrations: two users, schemas of their own, tenants, seeded rows, locks, indexes, a slow start."""

from __future__ import annotations

from pathlib import Path

from check.migrations.steps import TrialPlace
from check.report import shown
from check.result import Result
from tests.e2e.check.lost import STEP
from tests.e2e.check.stage import ServerOf, Shop, first_failure, results
from tests.e2e.check.test_check import branched

URL = "postgresql://$DB_USER:$DB_PASSWORD@$DB_HOST:$DB_PORT/$DB_NAME"
HEALTHY = """const healthy = () => {
  const done = spawnSync('psql', ['-X', '-q', '-c', 'SELECT id FROM billing.bills', url], { encoding: 'utf8' });
  routes.why = done.stderr;
  return done.status === 0;
};"""
BILLING = "CREATE SCHEMA billing;\nCREATE TABLE billing.bills (id bigint GENERATED ALWAYS AS IDENTITY);\n"
CONTRACTING = "ALTER TABLE products ADD size text;\nALTER TABLE products DROP size;\nCREATE INDEX ON products (name);\n"
SLOWLY = """ALTER TABLE products ADD COLUMN size text;
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT id FROM products LOOP
    UPDATE products SET size = 'm' WHERE id = one.id; PERFORM pg_sleep(0.002);
  END LOOP;
END $$;
"""
"""Two milliseconds under the lock for each row that is there."""


def psql(sql: str) -> str:
    """The shell's line that sends it."""
    return " ".join(["psql -X -q -A -t -v ON_ERROR_STOP=1", f'"{URL}"', "-c", f'"{sql}"'])


def script(shop: Shop, name: str, *output: str) -> list[str]:
    """A script of the shop's, and the command that runs it."""
    (shop.folder / "scripts" / name).write_text("\n".join(["#!/bin/sh", "set -e", *output, ""]))
    return ["sh", f"scripts/{name}"]


def billed(folder: Path) -> Shop:
    """A shop with two users, whose service reads a table in a schema of its own, and says why it cannot."""
    shop = Shop(folder)
    shop.write(database=shop.two_users())
    shop.migration("0002_billing", BILLING)
    known = "['-X', '-q', '-c', 'SELECT name, colour FROM products', url]"
    shop.edit("api/server.mjs", f"const healthy = () => spawnSync('psql', {known}).status === 0;", HEALTHY)
    shop.edit("packages/router/index.js", "response.end();", "response.end(routes.why);")
    shop.edit("packages/router/index.js", "  const", "  console.log(JSON.stringify({ path: request.url }));\n  const")
    shop.commit("billing")
    return shop


def troubled(found: dict[str, Result]) -> dict[str, str]:
    known = "bases by digest"  # the tests' base is known by its tag alone
    return {name: one.result for name, one in found.items() if one.result in ("failed", "warned") and name != known}


def test_a_first_release_with_schemas_of_its_own(server: ServerOf, tmp_path: Path) -> None:
    """Nothing is unsafe on what nobody has released, and the service reaches what the owner makes in any schema."""
    shop = billed(tmp_path)
    shop.migration("0003_index", CONTRACTING)
    shop.commit("change and index")
    found = results(shop, server, "none")
    assert troubled(found) == {}
    assert found["released schema"].what == "nothing is released yet: RELEASED=none or check.released"
    assert found["migrations run"].what.startswith("from an empty database, in ")
    assert "nothing is released, so no version uses what they change" in found["no unsafe SQL"].what
    assert found["service reaches its tables"].what == "shop_app may use every table, view and sequence"
    assert found["steps have work"].what == "statements that change something: bootstrap 1, migrate 6"


def test_a_service_that_cannot_reach_a_schema_is_shown_with_what_it_answers(server: ServerOf, tmp_path: Path) -> None:
    shop = billed(tmp_path)
    shop.edit("scripts/bootstrap.sql", "role %I grant usage on schemas", "role %I revoke usage on schemas")
    shop.edit("scripts/bootstrap.sql", "schemas to %I', owner", "schemas from %I', owner")
    found = results(shop, server, "none")
    assert troubled(found) == {"service answers": "failed", "service reaches its tables": "warned"}
    answers, reaches = found["service answers"], found["service reaches its tables"]
    assert (
        "answers 503 at /health (app.healthPath) within 20 s: ERROR: permission denied for schema billing"
        in answers.what
    )
    assert "cause: the application answers 503" in answers.what
    assert "note: shop_app cannot access billing.bills (owner shop_owner): permission denied for schema" in answers.what
    assert "default privileges on schemas" in answers.remedy
    (health,) = [line for line in shown(answers) if '"/health"' in line]
    assert " (× " in health, "one line for all of them"
    assert reaches.what.startswith("shop_app cannot access billing.bills (owner shop_owner)")


def tenanted(folder: Path) -> tuple[Shop, dict[str, object]]:
    """A shop with a schema a tenant, a step that migrates each, and a seed that makes one."""
    shop = Shop(folder)
    shop.migration("0002_tenants", "CREATE TABLE tenants (name text PRIMARY KEY);\n")
    tenants = script(
        shop,
        "tenants.sh",
        f"for one in $({psql('TABLE tenants')}); do",
        psql("SET search_path TO $one; CREATE TABLE IF NOT EXISTS orders (id bigint)"),
        "done",
    )
    seed = script(shop, "seed.sh", psql("CREATE SCHEMA acme; INSERT INTO tenants VALUES ('acme')"))
    shop.commit("tenants")
    return shop, {"migrations": [STEP, {"name": "tenants", "command": tenants, "timeout": 60}], "seed": seed}


def test_a_step_without_tenants_was_not_tried_and_a_seed_makes_them(server: ServerOf, tmp_path: Path) -> None:
    shop, settings = tenanted(tmp_path)
    shop.write(**{**settings, "seed": None})
    found = results(shop, server, "none")
    assert troubled(found) == {"steps have work": "warned"}
    said = found["steps have work"]
    assert said.what.splitlines() == [
        "statements that change something: migrate 2, tenants 0",
        "step 'tenants' changed nothing here, so its migrations were not tried",
    ]
    assert "check: {seed: [COMMAND]}" in said.remedy
    shop.write(**settings)
    found = results(shop, server, "none")
    assert troubled(found) == {}
    assert found["steps have work"].what == (
        "statements that change something: migrate 0 (2 with the released ones), tenants 1"
    )


def test_a_migration_that_fails_on_every_tenant_fails(server: ServerOf, tmp_path: Path) -> None:
    """Also one that is new on a branch: the released version is seeded, and its tenants are migrated."""
    shop, settings = tenanted(tmp_path)
    shop.write(**settings)
    branched(shop, "ALTER TABLE products ADD COLUMN size text;\n")
    shop.edit("scripts/tenants.sh", "CREATE TABLE IF NOT EXISTS orders (id bigint)", "ALTER TABLE orders ADD size text")
    failed = first_failure(shop, server)
    assert failed is not None
    assert failed.name == "migrations run"
    assert "step 'tenants' (sh scripts/tenants.sh) failed: exit code" in failed.what
    assert 'relation "orders" does not exist' in " ".join(failed.output)


def test_a_seed_that_changes_nothing_is_none(server: ServerOf, tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write(seed=["true"])
    found = results(shop, server, "none")
    assert found["migrations run"].result == "failed"
    assert "the seed (true) ended with exit code 0 and changed nothing" in found["migrations run"].what


def test_a_lock_on_seeded_rows_is_named_with_its_seconds(server: ServerOf, tmp_path: Path) -> None:
    """And an index that a step went on without."""
    shop = Shop(tmp_path)
    rows = "INSERT INTO products (name) SELECT 'same' FROM generate_series(1, 900)"
    seed = script(shop, "seed.sh", psql(rows))
    unique = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS alike ON products (name)"
    steps = [STEP, {"name": "index", "command": script(shop, "index.sh"), "timeout": 60}]
    shop.write(migrations=steps)
    shop.commit("scripts")
    branched(shop, SLOWLY)
    script(shop, "index.sh", f"{psql(unique)} || true")
    assert results(shop, server)["locks are short"].result == "passed", "no row, no time"
    shop.write(migrations=steps, seed=seed)
    found = results(shop, server)
    assert troubled(found) == {
        "no unsafe SQL": "warned", "locks are short": "failed", "indexes are valid": "failed",
    }  # fmt: skip
    locks = found["locks are short"]
    assert locks.what.startswith("ACCESS EXCLUSIVE on products (900 rows) for ")
    assert "prisma/migrations/0002_change/migration.sql, line 1: ALTER TABLE products ADD COLUMN size" in locks.what
    assert "in the same transaction  [long-lock] reads and writes wait for it" in locks.what
    assert locks.remedy.startswith("commit right after this statement")
    assert found["indexes are valid"].what == "invalid after the last step: public.alike on products"
    assert "[concurrent-index-if-not-exists]" in found["no unsafe SQL"].what


def test_an_after_step_may_take_away_what_the_released_version_reads(server: ServerOf, tmp_path: Path) -> None:
    """It runs when no task of that version is left."""
    shop = Shop(tmp_path)
    contract = {"name": "contract", "command": script(shop, "contract.sh"), "phase": "after", "timeout": 60}
    shop.write(migrations=[STEP, contract])
    shop.commit("scripts")
    branched(shop, "ALTER TABLE products ADD COLUMN size text;\n")
    script(shop, "contract.sh", psql("ALTER TABLE products DROP COLUMN IF EXISTS colour"))
    shop.edit("api/server.mjs", "SELECT name, colour", "SELECT name")
    found = results(shop, server)
    assert found["released version lives on"].what == "it answers 200 at /health on the new schema"
    assert found["service answers"].result == "passed"
    assert "[ban-drop-column]" in found["no unsafe SQL"].what


def test_what_is_released_and_cannot_be_made_asks_for_one_word(server: ServerOf, tmp_path: Path) -> None:
    """A guess may be wrong: everything else is checked all the same, but for what it depends on."""
    shop = Shop(tmp_path)
    shop.migration("0002_broken", "SELECT 1 / 0;\n")
    shop.commit("never released")
    branched(shop, "ALTER TABLE products DROP COLUMN IF EXISTS size;\n")
    (shop.folder / "prisma/migrations/0002_broken/migration.sql").write_text("SELECT 1;\n")
    found = results(shop, server)
    assert found["released schema"].result == "failed"
    assert found["released schema"].remedy.startswith("when nothing is released yet, say so: RELEASED=none")
    assert found["migrations run"].what.startswith("from an empty database, in ")
    assert (found["no unsafe SQL"].result, found["service answers"].result) == ("skipped", "passed")


def test_a_start_that_takes_too_long_names_setting_and_seconds(
    server: ServerOf, place: TrialPlace, tmp_path: Path
) -> None:
    shop = Shop(tmp_path)
    shop.write(health={"startPeriod": 5, "interval": 5, "timeout": 2, "retries": 2})
    shop.edit("api/start.mjs", "await import", "await new Promise((go) => setTimeout(go, 11_000));\nawait import")
    failed = first_failure(shop, server, place)
    assert failed is not None
    assert failed.name == "service answers"
    assert "/live answered 1" in failed.what
    assert "service.health.startPeriod is 5 s: ECS replaces the task before it is ready" in failed.what
    assert failed.remedy.startswith("set service.health.startPeriod to 20 or more")


def test_the_tools_own_check(server: ServerOf, place: TrialPlace, tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write(command=["sh", "-c", f"{psql('TABLE products')}; echo models have changed; exit 3"])
    failed = first_failure(shop, server, place)
    assert failed is not None
    assert failed.name == "the tool's own check"
    assert failed.what.endswith(": exit code 3")
    assert failed.output == ("models have changed",)
    shop.write(command=["sh", "-c", "exit 0"])
    assert first_failure(shop, server, place) is None
    shop.write(command=["prisma", "migrate", "diff"])
    failed = first_failure(shop, server, place)
    assert failed is not None
    assert failed.what.startswith("check.command (prisma migrate diff): prisma is not in the image")

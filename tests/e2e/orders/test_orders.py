"""The second example through the same program: deployed by its settings, stopped by its migration, rolled when mended.

The tests run in their order, on one stack.
"""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any

from tests.e2e.stage import Client, Stage

ADDRESS = "postgresql://{username}:{password}@{host}:{port}/{name}?sslmode=require"
COMPARED = 'test "$DATABASE_URL" = "postgresql://$PGUSER:$PGPASSWORD@$PGHOST:$PGPORT/$PGDATABASE?sslmode=require"'
MIGRATION = "migrations/003_price.sql"


def asked(url: str, body: dict[str, Any] | None = None) -> tuple[int, Any, str]:
    """Status, JSON and version of an answer; with a body it is a POST."""
    request = urllib.request.Request(url, data=None if body is None else json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=15) as response:
        return response.status, json.load(response), response.headers["X-Version"]


RESTRAINED = {("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("referrer-policy", "no-referrer")}
"""Some of the headers by which every answer restrains browsers."""


def headers(url: str) -> dict[str, str]:
    with urllib.request.urlopen(url, timeout=15) as response:
        return {name.lower(): value for name, value in response.headers.items()}  # a load balancer may change the case


def live(stage: Stage) -> list[str]:
    """The service's deployments, by id and revision."""
    return [f"{one['id']} {one['taskDefinition']}" for one in stage.service()["deployments"]]


def name_an_address(stage: Stage) -> None:
    """One more variable of the database, user and password in it, which the step `verify` compares with the others."""
    text = stage.settings.read_text()
    for old, new in (
        ('      PGHOST: "{host}"\n', f'      PGHOST: "{{host}}"\n      DATABASE_URL: {ADDRESS}\n'),
        ("command: [orders, verify]", f"command: [sh, -c, '{COMPARED} && exec orders verify']"),
    ):
        assert old in text
        text = text.replace(old, new)
    stage.settings.write_text(text)


def test_it_is_deployed_by_settings_alone(stage: Stage) -> None:
    finished = stage.up()
    outputs = stage.outputs()
    steps = {step["name"]: step["exitCodes"] for step in outputs["migrations"]}
    assert steps == {"bootstrap": [0], "migrate": [0], "verify": [0]}
    assert "migrate | " in finished.output, "the tool's own lines must be shown"
    status, health, version = asked(f"{outputs['url']}/health")
    assert (status, health) == (200, {"status": "ok", "migrations": 2})
    assert version == outputs["release"]["version"]
    assert RESTRAINED - headers(f"{outputs['url']}/health").items() == set()
    status, placed, _ = asked(f"{outputs['url']}/orders", {"item": "tea", "quantity": 2})
    assert (status, placed["item"], placed["shipped"]) == (201, "tea", None)
    _, listed, _ = asked(f"{outputs['url']}/orders")
    assert listed == [placed]


def test_a_failing_sql_migration_is_caught(stage: Stage) -> None:
    url, before = stage.outputs()["url"], live(stage)
    (stage.app / MIGRATION).write_text("alter table orderz add column price numeric;\n")
    finished = stage.up(expect=1)
    assert "migration step 'migrate' failed: exit code 1" in finished.output
    assert 'seen:        ERROR: relation "orderz" does not exist (SQLSTATE 42P01)' in finished.output
    assert "the migration needs a table, column, schema or role that does not exist" in finished.output
    assert "The service was not changed" in finished.output
    assert re.search(r"\| executing 003_price\.sql up|executing 003_price", finished.output)
    assert live(stage) == before
    assert asked(f"{url}/health")[1] == {"status": "ok", "migrations": 2}


def test_the_mended_migration_rolls_without_a_failed_request(stage: Stage) -> None:
    """Beside it the application gets an address with its password in it: the password stays what it was, for the
    tasks that serve meanwhile log in with it."""
    outputs = stage.outputs()
    # The tool runs each file in a transaction and counts it afterwards: nothing has to be repaired by hand.
    (stage.app / MIGRATION).write_text("alter table orders add column price numeric;\n")
    name_an_address(stage)
    with Client(f"{outputs['url']}/orders").calling() as client:
        stage.up()
    assert client.failed == []
    assert len({version for _, _, version, _ in client.answers}) == 2
    assert asked(f"{outputs['url']}/health")[1] == {"status": "ok", "migrations": 3}

"""Tenants without a server: their shards, their databases' names, and a round over all of them in which some fail."""

from contextlib import nullcontext
from typing import Any

import psycopg
import pytest
from notes import fleet, inputs, lock, revision, settings
from notes.connection import Unavailable
from notes.inputs import Shard
from notes.schema import Unreadable
from notes.settings import Database
from notes.tenant import Tenant, database_name

IDS = [f"org_{number}" for number in range(400)]


def shard(index: int, count: int) -> Shard:
    return Shard.model_construct(index=index, count=count)


@pytest.mark.parametrize("count", [1, 2, 4, 7])
def test_every_tenant_is_in_exactly_one_shard(count: int) -> None:
    shards = [shard(index, count) for index in range(count)]
    assert all(sum(one.holds(tenant) for one in shards) == 1 for tenant in IDS)
    assert all(len([tenant for tenant in IDS if one.holds(tenant)]) > 400 / count / 2 for one in shards)


def test_a_tenants_shard_is_the_same_everywhere_and_for_ever() -> None:
    """Written down: a shard that is tried again by another version must take the same tenants."""
    found = {tenant: next(index for index in range(4) if shard(index, 4).holds(tenant)) for tenant in IDS[:6]}
    assert found == {"org_0": 0, "org_1": 3, "org_2": 1, "org_3": 3, "org_4": 3, "org_5": 2}


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"SHARD_COUNT": "4"}, "SHARD_INDEX is missing: set it to this task's number, from 0 to SHARD_COUNT - 1"),
        ({"SHARD_COUNT": "4", "SHARD_INDEX": "4"}, "SHARD_INDEX is wrong"),
        ({"SHARD_COUNT": "4", "SHARD_INDEX": "-1"}, "SHARD_INDEX is wrong"),
        ({"SHARD_INDEX": "1"}, "SHARD_INDEX is wrong"),
        ({"SHARD_COUNT": "0", "SHARD_INDEX": "0"}, "SHARD_COUNT is wrong: set it to how many tasks share the tenants"),
        ({"SHARD_COUNT": "four", "SHARD_INDEX": "0"}, "SHARD_COUNT is wrong"),
    ],
)
def test_a_shard_that_cannot_be(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], said: str) -> None:
    for key in ("SHARD_COUNT", "SHARD_INDEX"):
        monkeypatch.delenv(key, raising=False)
    for key, value in environ.items():
        monkeypatch.setenv(key, value)
    with pytest.raises(settings.Invalid) as caught:
        settings.read(Shard)
    head, *wrong = str(caught.value).splitlines()
    assert head == "1 setting is wrong"
    assert [line.strip()[: len(said)] for line in wrong] == [said]


@pytest.mark.parametrize("environ", [{}, {"SHARD_COUNT": "1"}, {"SHARD_COUNT": "1", "SHARD_INDEX": "0"}])
def test_one_task_takes_all(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]) -> None:
    for key in ("SHARD_COUNT", "SHARD_INDEX"):
        monkeypatch.delenv(key, raising=False)
    for key, value in environ.items():
        monkeypatch.setenv(key, value)
    (found,) = settings.read(Shard)
    assert all(found.holds(tenant) for tenant in IDS)


ROLES = {"OWNER_USER": "owner", "OWNER_PASSWORD": "hush-owner", "APP_USER": "app", "APP_PASSWORD": "hush-app-1"}


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"OWNER_USER": "boss"}, "OWNER_USER is wrong: it is DB_USER"),
        ({"APP_USER": "boss"}, "APP_USER is wrong: it is DB_USER or OWNER_USER"),
        ({"APP_USER": "owner"}, "APP_USER is wrong: it is DB_USER or OWNER_USER"),
        ({"APP_PASSWORD": "hush-owner"}, "APP_PASSWORD is wrong: it is OWNER_PASSWORD"),
        ({"APP_PASSWORD": "hush"}, "APP_PASSWORD is wrong: set it to a password of 8 characters or more"),
        ({"OWNER_PASSWORD": '{"password":"hush-1234"}'}, "OWNER_PASSWORD is wrong: it holds a JSON document"),
        ({"OWNER_USER": "pg_owner"}, "OWNER_USER is wrong: set it to a role name"),
        ({"APP_USER": "rdsadmin"}, "APP_USER is wrong: set it to a role name"),
        ({"APP_USER": 'a"; DROP'}, "APP_USER is wrong: set it to a role name"),
        ({"APP_USER": ""}, "APP_USER is missing: set it to a role name"),
    ],
)
def test_roles_that_cannot_be(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], said: str) -> None:
    whole = {"DB_HOST": "db", "DB_NAME": "notes", "DB_USER": "boss", "DB_PASSWORD": "x", "DB_SSL": "false"}
    for key, value in {**whole, **ROLES, **environ}.items():
        monkeypatch.setenv(key, value)
    with pytest.raises(settings.Invalid) as caught:
        inputs.roles()
    lines = str(caught.value).splitlines()
    assert (len(lines), said in lines[1]) == (2, True)
    assert "hush" not in str(caught.value)


def test_a_tenants_database_has_a_name_of_its_own() -> None:
    assert database_name("notes", "org_2abC") == "notes_org_2abC"
    long = [database_name("notes", "o" * 60 + end) for end in ("a", "b")]
    assert len({*long}) == 2
    assert all(len(name) == 63 and name.startswith("notes_ooo") for name in long)


def at_once(*_: Any, **__: Any) -> Any:
    return nullcontext("a")


DATABASE = Database.model_construct(host="db", port=5432, name="notes", user="owner", ssl=False, wait_seconds=1)
TENANTS = [Tenant(name, f"notes_{name}") for name in ("a", "b", "c", "d")]


def visited(outcomes: dict[str, Any]) -> tuple[fleet.Tally, list[str]]:
    """A round in which a tenant's database raises, or does what its outcome says: True work, False nothing to do."""
    lines: list[str] = []

    def open_connection(where: Database, *_: Any, **__: Any) -> Any:
        if isinstance(outcomes[where.name[-1]], Unavailable):
            raise outcomes[where.name[-1]]
        return nullcontext(where.name[-1])

    def visit(connection: Any, _say: Any) -> bool:
        outcome = outcomes[connection]
        if isinstance(outcome, BaseException):
            raise outcome
        return bool(outcome)

    return fleet.each(DATABASE, TENANTS, visit, lines.append, open_connection=open_connection), lines


def test_all_well() -> None:
    tally, lines = visited({"a": False, "b": True, "c": True, "d": False})
    assert (tally.line("migrated"), tally.complaint(), lines) == ("2 up to date, 2 migrated, 0 failed", None, [])


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (revision.Failed("revision 0002 failed", 7), "b: FAILED: database notes_b: revision 0002 failed"),
        (lock.Busy("another migration"), "b: FAILED: database notes_b: another migration"),
        (Unreadable("at revision 0009"), "b: FAILED: database notes_b: at revision 0009"),
        (Unavailable("database notes_b at db:5432: gone"), "b: FAILED: database notes_b at db:5432: gone"),
        (psycopg.OperationalError("SSL SYSCALL"), "b: FAILED: database notes_b at db:5432: the connection failed"),
    ],
)
def test_one_that_fails_is_named_and_stops_nobody(error: Exception, said: str) -> None:
    tally, lines = visited({"a": True, "b": error, "c": True, "d": False})
    assert len(lines) == 1
    assert lines[0].startswith(said)
    assert tally.line("migrated") == "1 up to date, 2 migrated, 1 failed"
    assert tally.complaint() == "1 of 4 tenants failed: b"


def test_a_server_that_is_gone_ends_the_round() -> None:
    tally, lines = visited({"a": True, "b": Unavailable("refused", everywhere=True), "c": True, "d": True})
    assert lines == ["b: FAILED: refused"]
    assert tally.line("migrated") == "0 up to date, 1 migrated, 1 failed, 2 not tried"
    assert tally.complaint() == "1 of 4 tenants failed, 2 were not tried: b"


def test_an_end_by_signal_names_the_tenant_it_cut_short() -> None:
    lines: list[str] = []

    def visit(connection: Any, _say: Any) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fleet.each(DATABASE, TENANTS, visit, lines.append, open_connection=at_once)
    assert lines == ["a: interrupted"]


def test_a_long_round_is_never_silent() -> None:
    lines: list[str] = []
    now = iter(range(0, 1000, 3))
    fleet.each(
        DATABASE,
        TENANTS,
        lambda _connection, _say: False,
        lines.append,
        open_connection=at_once,
        clock=lambda: float(next(now)),
    )
    assert "2 of 4 tenants visited" in lines
    assert len(lines) <= 4

"""What is said of the trial of the migrations."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from check.image.build import ImageConfig
from check.migrations import catalog
from check.migrations.catalog import Table, Unreachable
from check.migrations.findings import brief, explained, reaches, safe, valid
from check.migrations.locks import Held
from check.migrations.release import StartingSchema
from check.migrations.scratch import Scratch
from check.migrations.statement import SqlStatement
from check.migrations.steps import DatabaseLogin, FinishedStep, Logins, TrialPlace
from check.migrations.trial import Trial
from check.result import Broken, Skipped, Warned
from check.subject import CheckedStack, read
from infra.settings.migrations import BOOTSTRAP, Step

NOTES = Table("shop", 16400, "public.notes")
RELEASED = StartingSchema("the schema of v1", image=ImageConfig("old"))
DROP = "ALTER TABLE notes DROP COLUMN colour"
ACCEPTED = [{"rule": "ban-drop-column", "contains": "notes DROP COLUMN", "why": "no version since 2.3 reads it"}]


@dataclass
class Server:
    """A scratch server with the rows that its catalogs would give."""

    answers: dict[str, list[list[str]]] = field(default_factory=dict)
    database: str = "shop"

    def sql(self, query: str, database: str | None = None) -> list[list[str]]:
        return self.answers.get("rows", [["0"]])

    def everywhere(self, query: str) -> list[tuple[str, list[str]]]:
        kind = "invalid" if "indisvalid" in query else "unreachable"
        return [("shop", row) for row in self.answers.get(kind, [])]


def subject(folder: Path, **check: Any) -> CheckedStack:
    (folder / "app").mkdir()
    (folder / "app" / "Dockerfile").write_text("FROM scratch\n")
    (folder / "app" / "manage.py").touch()
    (folder / "app" / "migrations").mkdir()
    (folder / "app" / "migrations" / "0002_x.py").write_text(f"RunSQL('{DROP}')\n")
    config = {
        "environment": "local",
        "aws": {"region": "eu-central-1"},
        "app": {"context": "app"},
        "database": {"name": "shop"},
        "migrations": [{"name": "migrate", "command": ["migrate"]}],
        "check": check,
    }
    (folder / "Pulumi.local.yaml").write_text(yaml.safe_dump({"config": config}))
    return read(folder, "local")


def place(of: CheckedStack, **answers: list[list[str]]) -> TrialPlace:
    logins = Logins(DatabaseLogin("boss", ""), DatabaseLogin("shop_owner", ""), DatabaseLogin("shop_app", ""))
    return TrialPlace(of.settings, cast(Scratch, Server(answers)), logins, "linux/amd64")


def trial(of: CheckedStack, *statements: str, start: StartingSchema = RELEASED, **more: Any) -> Trial:
    answers = more.pop("answers", {})
    pending = more.pop("pending", [ran("migrate", *statements)])
    names = frozenset() if start.empty else frozenset({"notes"})
    return Trial(place(of, **answers), start=start, names=names, pending=pending, **more)


def ran(name: str, *statements: str) -> FinishedStep:
    return FinishedStep(Step(name=name, command=["x"]), 0.1, tuple(SqlStatement(one) for one in statements))


def test_an_unsafe_statement_is_named_with_its_place_and_an_advice_that_fits(tmp_path: Path) -> None:
    of = subject(tmp_path)
    with pytest.raises(Broken, match=r"migrations/0002_x\.py, line 1: ALTER TABLE notes DROP COLUMN colour") as broken:
        safe(trial(of, DROP, "CREATE INDEX i ON notes (text)"), of)
    assert broken.value.remedy.startswith("split it: add first")
    assert "; and: use CONCURRENTLY" in broken.value.remedy
    assert "AddIndexConcurrently" in broken.value.remedy, "of the tool in use"
    assert "{rule: ban-drop-column, contains:" in broken.value.remedy


def test_before_the_first_release_nothing_is_unsafe_and_no_acceptance_is_idle(tmp_path: Path) -> None:
    of = subject(tmp_path, accepted=ACCEPTED)
    assert safe(trial(of, DROP, start=StartingSchema()), of) == (
        "1 statement looked at; nothing is released, so no version uses what they change"
    )


def test_an_acceptance_is_used_and_then_idle_once_the_statement_is_released(tmp_path: Path) -> None:
    lock = {"rule": "long-lock", "contains": "notes", "why": "the table is small everywhere"}
    of = subject(tmp_path, accepted=[*ACCEPTED, lock])
    assert safe(trial(of, DROP), of).endswith("; 1 unsafe statement accepted")
    assert safe(trial(of), of).endswith("; nothing needs the acceptance of ban-drop-column any more")


def test_what_is_not_known_to_be_released_cannot_be_judged(tmp_path: Path) -> None:
    of = subject(tmp_path)
    with pytest.raises(Skipped, match="what is released is not known"):
        safe(trial(of, DROP, start=StartingSchema(known=False)), of)


def test_an_index_built_concurrently_is_only_warned_of_unless_a_step_looks_for_invalid_ones(tmp_path: Path) -> None:
    of = subject(tmp_path)
    index, look = "CREATE INDEX CONCURRENTLY i ON notes (text)", "DO $$ … NOT indisvalid … $$"
    for pending in ([ran("migrate", index)], [ran(BOOTSTRAP, look), ran("migrate", index)]):
        with pytest.raises(Warned, match=r"\[concurrent-index-unchecked\]") as warned:
            safe(trial(of, pending=pending), of)
        assert "verify.sql" in warned.value.remedy
    safe(trial(of, pending=[ran("migrate", index), ran("verify", look)]), of)
    asserted = index.replace("i ON", "IF NOT EXISTS i ON")
    with pytest.raises(Warned, match=r"\[concurrent-index-if-not-exists\]"):
        safe(trial(of, pending=[ran("migrate", asserted), ran("verify", look)]), of)
    with pytest.raises(Broken, match="ban-drop-column"):
        safe(trial(of, index, DROP), of)


def held(seconds: float, text: str, *, own: float, after: int, mode: str = "AccessExclusiveLock") -> Held:
    return Held(NOTES, 7, mode, "3/2", 0.0, seconds, SqlStatement(text), after, own)


def test_a_lock_that_later_statements_prolong_is_to_be_committed_first(tmp_path: Path) -> None:
    of = subject(tmp_path)
    lock = held(3.2, "ALTER TABLE notes ADD a int", own=0.01, after=15_002)
    with pytest.raises(Broken, match=r"ACCESS EXCLUSIVE on notes \(15,000 rows\) for 3\.20 s: ALTER TABLE") as broken:
        brief(trial(of, locks=[lock], tables=[NOTES], answers={"rows": [["15000"]]}), of)
    assert ", then 15002 statements in the same transaction  [long-lock] reads and writes wait" in broken.value.what
    assert broken.value.remedy.startswith("commit right after this statement")
    assert "check.lockSeconds, 1" in broken.value.remedy


def test_a_lock_of_a_statement_that_works_long_gets_that_statements_advice(tmp_path: Path) -> None:
    of = subject(tmp_path)
    lock = held(3.2, "CREATE INDEX i ON notes (a)", own=3.1, after=1, mode="ShareLock")
    with pytest.raises(Broken, match=r"SHARE on notes .* writes wait") as broken:
        brief(trial(of, locks=[lock], tables=[NOTES]), of)
    assert broken.value.remedy.startswith("use CONCURRENTLY")
    assert "add first" not in broken.value.remedy


def test_short_and_accepted_locks_pass_and_the_longest_is_named(tmp_path: Path) -> None:
    accepted = [{"rule": "long-lock", "contains": "notes add b", "why": "the table is small everywhere"}]
    of = subject(tmp_path, accepted=accepted, lockSeconds=2)
    locks = [
        held(3.2, "ALTER TABLE notes ADD b int", own=3.2, after=0),
        held(2.5, "-- squawk-ignore long-lock\nDROP INDEX j", own=2.5, after=0),
        held(1.9, "DROP INDEX i", own=1.9, after=0),
    ]
    said = brief(trial(of, locks=locks, tables=[NOTES]), of)
    assert said.startswith("longest: ACCESS EXCLUSIVE on notes (no rows: check.seed fills it) for 3.20 s: ALTER TABLE")
    assert brief(trial(of, locks=[], tables=[NOTES]), of) == "no statement held one on a released table"


def test_locks_nobody_waits_for_or_that_nobody_saw(tmp_path: Path) -> None:
    of = subject(tmp_path)
    with pytest.raises(Skipped, match="nothing is released"):
        brief(trial(of, locks=[], start=StartingSchema()), of)
    with pytest.raises(Skipped, match="could not be watched"):
        brief(trial(of, locks=None, tables=[NOTES]), of)


BILLS = ["permission denied for schema billing", "billing.bills", "shop_owner"]
FOREIGN = ["permission denied for table x", "public.x", "boss"]


def test_relations_out_of_the_services_reach_are_named(tmp_path: Path) -> None:
    of = subject(tmp_path)
    with pytest.raises(Warned, match=r"shop_app cannot access billing\.bills") as warned:
        reaches(trial(of, answers={"unreachable": [BILLS, FOREIGN]}))
    assert "permission denied for schema billing" in warned.value.what
    assert warned.value.output == ("public.x (owner boss): permission denied for table x",)
    assert "let shop_owner own it" in warned.value.remedy
    with pytest.raises(Warned) as warned:
        reaches(trial(of, answers={"unreachable": [BILLS]}))
    assert "default privileges on schemas" in warned.value.remedy
    own = ["permission denied for table alembic_version", "public.alembic_version", "shop_owner"]
    assert "may use every" in reaches(trial(of, answers={"unreachable": [own]}))


def test_a_relation_that_is_to_stay_out_of_reach_is_accepted(tmp_path: Path) -> None:
    accepted = [{"rule": "unreachable-relation", "contains": "billing.", "why": "only the accounts' own service"}]
    of = subject(tmp_path, accepted=accepted)
    assert "may use every" in reaches(trial(of, answers={"unreachable": [BILLS]}))


def test_a_service_that_fails_is_explained_by_what_it_cannot_reach(tmp_path: Path) -> None:
    of = subject(tmp_path)
    broken = Broken("the service answers 503", "read its log")
    assert explained(broken, place(of)) is broken
    found = explained(broken, place(of, unreachable=[BILLS, FOREIGN]))
    assert found.what.endswith(
        "note: shop_app cannot access billing.bills (owner shop_owner): permission denied for schema billing and 1 more"
    )


def test_an_invalid_index_fails(tmp_path: Path) -> None:
    of = subject(tmp_path)
    assert valid(trial(of)) == "no index is invalid after the last step"
    with pytest.raises(Broken, match=r"invalid after the last step: public\.i on notes"):
        valid(trial(of, answers={"invalid": [["public.i", "notes"]]}))


def test_another_database_is_named() -> None:
    found = [Unreachable("tenant_a", "permission denied for table t", "public.t", "shop_owner")]
    assert catalog.shown(found, "shop") == [
        "public.t (owner shop_owner, database tenant_a): permission denied for table t"
    ]

"""What settings are taken, and what each wrong one is answered with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.settings.reading.document import document
from infra.settings.reading.mistake import SettingsError
from infra.settings.reading.read import check
from infra.settings.service import breaker_threshold
from infra.settings.settings import Settings
from infra.settings.values import secrets, sizes, windows
from infra.settings.values.program_variables import RESERVED
from tests.unit.settings import wrong
from tests.unit.settings.wrong import LISTENER, NAMED, ROUTED, WRONG, changed, right

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "Dockerfile").write_text("FROM scratch\n")
    return tmp_path


class TestWrong:
    """Each wrong setting has one answer: key, value, remedy."""

    @pytest.mark.parametrize(("changes", "message"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
    def test_is_answered(self, folder: Path, changes: dict[str, Any], message: str) -> None:
        with pytest.raises(SettingsError) as refusal:
            check("test", changed(right(), changes), folder=folder)
        assert [str(mistake).replace(str(folder), "FOLDER") for mistake in refusal.value.mistakes] == [message]

    def test_all_are_answered_at_once(self, folder: Path) -> None:
        changes: dict[str, Any] = {
            "environment": "qa",
            "app.context": "nowhere",
            "app.cpu": "many",
            "app.port": 0,
            "migrations.0.name": "A",
            "service.deadline": 100,
            "network.zones": 1,
            "smok": {},
        }
        with pytest.raises(SettingsError) as refusal:
            check("test", changed(right(), changes), folder=folder)
        keys = {mistake.key for mistake in refusal.value.mistakes}
        assert keys == {
            "environment",
            "app.context",
            "app.cpu",
            "app.port",
            "migrations[0].name",
            "service.deadline",
            "network.zones",
            "smok",
        }
        head, *lines = str(refusal.value).splitlines()
        assert head == "8 mistakes in the settings of stack test (Pulumi.test.yaml); nothing was created:"
        assert len(lines) == 8

    def test_one_mistake_is_one(self, folder: Path) -> None:
        with pytest.raises(SettingsError, match=r"^1 mistake in the settings of stack prod \(Pulumi\.prod\.yaml\)"):
            check("prod", changed(right(), {"environment": "qa"}), folder=folder)

    def test_nothing_at_all(self, folder: Path) -> None:
        with pytest.raises(SettingsError) as refusal:
            check("test", {}, folder=folder)
        assert [mistake.key for mistake in refusal.value.mistakes] == ["environment", "aws", "app", "migrations"]


class TestRight:
    """What is taken, and the defaults of what is left out."""

    def test_production_defaults(self, folder: Path) -> None:
        settings = check("test", right(), folder=folder)
        health = settings.service.health
        assert (health.start_period, health.interval, health.timeout, health.retries) == (90, 30, 10, 5)
        assert settings.service.min == 2
        assert settings.database.verify_tls is True
        assert settings.database.backup_days == 7
        assert settings.app.live_path == "/live"
        assert settings.protected is False

    @pytest.mark.parametrize("tag", ["<html>", "</html>", "<br />", '<html lang="en">', "<!DOCTYPE html>", "<h1>"])
    @pytest.mark.parametrize("place", ["smoke.body", "app.environment.MARK"])
    def test_a_tag_of_html_is_no_placeholder_in_a_free_text(self, folder: Path, place: str, tag: str) -> None:
        check("test", changed(right(), {place: tag}), folder=folder)

    def test_an_account_may_be_a_number_of_twelve_digits(self, folder: Path) -> None:
        """`pulumi config set --path aws.account 123456789012` stores one."""
        assert check("test", changed(right(), {"aws.account": 123456789012}), folder=folder).aws.account == (
            "123456789012"
        )

    @pytest.mark.parametrize(
        ("environment", "wished", "standby"),
        [("prod", None, True), ("staging", None, False), ("prod", False, False), ("staging", True, True)],
    )
    def test_prod_has_a_standby_unless_said(
        self, folder: Path, environment: str, wished: bool | None, standby: bool
    ) -> None:
        given = changed(right(), {"environment": environment, "domain": NAMED})
        if wished is not None:
            given = changed(given, {"database.multiAz": wished})
        assert check("test", given, folder=folder).multi_az is standby

    @pytest.mark.parametrize(("most", "largest"), [(None, 200), (126, 126), (0, None)])
    def test_storage_grows(self, folder: Path, most: int | None, largest: int | None) -> None:
        given = changed(right(), {"database.storage": 100, "database.maxStorage": most})
        assert check("test", given, folder=folder).database.largest == largest

    def test_only_prod_is_protected(self, folder: Path) -> None:
        assert (
            check("test", changed(right(), {"environment": "prod", "domain": NAMED}), folder=folder).protected is True
        )

    def test_prod_may_stand_behind_a_listener_of_somebody_else(self, folder: Path) -> None:
        balancer = {"listener": LISTENER, "priority": 1, "host": "shop.example.com"}
        given = changed(right(), {"environment": "prod", "loadBalancer": balancer, "network": ROUTED})
        assert check("test", given, folder=folder).domain.name is None

    def test_the_local_stack(self) -> None:
        given = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text())["config"]
        settings = check("local", given, folder=ROOT)
        assert [step.name for step in settings.migrations] == ["master", "tenants", "verify"]
        assert settings.app.build_args.keys() == {"BASE", "BUILD_BASE"}
        assert settings.service.min == 2
        assert int(settings.app.environment["SHUTDOWN_SECONDS"]) < settings.service.stop_timeout, "SIGKILL cuts it"

    def test_pulumi_knows_every_name_and_no_other(self) -> None:
        declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
        assert set(declared) == {field.alias for field in Settings.model_fields.values()}
        required = {field.alias for field in Settings.model_fields.values() if field.is_required()}
        assert {name for name, declaration in declared.items() if "default" not in declaration} == required
        assert not [name for name, declaration in declared.items() if "type" in declaration]


class TestNumbers:
    """Rules of AWS in numbers."""

    @pytest.mark.parametrize(("tasks", "failures"), [(1, 3), (2, 3), (6, 3), (7, 4), (25, 13), (400, 200), (800, 200)])
    def test_breaker_threshold(self, tasks: int, failures: int) -> None:
        assert breaker_threshold(tasks) == failures

    @pytest.mark.parametrize(
        ("daily", "weekly", "both"),
        [
            ("03:00-04:00", "sun:04:00-sun:05:00", False),
            ("03:00-04:00", "sun:03:30-sun:05:00", True),
            ("23:30-00:30", "mon:00:00-mon:01:00", True),
            ("23:30-00:30", "sun:23:00-mon:00:00", True),
            ("23:00-23:30", "sun:23:30-mon:01:00", False),
            ("12:00-12:30", "sun:00:00-mon:00:00", True),
        ],
    )
    def test_windows_overlap(self, daily: str, weekly: str, both: bool) -> None:
        assert windows.overlap(daily, weekly) is both

    @pytest.mark.parametrize(
        ("window", "minutes"), [("03:00-04:00", 60), ("23:45-00:15", 30), ("sun:23:30-mon:00:30", 60)]
    )
    def test_windows_have_a_length(self, window: str, minutes: int) -> None:
        assert windows.minutes(window) == minutes

    @pytest.mark.parametrize(
        ("cpu", "least", "most", "count"),
        [
            (256, 512, 2048, 3),
            (512, 1024, 4096, 4),
            (1024, 2048, 8192, 7),
            (2048, 4096, 16384, 13),
            (4096, 8192, 30720, 23),
            (8192, 16 * 1024, 60 * 1024, 12),
            (16384, 32 * 1024, 120 * 1024, 12),
        ],
    )
    def test_fargate_sizes(self, cpu: int, least: int, most: int, count: int) -> None:
        offered = sizes.TASK_MEMORY[cpu]
        assert (min(offered), max(offered), len(offered)) == (least, most, count)

    def test_reserved_names(self) -> None:
        assert {"DB_HOST", "DB_PASSWORD", "PORT"} < RESERVED


class TestRoles:
    """Who the database's users are when the settings leave it open."""

    def test_names_follow_the_database(self, folder: Path) -> None:
        database = check("test", changed(right(), {"database.name": "Notes"}), folder=folder).database
        assert (database.username, database.owner, database.app) == ("postgres", "notes_owner", "notes_app")
        assert database.bootstrap == ["migrate", "bootstrap"]

    def test_names_may_be_chosen(self, folder: Path) -> None:
        chosen = {"database.ownerUsername": "alice", "database.appUsername": "bob"}
        database = check("test", changed(right(), chosen), folder=folder).database
        assert (database.owner, database.app) == ("alice", "bob")

    def test_without_them_a_step_may_be_called_bootstrap(self, folder: Path) -> None:
        changes = {"database.roles": False, "migrations.0.name": "bootstrap"}
        assert check("test", changed(right(), changes), folder=folder).migrations[0].name == "bootstrap"


class TestSecrets:
    """References are taken, values are neither taken nor shown."""

    @pytest.mark.parametrize("form", ["{}", "{}:key::", "{}:key:AWSPREVIOUS:", "{}:key::version", "{}:::version"])
    def test_every_form_of_reference(self, folder: Path, form: str) -> None:
        reference = form.format(wrong.SECRET)
        settings = check("test", changed(right(), {"app.secrets": {"KEY": reference}}), folder=folder)
        assert settings.app.secrets == {"KEY": reference}
        assert secrets.arn(reference) == wrong.SECRET, "the policy is about the secret, not about a key of it"

    @pytest.mark.parametrize(
        "place",
        [
            "app.secrets.KEY",
            "app.secrets",
            "app.environment.API_TOKEN",
            "migrations.0.environment.DB_PASSWORD",
            "app.buildArgs.SIGNING_KEY",
            "database.masterPassword",
            "app.token",
        ],
    )
    def test_a_value_in_the_wrong_place_is_not_shown(self, folder: Path, place: str) -> None:
        given = changed(right(), {"migrations.0.environment": {}})
        with pytest.raises(SettingsError) as refusal:
            check("test", changed(given, {place: "hunter2"}), folder=folder)
        assert "hunter2" not in str(refusal.value)

    @pytest.mark.parametrize(
        ("asked", "given"), [([], {}), (["B"], {"B": wrong.SECRET}), ("all", {"A": wrong.SECRET, "B": wrong.SECRET})]
    )
    def test_a_step_gets_what_it_asks_for_and_nothing_else(self, folder: Path, asked: Any, given: Any) -> None:
        changes = {"app.secrets": {"A": wrong.SECRET, "B": wrong.SECRET}, "migrations.0.secrets": asked}
        settings = check("test", changed(right(), changes), folder=folder)
        assert secrets.chosen(settings.migrations[0].secrets, settings.app.secrets) == given

    def test_all_is_also_none_where_there_are_none(self, folder: Path) -> None:
        settings = check("test", changed(right(), {"migrations.0.secrets": "all"}), folder=folder)
        assert secrets.chosen(settings.migrations[0].secrets, settings.app.secrets) == {}

    @pytest.mark.parametrize("name", ["TOKEN_SECONDS", "PASSWORD_LENGTH", "KEYBOARD", "MONKEY", "SECRETARY"])
    def test_names_that_only_sound_like_it_are_taken(self, folder: Path, name: str) -> None:
        settings = check("test", changed(right(), {f"app.environment.{name}": "30"}), folder=folder)
        assert settings.app.environment == {name: "30"}

    def test_an_address_without_password_is_taken(self, folder: Path) -> None:
        address = "https://cache.example.com:6379/a@b:c"
        settings = check("test", changed(right(), {"app.environment.CACHE": address}), folder=folder)
        assert settings.app.environment["CACHE"] == address


class TestSteps:
    """Images of a step's own."""

    @pytest.mark.parametrize("repository", ["", f"{wrong.REPOSITORY}@", "127.0.0.1:5000/tools@"])
    def test_by_digest(self, folder: Path, repository: str) -> None:
        image = f"{repository}sha256:{'0' * 64}"
        named = {"access.repositories": [repository.rstrip("@")]} if repository else {}
        settings = check("test", changed(right(), {"migrations.0.image": image} | named), folder=folder)
        assert settings.migrations[0].image == image


class TestPages:
    """What people read is what is checked."""

    def test_settings(self) -> None:
        page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
        assert page == document(), "stale: python -m infra.settings.reading.document > docs/settings.md"

    def test_every_setting_says_what_it_is(self) -> None:
        assert [line for line in document().splitlines() if line.endswith("|  |")] == []

    def test_wrong_inputs(self) -> None:
        page = wrong.PAGE.read_text(encoding="utf-8")
        assert page == wrong.page(page), "stale: python -m tests.unit.settings.wrong"

    def test_a_wrong_input_has_one_name(self) -> None:
        names = [row[0] for row in WRONG]
        assert len(names) == len(set(names)) >= 25

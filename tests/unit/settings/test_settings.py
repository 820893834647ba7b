"""Right settings and their defaults, and the message of each wrong one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.settings.reading.mistake import SettingsError
from infra.settings.reading.read import check
from infra.settings.service import breaker_threshold
from infra.settings.settings import Settings
from tests.unit.settings.wrong import LISTENER, NAMED, REPOSITORY, ROUTED, WRONG, changed, right

ROOT = Path(__file__).parents[3]


class TestWrong:
    """Each wrong setting has one message: key, value, remedy."""

    @pytest.mark.parametrize(("changes", "message"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
    def test_has_its_message(self, folder: Path, changes: dict[str, Any], message: str) -> None:
        with pytest.raises(SettingsError) as refusal:
            check("test", changed(right(), changes), folder=folder)
        assert [str(mistake).replace(str(folder), "FOLDER") for mistake in refusal.value.mistakes] == [message]

    def test_all_are_reported_together(self, folder: Path) -> None:
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

    def test_no_settings(self, folder: Path) -> None:
        with pytest.raises(SettingsError) as refusal:
            check("test", {}, folder=folder)
        assert [mistake.key for mistake in refusal.value.mistakes] == ["environment", "aws", "app", "migrations"]


class TestRight:
    """Right settings, and defaults."""

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
    def test_an_html_tag_is_not_a_placeholder_in_free_text(self, folder: Path, place: str, tag: str) -> None:
        check("test", changed(right(), {place: tag}), folder=folder)

    def test_an_account_may_be_a_number_of_twelve_digits(self, folder: Path) -> None:
        """`pulumi config set --path aws.account 123456789012` stores one."""
        assert check("test", changed(right(), {"aws.account": 123456789012}), folder=folder).aws.account == (
            "123456789012"
        )

    @pytest.mark.parametrize(
        ("environment", "given", "standby"),
        [("prod", None, True), ("staging", None, False), ("prod", False, False), ("staging", True, True)],
    )
    def test_prod_has_a_standby_by_default(
        self, folder: Path, environment: str, given: bool | None, standby: bool
    ) -> None:
        settings = changed(right(), {"environment": environment, "domain": NAMED})
        if given is not None:
            settings = changed(settings, {"database.multiAz": given})
        assert check("test", settings, folder=folder).multi_az is standby

    @pytest.mark.parametrize(("most", "largest"), [(None, 200), (126, 126), (0, None)])
    def test_storage_grows(self, folder: Path, most: int | None, largest: int | None) -> None:
        given = changed(right(), {"database.storage": 100, "database.maxStorage": most})
        assert check("test", given, folder=folder).database.largest == largest

    def test_only_prod_is_protected(self, folder: Path) -> None:
        assert (
            check("test", changed(right(), {"environment": "prod", "domain": NAMED}), folder=folder).protected is True
        )

    def test_prod_may_use_an_existing_listener(self, folder: Path) -> None:
        balancer = {"listener": LISTENER, "priority": 1, "host": "shop.example.com"}
        given = changed(right(), {"environment": "prod", "loadBalancer": balancer, "network": ROUTED})
        assert check("test", given, folder=folder).domain.name is None

    def test_the_local_stack(self) -> None:
        given = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text())["config"]
        settings = check("local", given, folder=ROOT)
        assert [step.name for step in settings.migrations] == ["master", "tenants", "verify"]
        assert settings.app.build_args.keys() == {"BASE", "BUILD_BASE"}
        assert settings.service.min == 2
        assert int(settings.app.environment["SHUTDOWN_SECONDS"]) < settings.service.stop_timeout, "SIGKILL comes first"

    def test_pulumi_yaml_declares_every_key_and_no_other(self) -> None:
        declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
        assert set(declared) == {field.alias for field in Settings.model_fields.values()}
        required = {field.alias for field in Settings.model_fields.values() if field.is_required()}
        assert {name for name, declaration in declared.items() if "default" not in declaration} == required
        assert not [name for name, declaration in declared.items() if "type" in declaration]


class TestRoles:
    """Default names of the database's users."""

    def test_names_follow_the_database(self, folder: Path) -> None:
        database = check("test", changed(right(), {"database.name": "Notes"}), folder=folder).database
        assert (database.username, database.owner, database.app) == ("postgres", "notes_owner", "notes_app")
        assert database.bootstrap == ["migrate", "bootstrap"]

    def test_names_may_be_chosen(self, folder: Path) -> None:
        chosen = {"database.ownerUsername": "alice", "database.appUsername": "bob"}
        database = check("test", changed(right(), chosen), folder=folder).database
        assert (database.owner, database.app) == ("alice", "bob")

    def test_without_roles_a_step_may_be_named_bootstrap(self, folder: Path) -> None:
        changes = {"database.roles": False, "migrations.0.name": "bootstrap"}
        assert check("test", changed(right(), changes), folder=folder).migrations[0].name == "bootstrap"


class TestSteps:
    """Images of steps."""

    @pytest.mark.parametrize("repository", ["", f"{REPOSITORY}@", "127.0.0.1:5000/tools@"])
    def test_by_digest(self, folder: Path, repository: str) -> None:
        image = f"{repository}sha256:{'0' * 64}"
        named = {"access.repositories": [repository.rstrip("@")]} if repository else {}
        settings = check("test", changed(right(), {"migrations.0.image": image} | named), folder=folder)
        assert settings.migrations[0].image == image


class TestService:
    """Numbers of AWS."""

    @pytest.mark.parametrize(("tasks", "failures"), [(1, 3), (2, 3), (6, 3), (7, 4), (25, 13), (400, 200), (800, 200)])
    def test_breaker_threshold(self, tasks: int, failures: int) -> None:
        assert breaker_threshold(tasks) == failures

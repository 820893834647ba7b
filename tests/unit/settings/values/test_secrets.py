"""References to secrets are accepted, values are neither accepted nor shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from infra.settings.reading.mistake import SettingsError
from infra.settings.reading.read import check
from infra.settings.values import secrets
from infra.settings.values.program_variables import RESERVED
from tests.unit.settings.wrong import SECRET, changed, right


def test_reserved_names() -> None:
    assert {"DB_HOST", "DB_PASSWORD", "PORT"} < RESERVED


@pytest.mark.parametrize("form", ["{}", "{}:key::", "{}:key:AWSPREVIOUS:", "{}:key::version", "{}:::version"])
def test_every_form_of_reference(folder: Path, form: str) -> None:
    reference = form.format(SECRET)
    settings = check("test", changed(right(), {"app.secrets": {"KEY": reference}}), folder=folder)
    assert settings.app.secrets == {"KEY": reference}
    assert secrets.arn(reference) == SECRET, "IAM policies name the secret, not a key of its JSON"


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
def test_a_value_in_the_wrong_place_is_not_shown(folder: Path, place: str) -> None:
    given = changed(right(), {"migrations.0.environment": {}})
    with pytest.raises(SettingsError) as refusal:
        check("test", changed(given, {place: "hunter2"}), folder=folder)
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(("asked", "given"), [([], {}), (["B"], {"B": SECRET}), ("all", {"A": SECRET, "B": SECRET})])
def test_a_step_gets_what_it_asks_for_and_nothing_else(folder: Path, asked: Any, given: Any) -> None:
    changes = {"app.secrets": {"A": SECRET, "B": SECRET}, "migrations.0.secrets": asked}
    settings = check("test", changed(right(), changes), folder=folder)
    assert secrets.chosen(settings.migrations[0].secrets, settings.app.secrets) == given


def test_all_may_be_no_secret(folder: Path) -> None:
    settings = check("test", changed(right(), {"migrations.0.secrets": "all"}), folder=folder)
    assert secrets.chosen(settings.migrations[0].secrets, settings.app.secrets) == {}


@pytest.mark.parametrize("name", ["TOKEN_SECONDS", "PASSWORD_LENGTH", "KEYBOARD", "MONKEY", "SECRETARY"])
def test_a_name_that_only_resembles_a_secret_is_accepted(folder: Path, name: str) -> None:
    settings = check("test", changed(right(), {f"app.environment.{name}": "30"}), folder=folder)
    assert settings.app.environment == {name: "30"}


def test_a_url_without_a_password_is_accepted(folder: Path) -> None:
    address = "https://cache.example.com:6379/a@b:c"
    settings = check("test", changed(right(), {"app.environment.CACHE": address}), folder=folder)
    assert settings.app.environment["CACHE"] == address

"""The references of the local cloud replace those of the settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra.settings.reading.local_secrets import FOLDER_VARIABLE, with_local_secrets
from infra.settings.reading.mistake import SettingsError
from infra.settings.reading.read import check
from infra.settings.settings import Settings
from tests.unit.settings.wrong import SECRET, changed, right


@pytest.fixture
def settings(folder: Path) -> Settings:
    secrets = {"API_KEY": "local", "DSN": SECRET, "OWN": SECRET}
    changes: dict[str, Any] = {"environment": "local", "app.secrets": secrets, "migrations.0.secrets": "all"}
    return check("shop", changed(right(), changes), folder=folder)


def created(folder: Path, **references: dict[str, str]) -> dict[str, str]:
    """Write what `make up` writes; return the environment variables that name it."""
    (folder / "shop.json").write_text(json.dumps(references))
    return {FOLDER_VARIABLE: str(folder)}


def test_references_of_the_local_cloud_replace_those_of_the_settings(folder: Path, settings: Settings) -> None:
    local = SECRET.replace("shop", "here")
    environment = created(
        folder,
        API_KEY={"for": "local", "is": local},
        DSN={"for": SECRET, "is": f"{local}:dsn::"},
        OWN={"for": f"{SECRET}:of:before:", "is": local},
    )
    found = with_local_secrets(settings, "shop", environment)
    assert found.app.secrets == {"API_KEY": local, "DSN": f"{local}:dsn::", "OWN": SECRET}
    assert settings.app.secrets["API_KEY"] == "local", "the given settings are not changed"


@pytest.mark.parametrize("text", [None, "{", "[]"])
def test_a_secret_without_a_value_is_one_clean_error(folder: Path, settings: Settings, text: str | None) -> None:
    if text is not None:
        (folder / "shop.json").write_text(text)
    for environment in ({}, {FOLDER_VARIABLE: str(folder)}):
        with pytest.raises(
            SettingsError, match=r"app\.secrets\.API_KEY: has no value on this machine yet; run `make up S"
        ):
            with_local_secrets(settings, "shop", environment)


def test_other_environments_are_not_changed(folder: Path, settings: Settings) -> None:
    environment = created(folder, DSN={"for": SECRET, "is": "arn:x"})
    staging = check("shop", changed(right(), {"app.secrets": {"DSN": SECRET}}), folder=folder)
    assert with_local_secrets(staging, "shop", environment) is staging

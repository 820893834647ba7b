"""The values of secrets on this machine: how the file is read, and what the program makes of what stands for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra.settings.reading.local_secrets import FOLDER_VARIABLE, with_local_secrets
from infra.settings.reading.mistake import SettingsError
from infra.settings.reading.read import check
from infra.settings.reading.secret_file import values
from infra.settings.settings import Settings
from tests.unit.settings.wrong import SECRET, changed, right

KNOWN = ("API_KEY", "DSN", "EMPTY")


def read(folder: Path, text: str) -> dict[str, str]:
    (folder / ".secrets.shop.env").write_text(text)
    return values(folder, "shop", KNOWN)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("# a comment\n\nAPI_KEY=abc\n", {"API_KEY": "abc"}),
        ("export API_KEY=abc\n  DSN = x\n".replace(" = ", "="), {"API_KEY": "abc", "DSN": "x"}),
        ("API_KEY=\"a b\"\nDSN='${HOME} #1'\n", {"API_KEY": "a b", "DSN": "${HOME} #1"}),
        ("DSN=postgresql://u:p=1@h/d?x=y#z", {"DSN": "postgresql://u:p=1@h/d?x=y#z"}),
        ('API_KEY="', {"API_KEY": '"'}),
    ],
)
def test_a_line_is_a_name_and_a_value(tmp_path: Path, text: str, found: dict[str, str]) -> None:
    assert read(tmp_path, text) == found


def test_no_file_gives_nothing(tmp_path: Path) -> None:
    assert values(tmp_path, "shop", KNOWN) == {}


def test_every_mistake_is_told_and_no_value(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refusal:
        read(tmp_path, "hunter2\nAPI_KEI=hunter2\nAPI_KEY=hunter2\nAPI_KEY=hunter3\nEMPTY=\n")
    assert str(refusal.value).splitlines() == [
        "4 mistakes in the settings of stack shop (.secrets.shop.env); nothing was created:",
        "  line 1: is not NAME=VALUE; write one secret per line",
        "  line 2: API_KEI is not in app.secrets; correct the name, add it there, or remove the line",
        "  line 4: API_KEY is set twice; remove one of the lines",
        "  line 5: EMPTY has no value; write one, or remove the line to generate one",
    ]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "Dockerfile").write_text("FROM scratch\n")
    return local(tmp_path, {"API_KEY": "local", "DSN": SECRET, "OWN": SECRET})


def local(folder: Path, secrets: dict[str, str]) -> Settings:
    changes: dict[str, Any] = {"environment": "local", "app.secrets": secrets, "migrations.0.secrets": "all"}
    return check("shop", changed(right(), changes), folder=folder)


def made(folder: Path, **stand_ins: dict[str, str]) -> dict[str, str]:
    (folder / "shop.json").write_text(json.dumps(stand_ins))
    return {FOLDER_VARIABLE: str(folder)}


def test_what_make_up_made_stands_for_the_references(tmp_path: Path, settings: Settings) -> None:
    here = SECRET.replace("shop", "here")
    environment = made(
        tmp_path,
        API_KEY={"for": "local", "is": here},
        DSN={"for": SECRET, "is": f"{here}:dsn::"},
        OWN={"for": f"{SECRET}:of:before:", "is": here},
    )
    found = with_local_secrets(settings, "shop", environment)
    assert found.app.secrets == {"API_KEY": here, "DSN": f"{here}:dsn::", "OWN": SECRET}
    assert settings.app.secrets["API_KEY"] == "local", "the settings as written stay"


@pytest.mark.parametrize("text", [None, "{", "[]"])
def test_a_secret_without_a_value_is_one_clean_error(tmp_path: Path, settings: Settings, text: str | None) -> None:
    if text is not None:
        (tmp_path / "shop.json").write_text(text)
    for environment in ({}, {FOLDER_VARIABLE: str(tmp_path)}):
        with pytest.raises(
            SettingsError, match=r"app\.secrets\.API_KEY: has no value on this machine yet; run `make up S"
        ):
            with_local_secrets(settings, "shop", environment)


def test_other_stacks_are_what_they_say(tmp_path: Path, settings: Settings) -> None:
    environment = made(tmp_path, DSN={"for": SECRET, "is": "arn:x"})
    staging = check("shop", changed(right(), {"app.secrets": {"DSN": SECRET}}), folder=tmp_path)
    assert with_local_secrets(staging, "shop", environment) is staging

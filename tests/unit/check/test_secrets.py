"""What the containers of a check get of app.secrets: the file's values or random ones, the same in all, never shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml

from check.migrations.scratch import Scratch
from check.migrations.steps import invented, masked
from check.result import Broken
from check.subject import CheckedStack, read
from tests.unit.check.test_serving import made


def subject(folder: Path, text: str = "") -> CheckedStack:
    (folder / "app").mkdir(exist_ok=True)
    (folder / "app" / "Dockerfile").write_text("FROM scratch\n")
    config: dict[str, Any] = {
        "environment": "local",
        "aws": {"region": "us-east-1"},
        "app": {"context": "app", "secrets": {"API_KEY": "local", "TOKEN": "local"}},
        "migrations": [{"name": "migrate", "command": ["migrate"], "secrets": ["API_KEY"]}],
    }
    (folder / "Pulumi.shop.yaml").write_text(yaml.safe_dump({"config": config}))
    if text:
        (folder / ".secrets.shop.env").write_text(text)
    return read(folder, "shop")


def test_the_files_values_and_random_ones(tmp_path: Path) -> None:
    values = invented(subject(tmp_path, "API_KEY=hunter2\n").secrets)
    assert values["API_KEY"] == "hunter2"
    assert len(values["TOKEN"]) > 20
    assert values["TOKEN"] == values["TOKEN"], "the same in all tasks"


def test_mistakes_of_the_file_are_told_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(Broken, match=r"line 1: API_KEI is not in app\.secrets"):
        subject(tmp_path, "API_KEI=hunter2\n")


def test_no_value_is_shown(tmp_path: Path) -> None:
    place = replace(made(tmp_path, "local"), invented=invented({"API_KEY": "hunter2", "PIN": "42", "LONG": "hunter2+"}))
    assert masked(["key hunter2 of 42", "and hunter2+"], place) == ("key *** of 42", "and ***")


@pytest.mark.parametrize(
    ("more", "filled"),
    [
        ({}, "localhost http://localhost"),
        (
            {"domain": {"name": "shop.example.com", "zone": "Z0123456789ABC"}},
            "shop.example.com https://shop.example.com",
        ),
    ],
)
def test_the_services_address_is_filled_in(tmp_path: Path, more: dict[str, Any], filled: str) -> None:
    app = {"context": "app", "environment": {"AT": "${service.host} ${service.url}"}}
    place = made(tmp_path, "staging", app=app, **more)
    scratch = SimpleNamespace(
        name="db", database="app", variables=lambda: {"DB_HOST": "db", "DB_PORT": "5432", "DB_NAME": "app"}
    )
    given = replace(place, scratch=cast(Scratch, scratch)).variables(place.logins.app, {})
    assert given["AT"] == filled

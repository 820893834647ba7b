"""The file with the values of secrets on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.settings.reading.mistake import SettingsError
from infra.settings.reading.secret_file import values

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


def test_without_a_file_there_are_no_values(tmp_path: Path) -> None:
    assert values(tmp_path, "shop", KNOWN) == {}


def test_every_mistake_is_reported_and_no_value(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refusal:
        read(tmp_path, "hunter2\nAPI_KEI=hunter2\nAPI_KEY=hunter2\nAPI_KEY=hunter3\nEMPTY=\n")
    assert str(refusal.value).splitlines() == [
        "4 mistakes in the settings of stack shop (.secrets.shop.env); nothing was created:",
        "  line 1: is not NAME=VALUE; write one secret per line",
        "  line 2: API_KEI is not in app.secrets; correct the name, add it there, or remove the line",
        "  line 4: API_KEY is set twice; remove one of the lines",
        "  line 5: EMPTY has no value; write one, or remove the line to generate one",
    ]

"""The words of `sluice run`, and which image it takes."""

from __future__ import annotations

import argparse

import pytest

from sluice.cli.command import parser
from sluice.cli.run import matches, step_name, variable
from sluice.inputs.step import Step

DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["migrate", "provision", "--org", "x"], "migrate-provision"),
        (["/usr/local/bin/migrate", "rollback-master"], "migrate-rollback-master"),
        (["python", "-m", "notes"], "python-m"),
        (["7z"], "z"),
        (["42"], "run"),
        (["a" * 60], "a" * 31),
        (["./Manage.PY", "Migrate_All"], "manage-py-migrate-all"),
    ],
)
def test_a_steps_name_comes_from_the_command_and_is_one(words: list[str], name: str) -> None:
    assert step_name(words) == name
    assert Step.parse({"name": name, "command": words}).name == name


def test_everything_after_the_dashes_is_the_command() -> None:
    given = parser().parse_args(
        [
            "run",
            "--env",
            "A=1",
            "--env",
            "B=x=y",
            "--timeout",
            "60",
            "--shards",
            "2",
            "--",
            "migrate",
            "--json",
            "-s",
            "x",
        ]
    )
    assert given.command == ["migrate", "--json", "-s", "x"]
    assert (dict(given.env), given.timeout, given.shards) == ({"A": "1", "B": "x=y"}, 60, 2)
    assert not given.json


@pytest.mark.parametrize("text", ["A", "=1", "1A=2", "A B=1", "SHARD_INDEX=1"])
def test_a_variable_that_is_none(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        variable(text)


@pytest.mark.parametrize(
    "text",
    [
        "DB_PASSWORD=hunter2hunter2",
        "STRIPE_API_KEY=anything",
        "DATABASE_URL=postgres://shop:hunter2@db/shop",
        "KEY=AKIAIOSFODNN7EXAMPLE",
        "HEADER=Authorization: Bearer abcdef0123456789",
        "GITHUB=ghp_0123456789abcdefghijklmnopqrstuvwxyz",
        "PGPASS=hunter2",
    ],
)
def test_a_variable_that_looks_like_a_secret_is_refused_without_its_value(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as refusal:
        variable(text)
    name, _, value = text.partition("=")
    assert str(refusal.value).startswith(f"{name} looks like a secret")
    assert "app.secrets" in str(refusal.value)
    assert value not in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    ["CLERK_ORG_ID=org_2x", "TOKEN_TTL=3600", "DB_HOST=db.internal", "PRIMARY_KEY=id", "DB_SECRET=", "DEBUG=true"],
)
def test_an_ordinary_variable_is_taken(text: str) -> None:
    assert variable(text) == tuple(text.split("=", 1))


@pytest.mark.parametrize(
    "words", [["--timeout", "0"], ["--timeout", "x"], ["--shards", "51"], ["--shards", "-1"], ["--env", "A"]]
)
def test_wrong_words_are_wrong_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(["run", *words, "--", "true"])
    assert ended.value.code == 2
    assert words[0] in capsys.readouterr().err


def test_an_image_is_named_by_its_digest_or_the_beginning_of_it() -> None:
    image = f"registry/repo@{DIGEST}"
    for wanted in (DIGEST, image, "ab" * 32, "abababa", "sha256:abababa", f"other/repo@{DIGEST}"):
        assert matches(image, wanted)
    for wanted in ("ababab", "latest", "", "cdcdcdcd", "bababab"):
        assert not matches(image, wanted)

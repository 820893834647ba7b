"""The cheap checks, on a real git repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from check.result import Broken, Skipped
from check.source import files
from check.source.git import released
from check.subject import CheckedStack, read, split


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True, timeout=30)


@pytest.fixture
def subject(tmp_path: Path) -> CheckedStack:
    """An application with two released migrations, on a branch that left main after them."""
    app = tmp_path / "app"
    (app / "migrations").mkdir(parents=True)
    (app / "Dockerfile").write_text("FROM scratch\n")
    for name in ("001_a", "002_b"):
        (app / "migrations" / f"{name}.sql").write_text(f"CREATE TABLE {name[-1]} (id bigint);\n")
    config = {
        "environment": "local",
        "aws": {"region": "eu-central-1"},
        "app": {"context": "app"},
        "migrations": [{"name": "migrate", "command": ["migrate"]}],
    }
    (tmp_path / "Pulumi.local.yaml").write_text(yaml.safe_dump({"config": config}))
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "-m", "released")
    git(tmp_path, "switch", "--quiet", "-c", "change")
    return read(tmp_path, "local")


def write(subject: CheckedStack, name: str, text: str = "ALTER TABLE a ADD b int;\n", *, add: bool = True) -> None:
    (subject.context / name).write_text(text)
    if add:
        git(subject.context, "add", "--all")


def test_all_is_well(subject: CheckedStack) -> None:
    assert files.present(subject) == "2 files of SQL files"
    assert "PostgreSQL" in files.fits(subject)
    write(subject, "migrations/003_c.sql")
    assert files.unchanged(subject, None).startswith("2 released files as at ")
    assert files.unchanged(subject, None).endswith("(main), 1 new")


@pytest.mark.parametrize("text", ["", " \n", "-- This is an empty migration.\n", "/* later */"])
def test_an_empty_migration(subject: CheckedStack, text: str) -> None:
    write(subject, "migrations/003_c.sql", text)
    with pytest.raises(Broken, match=r"migrations/003_c\.sql holds nothing"):
        files.present(subject)


def test_none_at_all(subject: CheckedStack) -> None:
    for file in (subject.context / "migrations").iterdir():
        file.unlink()
    with pytest.raises(Broken, match="no migrations were found in app"):
        files.present(subject)


def test_one_that_only_this_machine_has(subject: CheckedStack) -> None:
    write(subject, "migrations/003_c.sql", add=False)
    with pytest.raises(Broken, match=r"migrations/003_c\.sql is not in git") as broken:
        files.present(subject)
    assert "git add -f migrations/003_c.sql" in broken.value.remedy


def test_those_that_docker_is_not_sent(subject: CheckedStack) -> None:
    write(subject, ".dockerignore", "migrations\n")
    with pytest.raises(Broken, match=r"left out of the image build by \.dockerignore"):
        files.present(subject)


def test_a_released_one_edited(subject: CheckedStack) -> None:
    write(subject, "migrations/002_b.sql", "CREATE TABLE b (id int);\n")
    with pytest.raises(Broken, match=r"migrations/002_b\.sql was edited after its release") as broken:
        files.unchanged(subject, None)
    assert "git checkout" in broken.value.remedy


def test_a_released_one_renamed(subject: CheckedStack) -> None:
    git(subject.context, "mv", "migrations/002_b.sql", "migrations/003_b.sql")
    with pytest.raises(Broken, match=r"migrations/002_b\.sql was released and is missing"):
        files.unchanged(subject, None)


@pytest.mark.parametrize("name", ["000_first", "001_late", "002_again"])
def test_one_slipped_in_up_to_the_newest_released_number(subject: CheckedStack, name: str) -> None:
    write(subject, f"migrations/{name}.sql")
    with pytest.raises(Broken, match=rf"migrations/{name}\.sql has a lower number than 002_b\.sql") as broken:
        files.unchanged(subject, None)
    assert broken.value.remedy.startswith("give it the next number")


def test_what_is_released_is_the_revision_asked_for(subject: CheckedStack) -> None:
    git(subject.context, "tag", "v1")
    assert str(released(subject.context, "v1")).endswith("(v1)")
    with pytest.raises(Broken, match="git has no revision v9 here") as broken:
        files.unchanged(subject, "v9")
    assert "fetch-depth: 0" in broken.value.remedy


def test_without_git_nothing_says_what_was_released(tmp_path: Path) -> None:
    with pytest.raises(Skipped):
        released(tmp_path, None)


def test_an_engine_in_the_settings(subject: CheckedStack) -> None:
    write(subject, ".env.example", "DATABASE_URL=mysql://localhost/app\n")
    with pytest.raises(Broken, match=r"\.env\.example, line 1: the application is configured for mysql"):
        files.fits(subject)


def test_wrong_settings_are_told_as_pulumi_would(tmp_path: Path) -> None:
    with pytest.raises(Broken, match=r"Pulumi\.absent\.yaml cannot be read"):
        read(tmp_path, "absent")
    (tmp_path / "Pulumi.x.yaml").write_text("config: {environment: dev, app: {context: none}}")
    with pytest.raises(Broken, match=r"app\.context"):
        read(tmp_path, "x")


def test_a_stack_that_promotes_has_nothing_to_check(subject: CheckedStack) -> None:
    text = subject.file.read_text().replace("context: app", "port: 8000") + "  promoteFrom: staging\n"
    subject.file.write_text(text)
    with pytest.raises(Broken, match="stack local builds no application"):
        read(subject.root, "local")


def test_a_placeholder_of_an_account_or_an_address_is_no_obstacle(subject: CheckedStack) -> None:
    text = subject.file.read_text().replace("region: eu-central-1", "region: eu-central-1, account: <account of x>")
    text = text.replace("  aws:\n    region: eu-central-1,", "  aws: {region: eu-central-1,").replace("of x>", "of x>}")
    subject.file.write_text(text + "  notify: {email: [<address of y>]}\n")
    assert read(subject.root, "local").settings.aws.account == "999999999999"


def test_a_settings_files_keys() -> None:
    config = {"environment": "dev", "sluice:app": {}, "aws:region": "x", "secret": {"secure": "v1:…"}}
    assert split(config) == ({"environment": "dev", "app": {}}, {"secret"})

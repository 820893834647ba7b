"""What is released, before anything was."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import cast

import pytest
import yaml

from check.image import build as image
from check.image.build import ImageConfig
from check.migrations import steps
from check.migrations.release import made
from check.migrations.steps import TrialPlace
from check.result import Broken, Skipped, Warned
from check.subject import CheckedStack, read

PLACE, BUILT = cast(TrialPlace, None), ImageConfig("new")


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True, timeout=30)


@pytest.fixture
def subject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CheckedStack:
    """An application whose main branch has a migration, and a Dockerfile since this branch only."""
    (tmp_path / "app" / "migrations").mkdir(parents=True)
    (tmp_path / "app" / "migrations" / "001_a.sql").write_text("CREATE TABLE a (id bigint);\n")
    config = {
        "environment": "local",
        "aws": {"region": "eu-central-1"},
        "app": {"context": "app"},
        "migrations": [{"name": "migrate", "command": ["migrate"]}],
    }
    (tmp_path / "Pulumi.local.yaml").write_text(yaml.safe_dump({"config": config}))
    commit(tmp_path, "the first")
    git(tmp_path, "switch", "--quiet", "-c", "change")
    (tmp_path / "app" / "Dockerfile").write_text("FROM scratch\n")
    commit(tmp_path, "deployable")

    def build(context: Path, *given: object) -> ImageConfig:
        raise Broken("the image does not build", "read the lines above", ["npm ERR!"])

    monkeypatch.setattr(image, "build", build)
    return read(tmp_path, "local")


def commit(folder: Path, message: str) -> None:
    if not (folder / ".git").is_dir():
        git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", message)


def test_one_word_says_that_nothing_is(subject: CheckedStack) -> None:
    with pytest.raises(Skipped, match="nothing is released yet: RELEASED=none"):
        made(subject, PLACE, BUILT, "none")


def test_a_revision_that_these_settings_cannot_deploy_is_taken_for_a_first_release(subject: CheckedStack) -> None:
    with pytest.raises(Warned, match=r"\(main\) has no Dockerfile, so it was not deployed by these settings") as warned:
        made(subject, PLACE, BUILT, None)
    assert "RELEASED=none" in warned.value.remedy
    assert "check.schema" in warned.value.remedy


def test_a_guess_that_cannot_be_made_asks_for_the_word(subject: CheckedStack) -> None:
    commit_dockerfile_to_main(subject)
    with pytest.raises(Broken, match=r"the schema of \w+ \(main\) cannot be made: the image does not build") as broken:
        made(subject, PLACE, BUILT, None)
    assert broken.value.remedy.startswith("when nothing is released yet, say so: RELEASED=none")
    assert broken.value.output == ("npm ERR!",)


def test_one_that_was_named_is_released(subject: CheckedStack) -> None:
    commit_dockerfile_to_main(subject)
    with pytest.raises(Broken, match="cannot be made") as broken:
        made(subject, PLACE, BUILT, "main")
    assert "RELEASED=none" not in broken.value.remedy
    assert "check.schema" in broken.value.remedy


def test_this_very_image_is_nothing_before_it(subject: CheckedStack, monkeypatch: pytest.MonkeyPatch) -> None:
    commit_dockerfile_to_main(subject)
    monkeypatch.setattr(image, "build", lambda *given: BUILT)
    with pytest.raises(Skipped, match="is this very image"):
        made(subject, PLACE, BUILT, None)


def test_its_own_steps_make_the_schema(subject: CheckedStack, monkeypatch: pytest.MonkeyPatch) -> None:
    commit_dockerfile_to_main(subject)
    monkeypatch.setattr(image, "build", lambda *given: ImageConfig("old"))
    monkeypatch.setattr(steps, "run", lambda place, built: [])
    start = made(subject, PLACE, BUILT, None)
    assert (start.image, start.empty, start.known) == (ImageConfig("old"), False, True)
    assert start.text.startswith("the schema of ")


def commit_dockerfile_to_main(subject: CheckedStack) -> None:
    git(subject.root, "branch", "--force", "main", "HEAD")

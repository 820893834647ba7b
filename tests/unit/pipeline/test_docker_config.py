"""Docker's configuration of one run: what was there counts, and what a login adds is gone afterwards."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from pipeline.engine import docker_config
from pipeline.engine.engine import Engine


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / ".docker"
    (folder / "contexts").mkdir(parents=True)
    (folder / "contexts" / "meta.json").write_text("{}")
    (folder / "config.json").write_text('{"currentContext": "remote"}')
    return tmp_path


def test_what_a_login_adds_is_gone_afterwards(home: Path) -> None:
    before = (home / ".docker" / "config.json").read_text()
    with docker_config.own({}, home) as variables:
        own = Path(variables["DOCKER_CONFIG"])
        assert stat.S_IMODE(own.stat().st_mode) == 0o700
        assert json.loads((own / "config.json").read_text()) == {"currentContext": "remote"}
        assert (own / "contexts" / "meta.json").read_text() == "{}"
        (own / "config.json").write_text('{"auths": {"registry": {"auth": "c2VjcmV0"}}}')
    assert not own.exists()
    assert (home / ".docker" / "config.json").read_text() == before
    assert (home / ".docker" / "contexts" / "meta.json").exists()


def test_another_folder_of_the_users_counts(home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "config.json").write_text('{"credsStore": "pass"}')
    with docker_config.own({"DOCKER_CONFIG": str(elsewhere)}, home) as variables:
        assert "credsStore" in (Path(variables["DOCKER_CONFIG"]) / "config.json").read_text()


def test_without_any_there_is_an_empty_folder(tmp_path: Path) -> None:
    with docker_config.own({}, tmp_path) as variables:
        assert list(Path(variables["DOCKER_CONFIG"]).iterdir()) == []


def test_an_update_runs_with_it(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `pulumi` that logs in as `docker login` would."""
    program = tmp_path / "pulumi"
    program.write_text('#!/bin/sh\necho "{\\"auths\\": {}}" > "$DOCKER_CONFIG/config.json"\necho "$DOCKER_CONFIG"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    assert Engine("prod", tmp_path).update("") == 0
    assert (home / ".docker" / "config.json").read_text() == '{"currentContext": "remote"}'

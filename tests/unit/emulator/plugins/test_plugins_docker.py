"""The docker plugin without a daemon: what makes a context, and what a build would be told."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from pulumi_docker import BuilderVersion

from emulator.plugins.docker import context
from emulator.plugins.docker.builder import CLASSIC
from emulator.plugins.docker.image import Image, repository
from emulator.plugins.docker.registry import is_missing, login, server_of
from sluice.protocol.resource import Refused, ResourceState
from sluice.protocol.values import UNKNOWN
from tests.unit.emulator.plugins.calls import Engine

DIGEST = "sha256:" + "a" * 64
# Stands for the docker command: writes down how it was called, and answers as the real one does.
COMMAND = f"""#!/bin/sh
[ "$1" = buildx ] || echo "$@" >> "$RECORD/words"
env > "$RECORD/env.$1"
[ -n "$DOCKER_CONFIG" ] && [ "$1" = push ] && cp "$DOCKER_CONFIG/config.json" "$RECORD/config.json"
case "$1" in
  build)
    echo "Step 1/1 : FROM scratch"
    [ -n "$HANG" ] && exec sleep 60
    [ -n "$BROKEN" ] && echo "$BROKEN" && exit 1;;
  image) echo "sha256:{"b" * 64}";;
  push) echo "v1: digest: {DIGEST} size: 943";;
  buildx) [ -n "$BUILDX" ] || exit 1;;
  context) echo "unix:///run/user/1/docker.sock";;
esac
exit 0
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM scratch\n")
    (folder / "main.py").write_text("print(1)\n")
    return folder


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    record, programs = tmp_path / "record", tmp_path / "bin"
    record.mkdir()
    programs.mkdir()
    (programs / "docker").write_text(COMMAND)
    (programs / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("RECORD", str(record))
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    return record


def inputs(folder: Path, **more: Any) -> dict[str, Any]:
    build = {"context": str(folder), "platform": "linux/amd64", "args": {"BASE": "python:3.13"}}
    registry = {"server": "http://127.0.0.1:5000", "username": "AWS", "password": "s3cret-token"}
    return {"imageName": "127.0.0.1:5000/notes:v1", "build": build, "registry": registry} | more


def checked(given: dict[str, Any]) -> dict[str, Any]:
    result = asyncio.run(Image().check(Engine().call(), {}, given))
    assert result.failures == []
    return result.inputs


# -- the context


def digest(folder: Path) -> str:
    return context.digest(folder, folder / "Dockerfile")


def test_a_changed_file_is_another_context(folder: Path) -> None:
    before = digest(folder)
    assert digest(folder) == before
    (folder / "main.py").write_text("print(2)\n")
    changed = digest(folder)
    (folder / "main.py").chmod(0o755)
    executable = digest(folder)
    (folder / "main.py").rename(folder / "app.py")
    renamed = digest(folder)
    (folder / "Dockerfile").write_text("FROM other\n")
    assert len({before, changed, executable, renamed, digest(folder)}) == 5


def test_time_and_owner_are_no_part_of_the_context(folder: Path) -> None:
    before = digest(folder)
    os.utime(folder / "main.py", (0, 0))
    assert digest(folder) == before


def test_what_is_ignored_does_not_count(folder: Path) -> None:
    (folder / ".dockerignore").write_text("# notes\n*.log\n**/__pycache__\nsecret/*\n!secret/public.txt\n")
    before = digest(folder)
    for name in ("a.log", "sub/__pycache__/x.pyc", "secret/key"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
        assert digest(folder) == before, name
    for name in ("sub/a.log", "secret/public.txt"):
        (folder / name).write_text("x")
        assert digest(folder) != before, name
        (folder / name).unlink()


def test_a_missing_dockerfile_is_a_failure_of_the_check(folder: Path) -> None:
    (folder / "Dockerfile").unlink()
    (failure,) = asyncio.run(Image().check(Engine().call(), {}, inputs(folder))).failures
    assert failure.property == "build"
    assert "there is no Dockerfile at" in failure.reason


# -- check, diff, previews


def test_unsupported_properties_are_named(folder: Path) -> None:
    given = inputs(folder, labels={"a": "b"})
    given["build"]["cacheFrom"] = {"images": []}
    given["build"]["builderVersion"] = "BuilderV3"
    failures = asyncio.run(Image().check(Engine().call(), {}, given)).failures
    assert [failure.property for failure in failures] == ["labels", "build.cacheFrom", "build.builderVersion"]


def test_an_unchanged_folder_is_no_change_and_a_new_token_neither(folder: Path) -> None:
    old = checked(inputs(folder))
    new = checked(inputs(folder, registry={"server": "127.0.0.1:5000", "username": "AWS", "password": "another"}))
    assert not asyncio.run(Image().diff(Engine().call(), "id", ResourceState(old, {}), new)).changes
    (folder / "main.py").write_text("print(2)\n")
    found = asyncio.run(Image().diff(Engine().call(), "id", ResourceState(old, {}), checked(inputs(folder))))
    assert (found.diffs, found.replaces) == (["build"], [])
    unknown = old | {"imageName": UNKNOWN}
    assert asyncio.run(Image().diff(Engine().call(), "id", ResourceState(old, {}), unknown)).diffs == ["imageName"]


def test_a_preview_builds_nothing(folder: Path, record: Path) -> None:
    outputs = asyncio.run(Image().create(Engine().call(preview=True), checked(inputs(folder)))).outputs
    assert outputs["repoDigest"] is UNKNOWN
    assert outputs["baseImageName"] == "127.0.0.1:5000/notes:v1"
    assert outputs["registryServer"] == "127.0.0.1:5000"
    assert not (record / "words").exists()


def test_build_on_preview_builds_and_pushes_nothing(folder: Path, record: Path) -> None:
    given = checked(inputs(folder, buildOnPreview=True))
    outputs = asyncio.run(Image().create(Engine().call(preview=True), given)).outputs
    assert outputs["repoDigest"] is UNKNOWN
    assert [line.split()[0] for line in (record / "words").read_text().splitlines()] == ["build"]


# -- build and push


def test_build_and_push(folder: Path, record: Path) -> None:
    engine = Engine()
    created = asyncio.run(Image().create(engine.call(), checked(inputs(folder))))
    assert created.id == "sha256:" + "b" * 64
    assert created.outputs["repoDigest"] == f"127.0.0.1:5000/notes@{DIGEST}"
    words = (record / "words").read_text().splitlines()
    assert words[0] == (
        f"build --force-rm --tag 127.0.0.1:5000/notes:v1 --file {folder}/Dockerfile --platform linux/amd64 "
        f"--build-arg BASE {folder}"
    )
    assert "push 127.0.0.1:5000/notes:v1" in words
    built = (record / "env.build").read_text()
    assert "BASE=python:3.13\n" in built
    assert "DOCKER_BUILDKIT=0\n" in built
    assert ("info", "Step 1/1 : FROM scratch", True) in engine.lines


def test_the_password_is_only_in_a_folder_that_is_gone(folder: Path, record: Path) -> None:
    engine = Engine()
    asyncio.run(Image().create(engine.call(), checked(inputs(folder))))
    (server,) = json.loads((record / "config.json").read_text())["auths"]
    assert server == "127.0.0.1:5000"
    pushed = dict(line.split("=", 1) for line in (record / "env.push").read_text().splitlines() if "=" in line)
    assert not Path(pushed["DOCKER_CONFIG"]).exists()
    assert pushed["DOCKER_HOST"] == "unix:///run/user/1/docker.sock", "the daemon of the user's context"
    for text in (engine.text, (record / "words").read_text(), *(p.read_text() for p in record.glob("env.*"))):
        assert "s3cret-token" not in text


def test_skip_push(folder: Path, record: Path) -> None:
    created = asyncio.run(Image().create(Engine().call(), checked(inputs(folder, skipPush=True))))
    assert created.outputs["repoDigest"] == "sha256:" + "b" * 64
    assert [line.split()[0] for line in (record / "words").read_text().splitlines()] == ["build", "image"]


def test_a_failed_build_shows_its_last_lines(folder: Path, record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKEN", "no space left")
    with pytest.raises(Refused, match=r"building .* failed with exit code 1\. Last lines:\n.*\nno space left"):
        asyncio.run(Image().create(Engine().call(), checked(inputs(folder))))


def built_with(record: Path) -> str:
    (line,) = [line for line in (record / "env.build").read_text().splitlines() if line.startswith("DOCKER_BUILDKIT=")]
    return line.partition("=")[2]


@pytest.mark.parametrize(("wanted", "used"), [(None, "1"), ("BuilderBuildKit", "1"), ("BuilderV1", "0")])
def test_buildkit_builds_where_docker_has_it(
    folder: Path, record: Path, monkeypatch: pytest.MonkeyPatch, wanted: str | None, used: str
) -> None:
    monkeypatch.setenv("BUILDX", "1")
    given = inputs(folder)
    given["build"]["builderVersion"] = wanted
    asyncio.run(Image().create(Engine().call(), checked(given)))
    assert built_with(record) == used


def test_every_builder_of_the_official_plugin_is_accepted(folder: Path) -> None:
    for version in BuilderVersion:
        given = inputs(folder)
        given["build"]["builderVersion"] = version.value
        assert checked(given)["build"]["builderVersion"] == version.value


@pytest.mark.parametrize(("wanted", "noted"), [("BuilderBuildKit", True), (None, False), ("BuilderV1", False)])
def test_without_buildkit_the_classic_builder_builds_and_says_so(
    folder: Path, record: Path, wanted: str | None, noted: bool
) -> None:
    given = inputs(folder)
    given["build"]["builderVersion"] = wanted
    engine = Engine()
    asyncio.run(Image().create(engine.call(), checked(given)))
    assert built_with(record) == "0"
    assert (("info", CLASSIC, False) in engine.lines) is noted


def test_an_ignore_file_of_the_dockerfile_counts_and_needs_buildkit(
    folder: Path, record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "Dockerfile.dockerignore").write_text("*.log\n")
    (folder / ".dockerignore").write_text("*.py\n")
    before = digest(folder)
    (folder / "a.log").write_text("x")
    assert digest(folder) == before, "the Dockerfile's own file is the one that counts"
    given = inputs(folder)
    given["build"]["builderVersion"] = "BuilderBuildKit"
    for one in (inputs(folder), given):
        with pytest.raises(Refused, match=r"Dockerfile\.dockerignore is read by BuildKit only"):
            asyncio.run(Image().create(Engine().call(), checked(one)))
    monkeypatch.setenv("BUILDX", "1")
    asyncio.run(Image().create(Engine().call(), checked(inputs(folder))))
    assert built_with(record) == "1"


def test_a_dockerfile_for_buildkit_says_what_is_missing(
    folder: Path, record: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKEN", "the --mount option requires BuildKit")
    with pytest.raises(Refused, match=r"written for BuildKit, and the classic builder built it\n  fix: install"):
        asyncio.run(Image().create(Engine().call(), checked(inputs(folder))))


def test_ctrl_c_ends_a_build(folder: Path, record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANG", "1")
    engine = Engine()

    def cancel_once_it_builds() -> None:
        while "Step 1/1" not in engine.text:
            time.sleep(0.01)
        engine.cancelled.set()

    threading.Thread(target=cancel_once_it_builds, daemon=True).start()
    began = time.monotonic()
    with pytest.raises(Refused, match=r"building 127\.0\.0\.1:5000/notes:v1: cancelled"):
        asyncio.run(Image().create(engine.call(), checked(inputs(folder))))
    assert time.monotonic() - began < 4


def test_a_build_has_a_deadline(folder: Path, record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANG", "1")
    with pytest.raises(Refused, match="did not end within 1 s"):
        asyncio.run(Image().create(Engine().call(timeout=1), checked(inputs(folder))))


def test_without_docker_the_error_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(Refused, match="no `docker` command on PATH"):
        asyncio.run(Image().create(Engine().call(), checked(inputs(folder))))


# -- names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("127.0.0.1:5000/notes:v1", "127.0.0.1:5000/notes"),
        ("127.0.0.1:5000/a/b", "127.0.0.1:5000/a/b"),
        ("notes:v1", "notes"),
    ],
)
def test_repository(name: str, expected: str) -> None:
    assert repository(name) == expected


@pytest.mark.parametrize("address", ["127.0.0.1:5000", "http://127.0.0.1:5000", "https://127.0.0.1:5000/v2/"])
def test_server_of(address: str) -> None:
    assert server_of(address) == "127.0.0.1:5000"


def test_no_password_needs_no_login() -> None:
    with login({"server": "127.0.0.1:5000"}) as environment:
        assert environment == {}


@pytest.mark.parametrize("reference", ["", "example.com/notes@" + DIGEST, "127.0.0.1:1/notes@" + DIGEST, "sha256:abc"])
def test_only_a_clear_answer_of_a_registry_here_says_that_an_image_is_gone(reference: str) -> None:
    assert is_missing(reference) is False

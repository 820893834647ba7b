"""Docker's login to a registry, with a `docker` that keeps what it is given."""

from __future__ import annotations

import os
from pathlib import Path

import pulumi
import pytest

from components.image import docker_login

HOST = "111122223333.dkr.ecr.eu-central-1.amazonaws.com"


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a `docker` that writes down its words and its input, and ends with the code in `code`."""
    program = tmp_path / "docker"
    program.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/words\ncat > {tmp_path}/input\necho "denied: $(cat {tmp_path}/input)" >&2\n'
        f"exit $(cat {tmp_path}/code)\n"
    )
    program.chmod(0o755)
    (tmp_path / "code").write_text("0")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return tmp_path


def test_the_password_is_in_no_command_line(docker: Path) -> None:
    docker_login.log_in(HOST, "AWS", "secret-of-ecr")
    assert (docker / "words").read_text() == f"login --username AWS --password-stdin {HOST}\n"
    assert (docker / "input").read_text() == "secret-of-ecr"


def test_a_refusal_says_how_to_try_and_not_the_password(docker: Path) -> None:
    (docker / "code").write_text("1")
    with pytest.raises(pulumi.RunError) as refusal:
        docker_login.log_in(HOST, "AWS", "secret-of-ecr")
    assert f"Docker cannot log in to {HOST}: denied: ***\n  fix: `docker login {HOST}`" in str(refusal.value)
    assert "secret-of-ecr" not in str(refusal.value)


def test_without_docker_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(pulumi.RunError, match="`docker` is not on PATH"):
        docker_login.log_in(HOST, "AWS", "secret-of-ecr")


@pytest.mark.parametrize(
    ("host", "asks"),
    [
        (HOST, True),
        (f"{HOST}.cn", True),
        ("111122223333.dkr-ecr.eu-central-1.on.aws", True),
        ("127.0.0.1:5000", False),
        ("ghcr.io", False),
    ],
)
def test_ecr_alone_asks_for_this_login(host: str, asks: bool) -> None:
    assert bool(docker_login.ECR.match(host)) is asks

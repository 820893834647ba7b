"""A base image by tag is warned of before the merge."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from check.result import Skipped, Warned
from check.source import base
from check.subject import CheckedStack


def subject(folder: Path, text: str | None, **args: str) -> CheckedStack:
    if text is not None:
        (folder / "Dockerfile").write_text(text)
    app = SimpleNamespace(dockerfile="Dockerfile", build_args=args)
    return cast(CheckedStack, cast(Any, SimpleNamespace(context=folder, settings=SimpleNamespace(app=app))))


def test_a_tag_is_warned_of_with_the_command_that_shows_its_digest(tmp_path: Path) -> None:
    with pytest.raises(Warned) as warning:
        base.pinned(subject(tmp_path, "FROM python:3.13\n"))
    assert "python:3.13: a tag" in warning.value.what
    assert "docker buildx imagetools inspect python:3.13" in warning.value.remedy


def test_digests_and_bases_of_this_machine_are_not(tmp_path: Path) -> None:
    text = f"ARG BASE=python:3.13\nFROM golang@sha256:{'ab' * 32} AS build\nFROM ${{BASE}}\n"
    assert (
        base.pinned(subject(tmp_path, text, BASE="sluice-local/python:3.13"))
        == "2 of 2 named, 1 of them made on this machine"
    )


def test_without_a_dockerfile_there_is_nothing_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(Skipped):
        base.pinned(subject(tmp_path, None))

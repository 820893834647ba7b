"""Which images a Dockerfile builds on, which of them may move, and that a moved one makes another build."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from components.image import base_image, build_context
from components.image.base_image import bases, by_tag, moving
from components.image.image import ImageArgs
from local.lock import sources

ROOT = Path(__file__).parents[3]
PINNED = "python:3.13@sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("text", "args", "found"),
    [
        ("FROM debian:13\n", {}, ["debian:13"]),
        (f"from --platform=linux/amd64 {PINNED} AS build\nFROM build\n", {}, [PINNED]),
        ("FROM scratch\n", {}, []),
        ("ARG BASE=debian:13\nFROM ${BASE}\n", {}, ["debian:13"]),
        ("ARG BASE=debian:13\nFROM ${BASE}\n", {"BASE": "other:1"}, ["other:1"]),
        ("ARG BASE=a:1\nARG BUILD=${BASE}\nFROM $BUILD AS build\nFROM ${BASE}\n", {"BASE": "b:2"}, ["b:2"]),
        ('ARG TAG="13"\nFROM debian:${TAG}-slim\n', {}, ["debian:13-slim"]),
        ("FROM ${BASE:-debian:13}\n", {}, ["debian:13"]),
        ("ARG BASE\nFROM ${BASE:-debian:13}\n", {}, ["debian:13"]),
        (
            "# FROM old:1\nFROM \\\n  debian:13 AS a\nRUN echo FROM x\nARG BASE=late\nFROM ${BASE}x\n",
            {},
            ["debian:13", "x"],
        ),
        ("FROM a:1 AS one\nFROM b:2 AS two\nFROM one\nCOPY --from=two / /\n", {}, ["a:1", "b:2"]),
    ],
)
def test_the_bases_of_a_dockerfile(text: str, args: dict[str, str], found: list[str]) -> None:
    assert bases(text, args) == found


def test_a_tag_may_move_and_a_digest_never() -> None:
    named = ["python:3.13", PINNED, "python", "sluice-local/python:3.13", "python@sha256:abc"]
    assert by_tag(named) == ["python:3.13", "python", "python@sha256:abc"]


class TestMoving:
    """An image of this machine that was made anew makes another build, though its name is the same."""

    @pytest.fixture
    def context(self, tmp_path: Path) -> Path:
        (tmp_path / "Dockerfile").write_text("ARG BASE=python:3.13\nFROM ${BASE}\n")
        return tmp_path

    def tag(self, context: Path, bases: dict[str, str]) -> str:
        return build_context.tag(context, "Dockerfile", {"BASE": "sluice-local/python:3.13"}, "linux/amd64", bases)

    def test_its_id_is_part_of_the_tag(self, context: Path) -> None:
        args = {"BASE": "sluice-local/python:3.13"}
        before, after = (
            moving(context / "Dockerfile", args, dict.fromkeys([args["BASE"]], known).__getitem__)
            for known in ("sha256:1", "sha256:2")
        )
        assert before == {"sluice-local/python:3.13": "sha256:1"}
        assert self.tag(context, before) != self.tag(context, after)
        assert self.tag(context, before) == self.tag(context, dict(before))

    def test_where_nothing_moves_the_tag_is_what_it_was(self, context: Path) -> None:
        def never(image: str) -> str:
            raise AssertionError(f"{image} is not of this machine: it must not be asked about")

        assert moving(context / "Dockerfile", {}, never) == {}
        assert moving(context / "Dockerfile", {"BASE": "sluice-local/gone:1"}, lambda image: "") == {}
        plain = build_context.tag(context, "Dockerfile", {"BASE": "sluice-local/python:3.13"}, "linux/amd64")
        assert self.tag(context, {}) == plain

    def test_the_program_builds_anew(self, context: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def tag(known: str) -> str:
            monkeypatch.setattr(base_image, "asked", lambda image: known)
            args = {"BASE": "sluice-local/python:3.13"}
            return ImageArgs(str(context), "Dockerfile", args, "X86_64", "registry/shop", "").tag

        assert tag("sha256:1") != tag("sha256:2")
        assert tag("sha256:1") == tag("sha256:1")

    def test_without_docker_nothing_is_known(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        assert base_image.asked("sluice-local/python:3.13") == ""


class TestUpdates:
    """Whatever is pinned is updated by Dependabot."""

    CONFIGURED = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))["updates"]

    def folders(self, ecosystem: str) -> set[str]:
        [one] = [one for one in self.CONFIGURED if one["package-ecosystem"] == ecosystem]
        return {folder.strip("/") for folder in one.get("directories", [one.get("directory")])}

    def test_every_kind_is_asked_for_and_never_at_once(self) -> None:
        kinds = {one["package-ecosystem"] for one in self.CONFIGURED}
        assert kinds == {"github-actions", "docker", "pip", "gomod"}
        assert all(one["cooldown"]["default-days"] >= 7 for one in self.CONFIGURED)

    def test_every_lock_and_module_is_covered(self) -> None:
        locks = {str(path.parent.relative_to(ROOT)).strip(".") for path, _ in sources(ROOT)} - {"tests/e2e/check"}
        assert locks == self.folders("pip")
        modules = {str(file.parent.relative_to(ROOT)) for file in ROOT.glob("*/*/go.mod")}
        modules |= {str(file.parent.relative_to(ROOT)) for file in ROOT.glob("local/toolchain/*/go.mod")}
        assert modules == self.folders("gomod")
        assert {file.parent.name for file in ROOT.glob("examples/*/Dockerfile")} == {"notes", "orders"}
        assert self.folders("docker") == {"examples/*"}

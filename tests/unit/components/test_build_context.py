"""The tag of an image follows everything that can change it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from components.image.build_context import sent, tag
from components.image.docker_ignore import DockerIgnore


@pytest.fixture
def context(tmp_path: Path) -> Path:
    """A small build context with something to leave out."""
    files = {
        "Dockerfile": "FROM scratch\nCOPY . /\n",
        ".dockerignore": "*.log\n.git\n**/__pycache__\n",
        "app/main.py": "print(1)\n",
        "app/__pycache__/main.pyc": "old",
        "run.log": "yesterday",
        ".git/HEAD": "main",
    }
    for name, text in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def named(context: Path, **changes: object) -> str:
    """The tag of the context, with other build arguments or platform where said."""
    arguments = {"dockerfile": "Dockerfile", "build_args": {"BASE": "debian"}, "platform": "linux/amd64"} | changes
    return tag(context, **arguments)  # type: ignore[arg-type]


CHANGES: list[tuple[str, Callable[[Path], object]]] = [
    ("a file's content", lambda root: (root / "app/main.py").write_text("print(2)\n")),
    ("a new file", lambda root: (root / "app/new.py").write_text("")),
    ("a removed file", lambda root: (root / "app/main.py").unlink()),
    ("a renamed file", lambda root: (root / "app/main.py").rename(root / "app/other.py")),
    ("a file made executable", lambda root: (root / "app/main.py").chmod(0o755)),
    ("an empty folder", lambda root: (root / "app/empty").mkdir()),
    ("a link", lambda root: (root / "link").symlink_to("app/main.py")),
    ("the Dockerfile", lambda root: (root / "Dockerfile").write_text("FROM debian\n")),
    ("what is ignored", lambda root: (root / ".dockerignore").write_text(".git\n**/__pycache__\n")),
]

SAME: list[tuple[str, Callable[[Path], object]]] = [
    ("nothing", lambda root: None),
    ("an ignored file", lambda root: (root / "run.log").write_text("today")),
    ("a file in an ignored folder", lambda root: (root / ".git/HEAD").write_text("other")),
    ("an ignored folder further down", lambda root: (root / "app/__pycache__/main.pyc").write_text("new")),
    ("a file's time", lambda root: (root / "app/main.py").touch()),
]


@pytest.mark.parametrize("change", [row[1] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_another_input_is_another_tag(context: Path, change: Callable[[Path], object]) -> None:
    before = named(context)
    change(context)
    assert named(context) != before


@pytest.mark.parametrize("change", [row[1] for row in SAME], ids=[row[0] for row in SAME])
def test_the_same_input_is_the_same_tag(context: Path, change: Callable[[Path], object]) -> None:
    before = named(context)
    change(context)
    assert named(context) == before


def test_arguments_and_platform_are_inputs(context: Path) -> None:
    tags = {named(context), named(context, build_args={"BASE": "alpine"}), named(context, platform="linux/arm64")}
    assert len(tags) == 3


def test_a_link_may_lead_nowhere(context: Path) -> None:
    (context / "link").symlink_to("nowhere")
    assert "link" in list(sent(context, DockerIgnore()))


def test_an_excluded_dockerfile_still_counts(context: Path) -> None:
    (context / ".dockerignore").write_text("Dockerfile\n")
    before = named(context)
    (context / "Dockerfile").write_text("FROM debian\n")
    assert named(context) != before


def test_a_dockerfiles_own_ignore_file_goes_first(context: Path) -> None:
    (context / "Dockerfile.dockerignore").write_text("app\n")
    before = named(context)
    (context / "app/main.py").write_text("print(3)\n")
    assert named(context) == before


def test_a_tag_is_one_that_registries_take(context: Path) -> None:
    assert len(named(context)) == 40
    assert set(named(context)) <= set("0123456789abcdef")


IGNORED: list[tuple[str, str, bool]] = [
    ("*.log", "run.log", True),
    ("*.log", "app/run.log", False),
    ("**/*.log", "app/deep/run.log", True),
    ("**/*.log", "run.log", True),
    ("app", "app/main.py", True),
    ("app/", "app", True),
    ("/app", "app", True),
    ("app", "application", False),
    ("app/**", "app/a/b", True),
    ("app/**/test", "app/test", True),
    ("app/**/test", "app/a/b/test", True),
    ("a?c", "abc", True),
    ("a?c", "a/c", False),
    ("[ab].txt", "b.txt", True),
    ("[!a].txt", "a.txt", True),
    ("[^a].txt", "a.txt", False),
    (r"\*", "*", True),
    (r"\*", "x", False),
    ("# app", "# app", False),
    ("", "app", False),
    ("*\n!keep", "keep", False),
    ("*\n!keep", "other", True),
    ("*\n!keep/this", "keep/this", False),
    ("!app\napp", "app", True),
    ("*.md\n!README.md\nREADME.md", "README.md", True),
    ("a.b", "axb", False),
]


@pytest.mark.parametrize(("rules", "path", "out"), IGNORED)
def test_what_docker_leaves_out(rules: str, path: str, out: bool) -> None:
    assert DockerIgnore.parse(rules).excludes(path) is out


def test_an_excluded_folder_is_looked_into_when_a_part_is_taken_back(context: Path) -> None:
    (context / ".dockerignore").write_text("app\n!app/main.py\n")
    ignored = DockerIgnore.parse("app\n!app/main.py\n")
    assert "app/main.py" in list(sent(context, ignored))
    assert "app/__pycache__/main.pyc" not in list(sent(context, ignored))

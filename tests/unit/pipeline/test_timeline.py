"""The timeline of a deploy in the summary of a workflow's run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline import timeline

WORDS = ["--stack", "prod", "--cwd", "here", "history", "--rollout", "--markdown"]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """Command lines of `sluice`, which prints a chart."""
    found: list[Sequence[str]] = []

    def main(words: Sequence[str]) -> int:
        found.append(words)
        print("a chart")
        return 0

    monkeypatch.setattr(timeline, "main", main)
    return found


def test_the_summary_gets_it_after_what_is_there(
    asked: list[Sequence[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("# before\n")
    assert timeline.write("prod", Path("here"), {"GITHUB_STEP_SUMMARY": str(summary)}) == 0
    assert asked == [WORDS]
    assert summary.read_text() == "# before\na chart\n\n"
    assert capsys.readouterr().out == ""


def test_elsewhere_it_is_printed(asked: list[Sequence[str]], capsys: pytest.CaptureFixture[str]) -> None:
    assert timeline.write("prod", Path("here"), {}) == 0
    assert asked == [WORDS]
    assert capsys.readouterr().out == "a chart\n"


def test_a_refusal_leaves_the_summary_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "main", lambda words: 2)
    summary = tmp_path / "summary.md"
    assert timeline.write("prod", Path("here"), {"GITHUB_STEP_SUMMARY": str(summary)}) == 2
    assert not summary.exists()

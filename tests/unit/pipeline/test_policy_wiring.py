"""The policy pack judges whatever the pipeline previews and deploys."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pipeline.__main__ import main
from pipeline.engine.engine import POLICY

ROOT = Path(__file__).parents[3]
SECONDS = 60

CLI = f"""#!{sys.executable}
import json, sys
from pathlib import Path
words = sys.argv[1:]
with Path(__file__).with_name("called").open("a") as file:
    file.write(json.dumps(words) + "\\n")
if "--save-plan" in words:
    plan = Path(__file__).with_name("plan.json")
    text = plan.read_text() if plan.exists() else json.dumps({{"resourcePlans": {{}}}})
    Path(words[words.index("--save-plan") + 1]).write_text(text)
print(json.dumps([{{"name": "prod"}}] if words[:2] == ["stack", "ls"] else {{}}))
"""
"""Stands for the Pulumi CLI: knows one stack, plans what `plan.json` beside it says, and remembers how it
was called."""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder, with that CLI first on the path."""
    folder, tools = tmp_path / "project", tmp_path / "tools"
    folder.mkdir()
    tools.mkdir()
    (folder / "Pulumi.prod.yaml").write_text("config:\n  environment: prod\n")
    cli = tools / "pulumi"
    cli.write_text(CLI)
    cli.chmod(0o755)
    monkeypatch.setenv("PATH", str(tools), prepend=":")
    for name in ("APPROVED", "APPROVED_PLAN", "GITHUB_ACTIONS", "GITHUB_OUTPUT", "GITHUB_REF"):
        monkeypatch.delenv(name, raising=False)
    return folder


def called(project: Path, verb: str) -> list[str]:
    """The one call of the CLI with this verb."""
    lines = (project.parent / "tools" / "called").read_text().splitlines()
    [words] = [words for words in map(json.loads, lines) if words[0] == verb]
    assert isinstance(words, list)
    return words


@pytest.mark.parametrize(("verb", "engines"), [("plan", "preview"), ("deploy", "up")])
def test_what_is_planned_is_judged(project: Path, verb: str, engines: str) -> None:
    assert main([verb, "--stack", "prod", "--cwd", str(project)]) == 0
    words = called(project, engines)
    assert words[words.index("--policy-pack") + 1] == POLICY


def test_the_pack_is_there_that_the_pipeline_names() -> None:
    pack = yaml.safe_load((ROOT / POLICY / "PulumiPolicy.yaml").read_text(encoding="utf-8"))
    assert pack["runtime"]["name"] == "python"
    assert (ROOT / POLICY / "__main__.py").exists()


@pytest.mark.parametrize("verb", ["plan", "deploy"])
def test_make_does_not_leave_it_out(verb: str) -> None:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}  # itself under make
    words = ["make", "--dry-run", verb, "STACK=prod"]
    done = subprocess.run(words, cwd=ROOT, env=outside, capture_output=True, text=True, timeout=SECONDS, check=True)
    assert re.search(rf"pipeline {verb} --stack prod\s*$", done.stdout), done.stdout


@pytest.mark.parametrize("file", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda file: file.stem)
def test_no_workflow_leaves_it_out(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert "without-policy" not in text
    assert not re.search(r"\bpulumi (up|preview)\b", text), "make plan and make deploy name the pack"

"""The pages show real things: the README's output, and a program beside the gate that fits the SDK."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

from sluice import sdk
from sluice.inputs.smoke import Smoke
from sluice.inputs.step import Step

ROOT = Path(__file__).parents[3]


def test_the_readme_shows_lines_of_a_real_run() -> None:
    real = {line.strip() for line in (ROOT / "docs/output.md").read_text(encoding="utf-8").splitlines()}
    shown = re.findall(r"^```text\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S)
    assert len(shown) == 2, "a good one and a failed one"
    made_up = [line for block in shown for line in block.splitlines() if line.strip() not in real]
    assert made_up == [], "shorten the samples of docs/output.md again"


def calls() -> dict[str, ast.Call]:
    """The calls `gate.NAME(…)` of the program on the page, by name."""
    [program] = re.findall(
        r"^```python\n(.*?)^```", (ROOT / "docs/gate-alone.md").read_text(encoding="utf-8"), re.M | re.S
    )
    found: dict[str, ast.Call] = {}
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("gate."):
            found[ast.unparse(node.func).removeprefix("gate.")] = node
    return found


def test_the_program_beside_the_gate_calls_the_sdk_as_it_is() -> None:
    found = calls()
    assert found.keys() == {"Provider", "MigrationRun", "Rollout"}
    for name, call in found.items():
        given = {str(keyword.arg): keyword.value for keyword in call.keywords}
        inspect.signature(getattr(sdk, name)).bind(*call.args, **given)


def test_its_steps_and_its_smoke_request_are_taken() -> None:
    given = {keyword.arg: keyword.value for call in calls().values() for keyword in call.keywords}
    [step] = ast.literal_eval(given["steps"])
    assert Step.parse(step).name == "migrate"
    assert Smoke.parse(ast.literal_eval(given["smoke"])).url == "https://shop.example.com/health"

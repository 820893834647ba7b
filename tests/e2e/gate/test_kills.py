"""Deployers that die at chosen moments: never two tasks, none lost, nor a line. `make soak` plays a hundred."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sluice.diagnosis.verdict import StepFailed
from sluice.errors import GateError
from tests.soak import deployer
from tests.soak import stage as soak
from tests.soak.scenario import scenario


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[soak.Stage]:
    with soak.stage(tmp_path_factory.mktemp("kills")) as made:
        yield made


def test_whatever_dies_exactly_the_right_tasks_ran(stage: soak.Stage) -> None:
    """Side by side: killed right after RunTask; an answer lost, a kill, expired credentials; Ctrl-C and then a kill."""
    with ThreadPoolExecutor(3) as pool:
        played = list(pool.map(lambda seed: stage.play(scenario(seed)), (3, 24, 28)))
    met = {what for one in played for what in one.met}
    assert met >= {"kill after", "lose the answer", "kill before", "expire", "interrupt"}
    for one in played:
        assert not one.wrong, "\n".join([one.line, *one.wrong, *one.output])


PRINTS = "import sys\nfor number in range(10_000): print('line', number)\nsys.exit(int(sys.argv[1]))"


@pytest.mark.parametrize("exit_code", [0, 1])
def test_ten_thousand_lines_just_before_the_end_are_all_read(
    stage: soak.Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], exit_code: int
) -> None:
    job = stage.job(f"lines-{exit_code}", [{"name": "prints", "command": ["python", "-c", PRINTS, str(exit_code)]}])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", stage.cloud.cloud.account)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", stage.cloud.cloud.secret())
    failure: GateError | None = None
    try:
        deployer.deploy(job | {"endpoint": stage.cloud.cloud.endpoint}, threading.Event())
    except StepFailed as failed:
        failure = failed
    assert (failure is not None) == bool(exit_code)
    if failure is not None:
        assert "line 9999" in str(failure)
    said = capsys.readouterr().out.splitlines()
    told = "prints: it had printed 10000 lines" if exit_code else ", 10000 lines"
    assert any(line.startswith("prints: ") and line.endswith(told) for line in said), said[-5:]

"""What `make up` and `make cloud` run, and how much they print."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from emulator.cloud import emulator
from emulator.cloud.emulator import Cloud
from local import environment, up
from local.environment import Checkout
from local.toolchain.progress import SetupProgress
from tests.unit.toolchain.test_summary import outputs

RUNNING = Cloud("http://127.0.0.1:1", "127.0.0.1", 1, 1, "127.0.0.1:2", "1" * 12, Path(), fresh=True)


class Pulumi:
    """Stands for a stack that nothing changed in, or that failed."""

    ran: list[tuple[str, ...]]
    code = 0

    def __init__(self, *_: object) -> None:
        type(self).ran = []

    def prepare(self, *_: object) -> None:
        """It is there."""

    def outputs(self) -> dict[str, Any]:
        return outputs(1, topic={"long": ["x" * 80] * 100})

    def live(self, *words: str) -> int:
        self.ran.append(words)
        return self.code


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    monkeypatch.setattr(emulator, "start", lambda *_, **__: RUNNING)
    monkeypatch.setattr(up, "Pulumi", Pulumi)
    monkeypatch.setattr(up, "provide_secrets", lambda *_: 0)
    monkeypatch.setattr(up, "first_answer", lambda *_: "200 OK")
    return environment.checkout(tmp_path, {})


def test_an_update_prints_ten_lines_for_people_and_no_outputs(place: Checkout) -> None:
    said = io.StringIO()
    assert up.up(place, SetupProgress(said), []) == 0
    assert Pulumi.ran == [("up", "--stack", "local", "--yes", "--skip-preview", "--suppress-outputs")]
    lines = said.getvalue().splitlines()
    assert any("http://172.17.0.1:5000 answers 200 OK" in line for line in lines)
    assert len(lines) <= 10


def test_a_failed_update_has_pulumis_exit_code_and_no_summary(place: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pulumi, "code", 255)
    said = io.StringIO()
    assert up.up(place, SetupProgress(said), []) == 255
    assert "answers" not in said.getvalue()
    assert "exit code 255" in said.getvalue()


def test_the_cloud_alone_deploys_nothing(place: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a stack was made")

    monkeypatch.setattr(up, "Pulumi", refuse)
    said = io.StringIO()
    assert up.start(place, SetupProgress(said)) == 0
    assert "local cloud: started at http://127.0.0.1:1" in said.getvalue()
    assert 'eval "$(make -s env)"' in said.getvalue()

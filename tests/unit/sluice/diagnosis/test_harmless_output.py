"""What a program prints, on every way to a person or a record: the engine, errors, notices, records, `sluice`."""

from __future__ import annotations

import json
from typing import Any

import grpc.aio
import pytest

from sluice.aws.notice import LONGEST_TEXT, Notice
from sluice.cli.terminal import Terminal
from sluice.diagnosis.verdict import StepFailed
from sluice.migration.records.record import RunRecord
from tests.unit.sluice.migration.simulation import Script
from tests.unit.sluice.provider.test_servicer import KeepingEngine, create, talk
from tests.unit.sluice.rollout.deploying import Stage

HOSTILE = "\x1b]0;owned\x07\x1b[31mred\x1b[0m\x00 \u202eDB_PASSWORD=hunter2\u202c"
HARMLESS = "red \\u202eDB_PASSWORD=***"


def assert_harmless(text: str) -> None:
    assert "hunter2" not in text
    assert not set(text) & {"\x1b", "\x00", "\x07", "\r", "\u202e"}


def test_the_engine_gets_harmless_lines_and_errors() -> None:
    async def conversation(plugin: Any, keeper: KeepingEngine) -> None:
        for text in (HOSTILE, "x" * 350_000, "line\n" * 100_000):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await plugin.Create(create({"do": "say", "text": text}))
            for shown in (refused.value.details() or "", keeper.lines[-1][1]):
                assert_harmless(shown)
                assert max(map(len, shown.split("\n"))) <= 2_000
                assert len(shown) < 31_000  # the engine takes more than an error may have
                assert ("not shown" in shown) == (len(text) > 2_000)
        assert keeper.lines[0][1] == "line 0"
        assert any(message.startswith(HARMLESS) for _, message, _ in keeper.lines)

    talk(conversation)


def test_a_run_shows_and_keeps_harmless_lines() -> None:
    stage = Stage(Script(runs=2, exit=1, lines=[HOSTILE, "10 %\r20 %\r", "x" * 350_000, "ERROR: boom"]))
    with pytest.raises(StepFailed) as failed:
        stage.deploy()
    for text in (*stage.lines, *str(failed.value).split("\n")):
        assert_harmless(text)
        assert len(text) < 2_100
    assert any(HARMLESS in line for line in stage.lines)
    assert any(line.endswith("| 20 %") for line in stage.lines)


def test_a_notice_is_harmless_and_bounded() -> None:
    notice = Notice("migration", "notes/prod", "repo@sha256:aa", "ann@host", HOSTILE + "\n" + f"{HOSTILE}\n" * 50_000)
    assert_harmless(notice.subject)
    assert_harmless(notice.text)
    assert len(notice.text) < LONGEST_TEXT + 500


def test_a_record_s_message_is_harmless() -> None:
    record = RunRecord(1, "run", "", "sha256:aa", "ann@host", 0, message=HOSTILE + " \x1b[2J--token hunter2")
    assert_harmless(json.loads(record.to_json())["message"])


def test_sluice_s_output_is_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(machine=False)
    terminal.line(HOSTILE)
    terminal.note(HOSTILE)
    terminal.log(HOSTILE, ephemeral=False)
    terminal.table(["STEP", "ERROR"], [["a", HOSTILE + "\nnext"], ["b\x1b[31mb", "x"]])
    terminal.line("x" * 350_000)
    shown = capsys.readouterr()
    assert_harmless(shown.out + shown.err)
    assert shown.out.count(HARMLESS) == 3
    assert shown.err.count(HARMLESS) == 1
    assert max(map(len, shown.out.split("\n"))) <= 2_000
    rows = shown.out.split("\n")[2:5]
    assert [row.split()[0] for row in rows] == ["STEP", "a", "bb"]
    assert rows[0].index("ERROR") == rows[1].index("red") == rows[2].index("x")

"""What set-up says, and that it is never silent for long."""

import io
import time

import pytest

from local.toolchain.progress import SetupProgress, Timing, duration, table


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (185, "3 min 05 s")],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_table_is_aligned() -> None:
    timings = [Timing("set-up", 65, "all of it"), Timing("pulumi up", 7.25)]
    assert table(timings) == "  set-up     1 min 05 s  all of it\n  pulumi up       7.2 s"


def test_a_running_part_is_mentioned_again_after_silence_and_not_once_it_ended() -> None:
    out = io.StringIO()
    progress = SetupProgress(out, silence=0.3)
    progress.start("cli", "building the CLI")
    deadline = time.monotonic() + 5
    while "… building the CLI: " not in out.getvalue():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    progress.finish("cli", "CLI: built")
    said = out.getvalue()
    time.sleep(0.8)  # more than two silences
    progress.close()
    assert out.getvalue() == said
    assert said.splitlines()[0] == "· building the CLI"
    assert said.splitlines()[-1].startswith("✓ CLI: built (")

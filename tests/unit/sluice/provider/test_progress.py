"""Progress in a log is a line at a change, and one every half minute."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

from sluice.protocol.progress import Progress, on_terminal

STEP = "step 1 of 4 (master), {} s: running"


def test_on_a_terminal_every_line_is_shown() -> None:
    progress = Progress(True, lambda: 0.0)
    assert all(progress.due("urn", STEP.format(second)) for second in range(50))


def test_in_a_log_a_minute_and_a_half_of_the_same_is_three_lines() -> None:
    second = 0
    progress = Progress(False, lambda: float(second))
    shown = []
    for second in range(90):
        if progress.due(
            "urn", STEP.format(second) if second < 60 else f"step 1 of 4 (master), 1 min {second - 60} s: running"
        ):
            shown.append(second)
    assert shown == [0, 30, 60]


def test_in_a_log_a_change_is_shown_at_once() -> None:
    progress = Progress(False, lambda: 0.0)
    said = ["1 s: pending", "2 s: pending", "3 s: running", "4 s: running", "5 s: stopped"]
    assert [progress.due("urn", one) for one in said] == [True, False, True, False, True]
    assert progress.due("another", "1 s: pending"), "each resource has its own"


def test_whether_somebody_looks() -> None:
    waits = [sys.executable, "-c", "input()"]
    ours, theirs = pty.openpty()
    for stdout, terminal in ((theirs, True), (subprocess.PIPE, False), (subprocess.DEVNULL, False)):
        engine = subprocess.Popen(waits, stdin=subprocess.PIPE, stdout=stdout)
        assert on_terminal(engine.pid, {}) is terminal
        engine.communicate(b"\n", timeout=30)
    os.close(ours)
    os.close(theirs)
    nobody = 2**22 + 1  # above what Linux gives
    assert on_terminal(nobody, {}) is True
    assert on_terminal(nobody, {"CI": "true"}) is False

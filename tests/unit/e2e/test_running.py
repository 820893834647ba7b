"""A Ctrl-C on the tests reaches the `pulumi` that they started."""

from __future__ import annotations

import os
import sys

import pytest

from tests.e2e.stage import Running

CHILD = """
import signal, sys, time
signal.signal(signal.SIGINT, lambda *_: (print("stopping", flush=True), sys.exit(3)))
print("ready", flush=True)
time.sleep(30)
"""


def test_an_interrupted_wait_interrupts_the_process_too(monkeypatch: pytest.MonkeyPatch) -> None:
    running = Running([sys.executable, "-c", CHILD], dict(os.environ))
    running.wait_for("ready", 10)

    def interrupted(seconds: float) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(running.process, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            running.finish()
    assert running.process.wait(10) == 3

"""Commands of set-up on real processes: output, failure, deadline, end."""

import threading
import time
from pathlib import Path

import pytest

from local.toolchain.process import Runner, SetupCancelled, SetupFailed, ask


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path / "logs" / "step.log", threading.Event())


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_output_is_returned_and_logged(runner: Runner) -> None:
    assert runner.run(["sh", "-c", "echo out; echo err >&2"], seconds=10, remedy="none") == "out\nerr\n"
    runner.run(["echo", "second"], seconds=10, remedy="none")
    log = runner.log.read_text()
    assert "$ sh -c" in log
    assert log.endswith("$ echo second\nsecond\n")


def test_a_failure_shows_the_end_of_the_output_the_log_and_the_remedy(runner: Runner) -> None:
    with pytest.raises(SetupFailed) as caught:
        runner.run(["sh", "-c", "seq 100; exit 3"], seconds=10, remedy="try a smaller number")
    text = str(caught.value)
    assert "exit code 3" in text
    assert "\n    100\n" in text
    assert "\n    85\n" not in text
    assert str(runner.log) in text
    assert "fix: try a smaller number" in text


def test_a_missing_command_is_named(runner: Runner) -> None:
    with pytest.raises(SetupFailed, match="`no-such-command` is not on this machine"):
        runner.run(["no-such-command"], seconds=10, remedy="none")


def test_the_deadline_ends_the_command_and_its_children(runner: Runner) -> None:
    with pytest.raises(SetupFailed, match="did not end within 0 s"):
        runner.run(["sh", "-c", "sleep 60 & echo $!; wait"], seconds=0.4, remedy="none")
    assert gone(int(runner.log.read_text().splitlines()[1]))


def test_cancelling_ends_the_command_and_its_children(runner: Runner) -> None:
    threading.Timer(0.4, runner.cancelled.set).start()
    began = time.monotonic()
    with pytest.raises(SetupCancelled):
        runner.run(["sh", "-c", "sleep 60 & echo $!; wait"], seconds=60, remedy="none")
    assert time.monotonic() - began < 5
    assert gone(int(runner.log.read_text().splitlines()[1]))


def test_nothing_is_started_after_cancelling(runner: Runner, tmp_path: Path) -> None:
    runner.cancelled.set()
    with pytest.raises(SetupCancelled):
        runner.run(["touch", tmp_path / "started"], seconds=10, remedy="none")
    assert not (tmp_path / "started").exists()


def test_ask_answers_none_unless_the_command_succeeds() -> None:
    assert ask(["echo", "yes"]) == "yes"
    assert ask(["sh", "-c", "echo no; exit 1"]) is None
    assert ask(["no-such-command"]) is None
    assert ask(["sleep", "10"], seconds=0.2) is None

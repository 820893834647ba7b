"""What is wrong with a machine is said in one clear message with its remedy, and the page that lists them is true."""

from __future__ import annotations

import errno
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from emulator.cloud import containers, emulator, process
from local import command, environment
from local.stack import stale
from local.toolchain import building, plan, preconditions, room
from local.toolchain.process import SetupFailed
from local.toolchain.progress import SetupProgress
from local.toolchain.steps import SetupStep, StepRunner, carry_out
from tests.unit.toolchain.machines import CASES, PAGE, ROOT, Case, answer, page


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_one_message_with_a_remedy(case: Case, tmp_path: Path) -> None:
    assert answer(case, tmp_path) == case.message
    assert "fix: " in case.message or "run `make up`" in case.message


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(PAGE.read_text(encoding="utf-8")), (
        "run python -m tests.unit.toolchain.machines"
    )


class TestFrontDoor:
    """The commands as a person runs them: one message on standard error, exit code 1, no traceback."""

    def failing(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Exception) -> int:
        def fail(*arguments: object, **keywords: object) -> NoReturn:
            raise error

        monkeypatch.setenv("SLUICE_LOCAL_DIR", str(tmp_path))
        monkeypatch.setattr(command, "set_up", fail)
        return command.main(["up"])

    @pytest.mark.parametrize(
        "error",
        [
            SetupFailed("the disk is full"),
            environment.NotStarted("the disk is full"),
            emulator.CloudError("the disk is full"),
            OSError(errno.ENOSPC, "No space left on device", "/x"),
            OSError(errno.EROFS, "Read-only file system", "/x"),
        ],
        ids=lambda error: type(error).__name__ + str(getattr(error, "errno", "")),
    )
    def test_a_failure(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], error: Exception
    ) -> None:
        assert self.failing(monkeypatch, tmp_path, error) == 1
        assert re.fullmatch(r"error: .*\n(  fix: .*\n)?", capsys.readouterr().err)

    def test_an_error_that_nobody_expects_is_not_hidden(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        with pytest.raises(OSError, match="Bad message"):
            self.failing(monkeypatch, tmp_path, OSError(errno.EBADMSG, "Bad message"))

    def test_a_wrong_port_comes_before_any_set_up(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("SLUICE_PORT", "http")
        assert self.failing(monkeypatch, tmp_path, AssertionError("set-up began")) == 1
        assert "SLUICE_PORT is 'http'" in capsys.readouterr().err

    def test_help_names_every_target(self) -> None:
        makefile = (ROOT / "Makefile").read_text()
        phony = {
            target for line in re.findall(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE) for target in line.split()
        }
        done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, timeout=20, check=True)
        assert set(re.findall(r"^  make ([a-z0-9-]+) +\S", done.stdout, flags=re.MULTILINE)) == phony

    def test_a_newer_python_beside_an_old_one_is_found(self, tmp_path: Path) -> None:
        for name, text in {"python3": "exit 1", "python3.12": '[ "$2" = -c ] || echo "3.12: $*"'}.items():
            (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
            (tmp_path / name).chmod(0o755)
        done = subprocess.run(
            ["/bin/sh", ROOT / "local" / "python", "-m", "local", "up"],
            env={"PATH": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=20,
            check=True,
        )
        assert done.stdout == "3.12: -m local up\n"


class TestBeforeAnythingIsChanged:
    """All obstacles at once, none of the steps begun."""

    def never(self, runner: StepRunner) -> str:
        raise AssertionError("a step began")

    def step(self, name: str, obstacle: str = "", gigabytes: float = 0, done: bool = False) -> SetupStep:
        def look_at_it() -> None:
            if obstacle:
                raise SetupFailed(obstacle)

        return SetupStep(
            name,
            name,
            done=lambda: done,
            run=self.never,
            obstacle=look_at_it,
            room=lambda: {"cache": gigabytes} if gigabytes else {},
        )

    def test_every_obstacle_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        place = environment.checkout(tmp_path, {"XDG_CACHE_HOME": str(tmp_path / "file")})
        steps = [self.step("one", "no Docker"), self.step("two", "no Go"), self.step("three", "", 10**6)]
        steps.append(self.step("four", "nobody asks", done=True))
        with pytest.raises(SetupFailed) as failure:
            preconditions.refuse(preconditions.pending(steps), plan.folders(place), tmp_path)
        told = str(failure.value).split("\nerror: ")
        assert told[:2] == ["no Docker", "no Go"]
        assert told[2].startswith(f"the cache folder {place.cache} cannot be written: ")
        assert "1000000.7 GB are needed (three 1000000.0, running the stack 0.7)" in told[3]

    def test_where_all_is_done_only_the_stack_needs_room(self, tmp_path: Path) -> None:
        place = environment.checkout(tmp_path, {"XDG_CACHE_HOME": "/proc/none"})
        steps = [self.step("one", "no Docker", 10**6, done=True)]
        preconditions.refuse(preconditions.pending(steps), plan.folders(place), tmp_path)
        assert preconditions.pending(steps) == []

    def test_disks_are_counted_apart(self) -> None:
        needs = [room.Need("a", Path("/one"), 2), room.Need("b", Path("/two"), 1), room.Need("a", Path("/two"), 1)]
        disks = {Path("/one"): room.Disk(1, 3e9), Path("/two"): room.Disk(2, 1.5e9)}
        assert [text.split(" has ")[0] for text in room.shortages(needs, disks.__getitem__)] == ["the disk of /two"]

    def test_the_disk_of_a_folder_to_come(self, tmp_path: Path) -> None:
        assert room.disk(tmp_path / "a" / "b").device == tmp_path.stat().st_dev


class TestAfterAKill:
    """What a killed command leaves behind is taken for what it is."""

    def test_half_made_folders_go(self, tmp_path: Path) -> None:
        left = building.building_folder(tmp_path / "wheels")
        (left / "torn").touch()
        fresh = building.building_folder(tmp_path / "wheels")
        building.publish(fresh, tmp_path / "wheels")
        assert [path.name for path in tmp_path.iterdir()] == ["wheels"]

    def test_a_step_that_is_killed_in_the_middle_is_done_again(self, tmp_path: Path) -> None:
        made = tmp_path / "made"
        step = SetupStep(
            "one", "making", made.exists, lambda runner: runner.run(["touch", made], seconds=9, remedy="none")
        )
        building.building_folder(made)
        assert carry_out([step], tmp_path, SetupProgress(io.StringIO()))[0].note == ""
        assert carry_out([step], tmp_path, SetupProgress(io.StringIO()))[0].note == "done before"

    @pytest.mark.parametrize(
        ("locks", "words", "removed"),
        [
            ([], [], False),
            ([{"pid": 42}], [], True),
            ([{"pid": 42}], ["/usr/bin/vim", "pulumi"], True),
            ([{}], [], True),
        ],
        ids=["no lock", "its owner is gone", "its pid is another program's", "a torn lock"],
    )
    def test_a_stale_lock(self, locks: list[dict[str, object]], words: list[str], removed: bool) -> None:
        assert stale(locks, lambda pid: words) is removed

    def test_a_server_that_no_record_speaks_of_is_found(self, tmp_path: Path, server: subprocess.Popen[bytes]) -> None:
        assert list(process.serving(tmp_path)) == [
            (server.pid, {"local-dir": str(tmp_path), "host": "127.0.0.1", "port": "9", "account": "9" * 12})
        ]
        assert list(process.serving(tmp_path / "other")) == []
        assert emulator.status(tmp_path) is None, "it runs but does not answer"
        assert process.end(server.pid, tmp_path, 10)
        assert list(process.serving(tmp_path)) == []

    @pytest.fixture
    def server(self, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
        """A process with a server's command line."""
        words = [
            "emulator.cloud",
            "--local-dir",
            str(tmp_path),
            "--host",
            "127.0.0.1",
            "--port",
            "9",
            "--account",
            "9" * 12,
        ]
        program = "import signal; print(flush=True); signal.pause()"
        with subprocess.Popen([sys.executable, "-c", program, *words], stdout=subprocess.PIPE) as running:
            assert running.stdout is not None
            running.stdout.readline()
            yield running
            running.kill()


@pytest.mark.parametrize(
    ("answer", "address"),
    [
        ("172.17.0.1|172.17.0.0/16", "172.17.0.1"),
        ("|172.17.0.0/16", "172.17.0.1"),
        ("10.9.8.5|10.9.8.0/24", "10.9.8.5"),
        ("fd00::1|fd00::/64\n192.168.5.1|192.168.5.0/24", "192.168.5.1"),
    ],
)
def test_the_bridge_is_used_whatever_its_address(answer: str, address: str) -> None:
    assert containers.bridge_address(lambda arguments: answer) == address


def test_the_server_inherits_no_proxy_and_no_aws_settings() -> None:
    base = {
        "AWS_PROFILE": "p",
        "HTTP_PROXY": "h",
        "https_proxy": "h",
        "NO_PROXY": "n",
        "PYTHONPATH": "p",
        "PATH": "/bin",
    }
    assert emulator.environment_of(base) == {"PATH": "/bin"}

"""How the answers of machines.py are provoked: with plain data, or with real things in a folder."""

from __future__ import annotations

import errno
import io
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from emulator.cloud import containers, emulator
from local import command, environment
from local.toolchain import plan, preconditions, room, wheels
from local.toolchain.lock import held
from local.toolchain.progress import SetupProgress
from local.toolchain.steps import StepRunner

ROOT = Path(__file__).resolve().parents[3]


class Wrong(Exception):
    """What a program said before it ended with another code than 0."""


def _with_bin(folder: Path, **programs: str) -> dict[str, str]:
    """An environment whose PATH holds nothing but these shell scripts."""
    (folder / "bin").mkdir(exist_ok=True)
    for name, text in programs.items():
        (folder / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / "bin" / name).chmod(0o755)
    return {"PATH": str(folder / "bin")}


def python(version: str) -> str:
    """A shell script that behaves, as far as it is asked here, like a Python of that version."""
    numbers = ", ".join(version.split("."))
    program = f"import sys; code = sys.argv[1]; sys.version_info = ({numbers}); exec(code)"
    return f'[ "$1" = --version ] && echo Python {version} && exit\nexec {sys.executable} -c "{program}" "$3"'


def run_python(folder: Path, **programs: str) -> None:
    done = subprocess.run(
        ["/bin/sh", ROOT / "local" / "python", "-m", "local", "up"],
        env=_with_bin(folder, **programs),
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 1
    raise Wrong(done.stderr.strip().removeprefix("error: "))


def ask_docker(folder: Path, **programs: str) -> None:
    before = os.environ["PATH"]
    os.environ["PATH"] = _with_bin(folder, **programs)["PATH"]
    try:
        containers.docker(["ps"], timeout=1)
    finally:
        os.environ["PATH"] = before


def taken_port(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        try:
            emulator.refuse_taken("127.0.0.1", other.getsockname()[1])
        except emulator.CloudError as error:
            raise Wrong(re.sub(r"port \d+", "port PORT", str(error))) from None


def may_not_listen(host: str, port: int) -> int:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def no_bridge(arguments: object) -> str:
    raise containers.DockerError("`docker network inspect` failed: Error: No such network: bridge")


def _read_only(folder: Path) -> None:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))


def unwritable(name: str) -> Callable[[Path], object]:
    def provoke(folder: Path) -> None:
        text = preconditions.unwritable(
            plan.folders(environment.checkout(folder, {"XDG_CACHE_HOME": str(folder)}))[name], _read_only
        )
        raise Wrong(text)

    return provoke


def runner(folder: Path) -> StepRunner:
    return StepRunner("step", folder / "step.log", threading.Event(), SetupProgress(io.StringIO()))


def small_disk(folder: Path) -> None:
    places = {
        "project": folder,
        "local": folder / ".local",
        "cache": folder / "cache",
        "docker": Path("/var/lib/docker"),
    }
    steps = [step for step in plan.steps(environment.checkout(folder, {})) if step.name in ("python environment",)]
    found = room.shortages(preconditions.needs(steps, places), lambda below: room.Disk(1, 0.9e9))
    raise Wrong("\n".join(found))


def download_wheels(folder: Path) -> None:
    said_by_pip = (
        "ERROR: Could not install packages due to an OSError: ProxyError: Tunnel connection failed: 403 Forbidden"
    )
    _with_bin(folder, pip=f"echo '{said_by_pip}' >&2; exit 1")
    (folder / "requirements.txt").touch()
    step_runner = runner(folder)
    try:
        wheels.download(step_runner, folder / "bin" / "pip", [folder / "requirements.txt"], "amd64", folder / "wheels")
    finally:
        assert not list(folder.glob("wheels*")), "nothing half-made stays"


def two_at_once(folder: Path) -> None:
    place = environment.checkout(folder, {})
    with (
        held(place.local / "lock", seconds=0, waiting=print, cancelled=lambda: False, name="`make up`"),
        command.alone(place, "down"),
    ):
        raise AssertionError("two at once")


def torn_record(folder: Path) -> None:
    place = environment.checkout(folder, {})
    place.local.mkdir()
    place.cloud_record.write_text('{"endpoint": "http://172.')
    environment.endpoint(place)


def full_disk(folder: Path) -> None:
    with open("/dev/full", "w") as full:
        full.write("x" * 100000)


class Forbidden(type(Path())):  # type: ignore[misc]
    """A file that this user may not read, whoever this user is."""

    def read_bytes(self) -> bytes:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))


def fail(error: Exception) -> None:
    raise error

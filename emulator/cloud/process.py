"""The server's process, seen from outside: found by its command line, and ended. Only our own is ever signalled."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")


def serves(pid: int, local_dir: Path) -> bool:
    """Whether the process is a local cloud of this very local folder: a recycled pid must never be signalled."""
    words = command(pid)
    return "emulator.cloud" in words and str(local_dir) in words


def serving(local_dir: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Every local cloud of this local folder that runs, with the options it was started with (`account`, `port` ...).

    This finds what no record speaks of: the record was lost, or its writer was killed before it wrote one.
    """
    for pid in _pids():
        words = command(pid)
        if "emulator.cloud" in words and str(local_dir) in words and _seen_from_here(pid):
            options = words[words.index("emulator.cloud") + 1 :]
            yield (
                pid,
                {name.removeprefix("--"): value for name, value in zip(options[::2], options[1::2], strict=False)},
            )


def end(pid: int, local_dir: Path, deadline: float) -> bool:
    """End it, in order for `deadline` seconds, then by force. False: it is still there."""
    for number, patience in ((signal.SIGTERM, deadline), (signal.SIGKILL, 10.0)):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return True
        until = time.monotonic() + patience
        while _alive(pid, local_dir):
            if time.monotonic() > until:
                break
            time.sleep(0.05)
        else:
            return True
    return False


def _alive(pid: int, local_dir: Path) -> bool:
    try:
        # Reaps it when it is our own child; for another caller's server this is simply not a child.
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    except ChildProcessError:
        pass
    return serves(pid, local_dir)


def command(pid: int) -> list[str]:
    """The words of a process's command line; none when it has ended, also where nobody has reaped it yet."""
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    except OSError:
        if (PROC / "self").exists():
            return []
    return _ps("-p", str(pid), "-o", "command=").split()


def _pids() -> list[int]:
    if (PROC / "self").exists():
        return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]
    return [int(word) for word in _ps("-ax", "-o", "pid=").split()]


def _ps(*options: str) -> str:
    done = subprocess.run(["ps", "-ww", *options], capture_output=True, text=True, timeout=10, check=False)
    return done.stdout


def _seen_from_here(pid: int) -> bool:
    """Not in a container: the same path means another folder there."""
    if not (PROC / "self").exists():
        return True
    try:
        return os.readlink(PROC / str(pid) / "ns" / "mnt") == os.readlink(PROC / "self" / "ns" / "mnt")
    except OSError:
        return False  # another user's process, or one that has just ended

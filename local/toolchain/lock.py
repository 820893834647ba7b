"""A lock between processes on one machine, for what several checkouts share."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class Busy(Exception):
    """Another process kept the lock until the deadline.

    Attributes:
        owner: description of that process.
    """

    def __init__(self, owner: str, path: Path) -> None:
        super().__init__(f"{owner} holds {path}")
        self.owner = owner


@contextmanager
def held(
    path: Path,
    *,
    seconds: float,
    waiting: Callable[[str], None],
    cancelled: Callable[[], bool],
    name: str = "the set-up",
) -> Iterator[None]:
    """Hold the lock at `path` as `name`; while another process has it, say so once through `waiting`.

    The kernel drops the lock with its holder, so a killed set-up leaves none behind. Raises Busy after `seconds`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + seconds
    announced = False
    with path.open("a+") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                file.seek(0)
                owner = file.read().strip() or "another process"
                if not announced:
                    waiting(f"waiting for {owner}")
                    announced = True
                if cancelled() or time.monotonic() > deadline:
                    raise Busy(owner, path) from None
                time.sleep(0.2)
        file.seek(0)
        file.truncate()
        file.write(f"{name} with process id {os.getpid()}")
        file.flush()
        try:
            yield
        finally:
            file.seek(0)
            file.truncate()

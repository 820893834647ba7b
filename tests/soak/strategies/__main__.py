"""`python -m tests.soak.strategies`: mixed deploys under load, then deployers that are killed while traffic shifts.

Environment: KILLS (how many, 50; 0: none), MINUTES (after which no seed begins, 20), FIRST (the first seed, 1), WIDTH
(stacks side by side, 2), SEED (one alone, with its output), MIXED (0: no deploys under load).
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from emulator.cloud import emulator
from tests.soak.strategies import mixed, table
from tests.soak.strategies.attempt import attempt
from tests.soak.strategies.play import Played, play
from tests.soak.strategies.stack import Stack

MOST_WRONG = 10
"""Seeds after which no other begins."""


class Kills:
    """The seeds that are still to be played, and what was found.

    Args:
        wanted: how many kills.
        seconds: after which no seed begins.
        alone: the only seed; None: as many as it takes.
    """

    def __init__(self, wanted: int, seconds: float, alone: int | None = None) -> None:
        self.wanted = wanted
        self.played: list[Played] = []
        self._alone = alone
        self._seeds = iter([alone]) if alone is not None else count(int(os.environ.get("FIRST", "1")))
        self._lock = threading.Lock()
        self._begun = time.monotonic()
        self._seconds = seconds

    @property
    def done(self) -> int:
        return sum(len(one.kills) for one in self.played)

    def play(self, stack: Stack) -> None:
        """Plays seeds on one stack until deployers were killed often enough."""
        while (seed := self._next()) is not None:
            try:
                found = play(stack, seed)
            except Exception:  # its course ended early, which is wrong; the next seed is played all the same
                found = Played(attempt(seed), wrong=[traceback.format_exc()])
            with self._lock:
                self.played.append(found)
                print(found.line, flush=True)
                if found.wrong or self._alone is not None:
                    print("\n".join([*found.output, *(f"  WRONG: {text}" for text in found.wrong)]), flush=True)

    def report(self) -> bool:
        """Prints the table. Returns whether all kills were made, and nothing was wrong."""
        summary = table.summary(self.played, self.wanted, time.monotonic() - self._begun)
        print(f"\n{table.kills(self.played)}\n\n{summary}", flush=True)
        return self.done >= self.wanted and not any(one.wrong for one in self.played)

    def _next(self) -> int | None:
        with self._lock:
            late = time.monotonic() - self._begun > self._seconds
            if self.done >= self.wanted or late or sum(bool(one.wrong) for one in self.played) >= MOST_WRONG:
                return None
            return next(self._seeds, None)


@contextmanager
def stack(folder: Path) -> Iterator[Stack]:
    """A stack on an emulator of its own, which is stopped in the end."""
    folder.mkdir()
    try:
        yield Stack(folder)
    finally:
        emulator.stop(folder / "local")


def main() -> int:
    alone = os.environ.get("SEED")
    wanted = 1 if alone else int(os.environ.get("KILLS", "50"))
    width = 1 if alone else int(os.environ.get("WIDTH", "2"))
    fine = True
    with tempfile.TemporaryDirectory(prefix="sluice-soak-") as folder, stack(Path(folder) / "mixed") as first:
        if not alone and os.environ.get("MIXED", "1") != "0":
            found = mixed.play(first)
            print(f"{table.mixed(found)}\n", flush=True)
            fine = not found.wrong
        if not wanted:
            return 0 if fine else 1
        minutes = float(os.environ.get("MINUTES", "20"))
        kills = Kills(wanted, 60 * minutes, int(alone) if alone else None)

        def others(number: int) -> None:
            with stack(Path(folder) / f"kills-{number}") as another:
                kills.play(another)

        with ThreadPoolExecutor(width) as pool:
            due = [pool.submit(kills.play, first), *(pool.submit(others, number) for number in range(1, width))]
        for one in due:
            one.result()
        fine = kills.report() and fine
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())

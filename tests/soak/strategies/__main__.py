"""`python -m tests.soak.strategies`: mixed deploys under load, then deployers that are killed while traffic shifts.

Environment: KILLS (how many, 50; 0: none), MINUTES (after which no seed begins, 20), FIRST (the first seed, 1),
SEED (one alone, with its output), MIXED (0: no deploys under load).
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from itertools import count
from pathlib import Path

from emulator.cloud import emulator
from tests.soak.strategies import mixed, table
from tests.soak.strategies.attempt import attempt
from tests.soak.strategies.play import Played, play
from tests.soak.strategies.stack import Stack


def main() -> int:
    alone = os.environ.get("SEED")
    wanted = 1 if alone else int(os.environ.get("KILLS", "50"))
    fine = True
    with tempfile.TemporaryDirectory(prefix="sluice-soak-") as folder:
        try:
            stack = Stack(Path(folder))
            if not alone and os.environ.get("MIXED", "1") != "0":
                found = mixed.play(stack)
                print(f"{table.mixed(found)}\n", flush=True)
                fine = not found.wrong
            if wanted:
                fine = _kills(stack, wanted, alone) and fine
        finally:
            emulator.stop(Path(folder) / "local")
    return 0 if fine else 1


def _kills(stack: Stack, wanted: int, alone: str | None) -> bool:
    """Plays seeds until deployers were killed often enough. Returns whether that is so, and nothing was wrong."""
    begun, limit = time.monotonic(), 60 * float(os.environ.get("MINUTES", "20"))
    played: list[Played] = []
    seeds = iter([int(alone)]) if alone else count(int(os.environ.get("FIRST", "1")))
    for seed in seeds:
        if sum(len(one.kills) for one in played) >= wanted or time.monotonic() - begun > limit:
            break
        one = _played(stack, seed)
        played.append(one)
        print(one.line, flush=True)
        if one.wrong or alone:
            print("\n".join([*one.output, *(f"  WRONG: {text}" for text in one.wrong)]), flush=True)
    print(f"\n{table.kills(played)}\n\n{table.summary(played, wanted, time.monotonic() - begun)}", flush=True)
    return sum(len(one.kills) for one in played) >= wanted and not any(one.wrong for one in played)


def _played(stack: Stack, seed: int) -> Played:
    """A seed whose course ended early is wrong, and the next one is played all the same."""
    try:
        return play(stack, seed)
    except AssertionError as error:
        return Played(attempt(seed), wrong=[str(error)])


if __name__ == "__main__":
    sys.exit(main())

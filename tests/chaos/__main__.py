"""`python -m tests.chaos`: deploys under faults, a line for each seed, and a table.

Environment: SEEDS (how many, 30), SEED (one alone, with its deployers' output), FIRST (the first seed, 1), WIDTH (4).
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from tests.chaos import summary
from tests.chaos.course import Played
from tests.chaos.play import play
from tests.chaos.scenario import scenario
from tests.chaos.stage import Stage, stage

SEEDS = 30
LIMIT_SECONDS = 3600
"""Seeds that have not begun by then are not played, and that is said and counts as a failure."""


def run(one: Callable[[Stage, int], Played], usual: int, variable: str = "SEEDS") -> int:
    """Plays the seeds of the environment, as many as *variable* says, side by side. Returns the exit code."""
    alone = os.environ.get("SEED")
    first, width = int(os.environ.get("FIRST", "1")), int(os.environ.get("WIDTH", "4"))
    seeds = [int(alone)] if alone else list(range(first, first + int(os.environ.get(variable, str(usual)))))
    begun = time.monotonic()
    played: list[Played] = []
    with tempfile.TemporaryDirectory(prefix="sluice-chaos-") as folder, stage(Path(folder)) as made:
        print(f"{len(seeds)} seeds, {width} side by side; SEED=n plays one again", flush=True)

        def due(seed: int) -> Played | None:
            return one(made, seed) if time.monotonic() - begun < LIMIT_SECONDS else None

        pool = ThreadPoolExecutor(width)
        try:
            for future in as_completed([pool.submit(due, seed) for seed in seeds]):
                result = future.result()
                if result is not None:
                    played.append(result)
                    summary.show(result, alone is not None)
        finally:
            pool.shutdown(cancel_futures=True)
    print("\n" + summary.table(played, len(seeds), time.monotonic() - begun))
    return 0 if summary.sound(played, len(seeds)) else 1


if __name__ == "__main__":
    sys.exit(run(lambda made, seed: play(made, scenario(seed)), SEEDS))

"""`python -m tests.soak`: SEEDS scenarios (100) side by side, a line for each, and a summary.

Environment: SEEDS (how many), SEED (one alone, with its deployers' output), FIRST (the first seed, 1), WIDTH (3).
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from tests.soak.scenario import scenario
from tests.soak.stage import Played, stage

LIMIT_SECONDS = 3600
"""Seeds that have not begun by then are not played, and that is said and counts as a failure."""


def main() -> int:
    alone = os.environ.get("SEED")
    first, width = int(os.environ.get("FIRST", "1")), int(os.environ.get("WIDTH", "3"))
    seeds = [int(alone)] if alone else list(range(first, first + int(os.environ.get("SEEDS", "100"))))
    begun = time.monotonic()
    played: list[Played] = []
    with tempfile.TemporaryDirectory(prefix="sluice-soak-") as folder, stage(Path(folder)) as made:
        print(f"{len(seeds)} seeds, {width} side by side; SEED=n plays one again", flush=True)
        pool = ThreadPoolExecutor(width)
        try:
            due = [pool.submit(_play, made, seed, begun) for seed in seeds]
            for future in as_completed(due):
                one = future.result()
                if one is None:
                    continue
                played.append(one)
                print(one.line, flush=True)
                if one.wrong or alone:
                    print("\n".join([*one.output, *(f"  WRONG: {wrong}" for wrong in one.wrong)]), flush=True)
        finally:
            pool.shutdown(cancel_futures=True)
    _summary(played, len(seeds), time.monotonic() - begun)
    return 0 if len(played) == len(seeds) and not any(one.wrong for one in played) else 1


def _play(made: object, seed: int, begun: float) -> Played | None:
    from tests.soak.stage import Stage

    assert isinstance(made, Stage)
    return made.play(scenario(seed)) if time.monotonic() - begun < LIMIT_SECONDS else None


def _summary(played: list[Played], wanted: int, seconds: float) -> None:
    ends = Counter(end for one in played for end in one.ends)
    met = Counter(what for one in played for what in one.met)
    rows = [
        ("seeds played", f"{len(played)} of {wanted}"),
        ("wrong", str(sum(bool(one.wrong) for one in played))),
        ("deployers", str(sum(ends.values()))),
        *((f"  {end}", str(number)) for end, number in ends.most_common()),
        ("tasks", str(sum(one.tasks for one in played))),
        ("troubles met", str(sum(met.values()))),
        *((f"  {what}", str(number)) for what, number in met.most_common()),
        ("time", f"{seconds / 60:.1f} min"),
    ]
    print("\n" + "\n".join(f"{name:32} {value:>12}" for name, value in rows))


if __name__ == "__main__":
    sys.exit(main())

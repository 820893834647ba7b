"""The table at the end of a run of the suite."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tests.chaos.course import Played
from tests.chaos.engine import Verdict
from tests.chaos.faults import KINDS, Kind


def table(played: Sequence[Played], wanted: int, seconds: float) -> str:
    """Deploys, faults, verdicts, runs, requests and time of everything that was played."""
    verdicts: Counter[Verdict] = sum((one.verdicts for one in played), Counter())
    faults: Counter[Kind] = Counter()
    for one in played:
        for (kind, _), number in one.faults.items():
            faults[kind] += number
    wrong = sum(len(one.wrong) for one in played)
    deploys = sum(verdicts.values())
    rows = [
        ("played", f"{len(played)} of {wanted}"),
        ("deploys", str(deploys)),
        *((f"  {said.name.lower()}", str(number)) for said, number in verdicts.most_common()),
        ("calls", str(sum(one.calls for one in played))),
        ("faults", str(sum(faults.values()))),
        *((f"  {kind}", str(faults[kind])) for kind in KINDS),
        ("wrong verdicts", str(wrong)),
        ("double or lost runs", str(sum(len(one.runs) for one in played))),
        ("requests", str(sum(one.asked for one in played))),
        ("  lost", str(sum(len(one.lost) for one in played))),
        ("hangs", str(sum(one.hangs for one in played))),
        ("time", f"{seconds / 60:.1f} min"),
    ]
    return "\n".join(f"{name:32} {value:>12}" for name, value in rows)


def show(played: Played, whole: bool) -> None:
    """Its line; and its deployers' output when something is wrong with it, or *whole*."""
    print(played.line, flush=True)
    if played.bad or whole:
        print("\n".join([*played.output, *(f"  WRONG: {text}" for text in played.bad)]), flush=True)


def sound(played: Sequence[Played], wanted: int) -> bool:
    return len(played) == wanted and not any(one.bad for one in played)

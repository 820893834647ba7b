"""`make mutation ROOM=diagnosis`: break the core's code in small ways, and see whether the room's own tests notice.

ROOM is a room of `sluice/` (migration, rollout, diagnosis, release) or a part of one (`rollout/deployment/judge.py`).
What a run found replaces what was known of the same modules in tests/mutation/figures.json, from which docs/mutation.md
is written.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.mutation.page import PAGE, Figures, page
from tests.mutation.run import ROOT, Interrupted, measured

FILE = Path(__file__).with_name("figures.json")
EXPLAINED = Path(__file__).with_name("explained.json")


def main() -> int:
    """Return 0 when every mutant was tried and each survivor is explained, 1 when one is not, 2 when mutants were not
    tried or there is no result."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("room", nargs="*", help="a room of sluice/, or files and folders of it; none: only the page")
    parser.add_argument("--minutes", type=float, default=30.0, help="of all mutants together; the rest is not tried")
    parser.add_argument("--children", type=int, default=2, help="mutants tried at a time")
    given = parser.parse_args()
    found = Figures()
    for room in given.room:
        try:
            found = found.replaced(measured(room, given.minutes, given.children))
        except Interrupted as failure:
            print(f"error: {failure}", file=sys.stderr)
            return 2
    # Read only now: other runs, and people who explain survivors, may have written meanwhile.
    explained: dict[str, dict[str, str]] = json.loads(EXPLAINED.read_text(encoding="utf-8"))
    known = Figures.read(FILE.read_text(encoding="utf-8")) if FILE.exists() else Figures()
    known = known.replaced(found).only({one.relative_to(ROOT).as_posix() for one in ROOT.glob("sluice/**/*.py")})
    FILE.write_text(known.write(), encoding="utf-8")
    PAGE.write_text(page(known, explained, ROOT), encoding="utf-8")
    open_ones = [(one.path, mutant) for one in found.modules for mutant in one.unexplained(explained)]
    for path, mutant in open_ones:
        print(f"survived: {path}: {mutant.change}")
    for one in found.modules:
        print(one.summary)
    print(f"written: {PAGE.relative_to(ROOT)}")
    if any(one.untried for one in found.modules):
        return 2
    return 1 if open_ones else 0


if __name__ == "__main__":
    sys.exit(main())

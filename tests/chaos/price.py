"""What a good deploy costs, on an API that tells the truth: calls by operation, seconds. `python -m tests.chaos.price`.

Environment: DEPLOYS (3; the first one, which makes the service, is not counted), SLUICE_GATE (a folder whose gate is
measured instead).
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.chaos.deployer import Deployer, Ended
from tests.chaos.engine import Verdict
from tests.chaos.faults import Plan
from tests.chaos.ledger import Scene, Step
from tests.chaos.stage import stage

SECONDS = 2.0
"""Of every migration."""


def main() -> int:
    deploys = int(os.environ.get("DEPLOYS", "3"))
    with tempfile.TemporaryDirectory(prefix="sluice-price-") as folder, stage(Path(folder)) as made:
        steps = (Step("master", 1), Step("tenants", 2), Step("verify", 1))
        stack = made.stack(Scene(steps, lambda *_: SECONDS))
        ends: list[Ended] = []
        for version in range(1, deploys + 2):
            ended = Deployer(stack, stack.job(version), Plan()).run()
            if ended.verdict is not Verdict.SUCCESS:
                print(ended.output)
                return 1
            ends.append(ended)
    for number, ended in enumerate(ends):
        calls = Counter(one.operation for one in ended.journal)
        said = ", ".join(f"{count} {name}" for name, count in calls.most_common())
        print(f"deploy {number + 1}: {ended.ended - ended.began:.1f} s, {calls.total()} calls: {said}")
    counted = ends[1:]
    print(
        f"median of {len(counted)}: {statistics.median(one.ended - one.began for one in counted):.1f} s, "
        f"{statistics.median(len(one.journal) for one in counted):.0f} calls"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

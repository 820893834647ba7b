"""`python -m tests.chaos.clock`: the same few deploys on machines whose clocks are wrong, by libfaketime.

Only the wall clock is wrong, as on a machine that nobody set: durations pass as they do. Installs the Debian package
`faketime` where set-up may install packages, and fails where it is missing otherwise.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local.toolchain import packages
from local.toolchain.process import SetupFailed
from local.toolchain.progress import SetupProgress
from local.toolchain.steps import SetupStep as SetUp
from local.toolchain.steps import carry_out
from tests.chaos import summary
from tests.chaos.course import Course, Played
from tests.chaos.deployer import ROOT
from tests.chaos.engine import WRONG_CLOCK, Verdict
from tests.chaos.ledger import Behaviour, Scene, Step
from tests.chaos.stage import Stage, stage

PACKAGE = "faketime"
SHIFTS = ("+3m", "-3m", "+10m", "-10m")
WIDTH = 2
BAD: dict[int, Behaviour] = {3: "migration fails", 4: "unfit", 5: "migration hangs"}
KILLED_AFTER_SECONDS = 6.0
"""In the middle of the migration, which the next deployer takes over by its own clock."""
NEW_VERSIONS = 6


def play(stage: Stage, shift: str) -> Played:
    """Good and bad versions, and one whose deployer is killed, all on a clock that is wrong by *shift*."""
    scene = Scene((Step("schema", 1),), lambda version, step, turn: 4.0 if version == NEW_VERSIONS else 0.5, dict(BAD))
    course = Course(stage.stack(scene), f"clock {shift}")
    with course.begun() as first:
        for version in range(2, NEW_VERSIONS + 1) if first else ():
            kill = KILLED_AFTER_SECONDS if version == NEW_VERSIONS else 0.0
            ended = course.one(version, kill=kill, faketime=shift)
            said = ended.verdict
            if WRONG_CLOCK not in ended.output:
                course.played.wrong.append(f"version {version}: the deployer's clock was right")
            if kill and said is Verdict.KILLED:
                said = course.one(version, faketime=shift).verdict
            wanted = Verdict.FAILED if version in BAD else Verdict.SUCCESS
            if said is not wanted:
                course.played.wrong.append(f"version {version} ended as {said.name} instead of {wanted.name}")
    return course.played


def install() -> None:
    """Sees to it that `faketime` is there. Raises local.toolchain.process.SetupFailed where it cannot be installed."""
    if shutil.which(PACKAGE):
        return
    machine = packages.inspect(ROOT / ".venv")
    if not machine.installs:
        raise SetupFailed(packages.by_hand(machine, [PACKAGE]))
    step = SetUp(
        PACKAGE,
        "installing faketime",
        done=lambda: shutil.which(PACKAGE) is not None,
        run=lambda work: packages.install(work, [PACKAGE]),
    )
    carry_out([step], ROOT / ".local" / "logs", SetupProgress())


def main() -> int:
    install()
    begun = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="sluice-chaos-") as folder,
        stage(Path(folder)) as made,
        ThreadPoolExecutor(WIDTH) as pool,
    ):
        played = list(pool.map(lambda shift: play(made, shift), SHIFTS))
    for one in played:
        summary.show(one, False)
    print("\n" + summary.table(played, len(SHIFTS), time.monotonic() - begun))
    return 0 if summary.sound(played, len(SHIFTS)) else 1


if __name__ == "__main__":
    sys.exit(main())

"""The commands of `make rehearse` and `make preview`."""

from __future__ import annotations

import argparse
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from emulator.cloud import emulator
from emulator.cloud.settings import TIME_VARIABLE
from local import environment, shell
from local.command import REHEARSING, alone, reported, terminate
from local.environment import Checkout
from local.first_answer import first_answer
from local.rehearse import copy, report
from local.rehearse.copy import Copy
from local.rehearse.place import place
from local.rehearse.stage import RehearsalStage, changes
from local.stack import Pulumi
from local.summary import summary
from local.toolchain.process import SetupFailed
from local.toolchain.progress import SetupProgress, Timing

SHELL = 'eval "$(make -s env STACK={})", then `sluice status`, or `pulumi stack output --json`'


def main(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m local.rehearse", description=__doc__)
    parser.add_argument("command", choices=sorted([*REHEARSING, "env"]))
    parser.add_argument("stack")
    chosen = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, terminate)
    checkout = environment.checkout(Path(__file__).resolve().parents[2], os.environ)

    def rehearse() -> int:
        made = copy.make(checkout.root, chosen.stack)  # report errors before anything is started
        if chosen.command == "env":
            print(exports(checkout, made))
            return 0
        with alone(place(checkout), chosen.command):
            progress = SetupProgress()
            try:
                return Rehearsal(RehearsalStage(checkout), progress).run(chosen.command, made)
            finally:
                progress.close()

    return reported(rehearse)


def exports(checkout: Checkout, made: Copy) -> str:
    """Return the shell lines for a rehearsed stack. Raises SetupFailed when it is not rehearsed."""
    rehearsals = place(checkout)
    cloud = emulator.status(rehearsals.local)
    if cloud is None or not copy.file(rehearsals.local, made.stack).is_file():
        raise SetupFailed(f"{made.stack} is not being rehearsed\n  fix: make rehearse STACK={made.stack}")
    change = changes(rehearsals, os.environ, made, cloud.endpoint)
    return shell.exports(os.environ, change, made.stack, shell.put_commands(checkout, rehearsals))


class Rehearsal:
    """One command on one stack, with its progress."""

    def __init__(self, stage: RehearsalStage, progress: SetupProgress) -> None:
        self.stage, self.progress = stage, progress
        state = "started" if stage.cloud.fresh else "was running"
        factor = os.environ[TIME_VARIABLE]
        progress.say(f"· local cloud: {state} at {stage.cloud.endpoint}; AWS's own delays are {factor} times shorter")

    def run(self, command: str, made: Copy) -> int:
        """Preview the stack, or deploy the stack that it promotes from and then the stack."""
        if command == "preview":
            made, pulumi = self._ready(made.stack)
            self._tell_differences(made, pulumi, "")
            return pulumi.live(*pulumi.on_stack("preview", "--diff"))
        chain = [made.stack]
        while (before := copy.make(self.stage.place.root, chain[0]).upstream) is not None:
            if before in chain:
                raise SetupFailed(f"{chain[0]} promotes from {before}, and that from it\n  fix: let one of them build")
            chain.insert(0, before)
        for stack in chain:
            code = self._up(stack)
            if code != 0:
                return code
        return 0

    def _ready(self, stack: str) -> tuple[Copy, Pulumi]:
        made, pulumi = self.stage.ready(stack, self.progress)
        self.progress.say(f"\n== {stack}, in the emulated account {made.account} ({made.region})")
        return made, pulumi

    def _up(self, stack: str) -> int:
        said = copy.head(self.stage.place.local, stack)
        made, pulumi = self._ready(stack)
        self._tell_differences(made, pulumi, said)
        before, began = pulumi.outputs(), time.monotonic()
        code = pulumi.live(*pulumi.on_stack("up", "--yes", "--skip-preview", "--suppress-outputs"))
        if code != 0:
            return code
        timings = [Timing("pulumi up", time.monotonic() - began)]
        outputs = pulumi.outputs()
        answer = first_answer(pulumi, outputs)
        timings.append(Timing("total", self.progress.elapsed()))
        self.progress.say(f"  {report.resources(pulumi.urns())}")
        if made.upstream:
            self.progress.say(f"  {report.same_image(outputs, self._outputs(made.upstream))} as {made.upstream}")
        for line in summary(before, outputs, answer, timings, SHELL.format(stack)):
            self.progress.say(line)
        return 0

    def _tell_differences(self, made: Copy, pulumi: Pulumi, before: str) -> None:
        """Print the differences if they have changed since the last rehearsal; the copy's head lists them, too."""
        count, name = len(made.differences), f"Pulumi.{made.stack}.yaml"
        if before and before == copy.head(self.stage.place.local, made.stack):
            self.progress.say(f"  {count} settings differ from {name}, as before: see the head of {pulumi.settings}")
            return
        self.progress.say(f"  {pulumi.settings} differs from {name} in")
        for difference in made.differences:
            self.progress.say(f"    {difference}")

    def _outputs(self, stack: str) -> dict[str, object]:
        return self.stage.ready(stack, self.progress)[1].outputs()

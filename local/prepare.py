"""Prepares a job of the pipeline before it assumes a role; afterwards nothing may be installed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from emulator import record
from local.environment import Checkout
from local.toolchain import archives
from local.toolchain.process import SetupFailed
from local.toolchain.progress import SetupProgress
from local.toolchain.steps import SetupStep

VARIABLE = "SLUICE_PREPARED"
"""Set in the environment of a job that holds a role: nothing may be installed there."""


def pinned(place: Checkout) -> SetupStep:
    """Return the step that installs Pulumi's CLI and plugins by their recorded checksums, whatever is installed."""
    return SetupStep(
        "pinned Pulumi",
        "installing Pulumi's CLI and plugins by their recorded checksums",
        done=lambda: False,  # the plugins lie in the user's own folder, where others may have put theirs
        run=partial(archives.install, place=place, checksums=archives.recorded()),
        lock=place.cache / "locks" / f"{place.built_pulumi.parent.name}.lock",
    )


def pin(place: Checkout, progress: SetupProgress) -> int:
    """`make pin`: record the checksums of Pulumi's archives for all platforms; returns the exit code."""
    wanted = [one for platform in archives.PLATFORMS for one in archives.wanted(place.root, *platform)]
    for line in archives.pin(wanted, place.cache / "archives"):
        progress.say(line)
    progress.say(
        f"written to {archives.LOCK.relative_to(place.root)}: compare it with the checksums of the releases of"
        " pulumi/pulumi, pulumi/pulumi-aws and pulumi/pulumi-docker on GitHub, then commit it"
    )
    return 0


def refuse_to_install(environment: Mapping[str, str], waiting: Sequence[SetupStep], place: Checkout) -> None:
    """Raise Failed when something is missing in a job that has already assumed a role."""
    if not environment.get(VARIABLE):
        return
    names = [step.name for step in waiting]
    if archives.ROAD not in str(record.read(place.pulumi_record).get("road")):
        names.append("Pulumi by its recorded checksum")
    if names:
        raise SetupFailed(
            f"{VARIABLE} is set, so nothing is installed any more, and there is no {', '.join(names)}"
            "\n  fix: run `make prepare` before the job takes its role"
        )

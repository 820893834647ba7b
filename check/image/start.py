"""Checks whether the built image runs the steps' commands, by the decision that the gate takes before its first step
(`sluice.admission.start_findings`)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from check.image import programs
from check.image.build import ImageConfig
from check.image.inside import Files
from check.result import Broken
from infra.settings.app import App
from infra.settings.migrations import Step
from infra.tasks.isolation import isolation
from sluice.admission.start_findings import started
from sluice.admission.start_requirements import Task
from sluice.finding import Finding, refusals, warnings
from sluice.image.entrypoint import UNKNOWN_SCRIPT, handed
from sluice.image.image_configuration import ImageConfiguration

CONTAINER = "migration"
_SHELL = re.compile(rb"#!\s*(?:\S*/env\s+)?\S*\b(?:sh|bash|dash|ash|ksh)\b")
PASSING = (b"$@", b"${@}", b"$*")
"""Texts in a script that runs its arguments."""


def findings(image: ImageConfig, steps: Sequence[Step], app: App) -> list[Finding]:
    """Return the findings of the image's configuration for the steps.

    Args:
        image: with the entrypoint that the steps get.
    """
    kept = isolation(app)
    definition = {
        "runtimePlatform": {"cpuArchitecture": app.architecture},
        "volumes": [{"name": volume} for volume in kept.volumes],
        "containerDefinitions": [{"name": CONTAINER, "image": image.name, **kept.members()}],
    }
    tasks = [Task(f"step '{step.name}'", definition, CONTAINER, tuple(step.command)) for step in steps]
    platform = f"linux/{image.architecture}" if image.architecture else ""
    own = ImageConfiguration(image.entrypoint, image.command, image.user, platform, volumes=image.volumes)
    return started(tasks, image.name, own)


def starts(image: ImageConfig, steps: Sequence[Step], app: App, files: Files) -> str:
    """Return the result with its remarks.

    Args:
        files: of the image, so that an entrypoint's script can be read.

    Raises:
        Broken: the image would not run the steps' commands.
    """
    found = findings(image, steps, app)
    if wrong := refusals(found):
        more = [str(one) for one in wrong[1:]]
        raise Broken(f"{wrong[0].subject}: {wrong[0].what}; {wrong[0].why}", wrong[0].fix, more)
    said = handed(image.entrypoint, steps[0].command) if steps else None
    script = said.script if said else ""
    seen = passes(image, script, files) if script else None
    if seen is False:
        raise Broken(
            f"the image's entrypoint {script} never uses its arguments: every step would run the same command",
            'end the script with `exec "$@"`',
        )
    left = [one for one in warnings(found) if not (seen and UNKNOWN_SCRIPT in one.what)]
    notes = "".join(f"; {one.subject}: {one.what}" for one in left)
    how = f"through {script}" if seen else "by themselves" if not image.entrypoint else "through the entrypoint"
    return f"for {image.architecture}, the steps run {how}{notes}"


def passes(image: ImageConfig, script: str, files: Files) -> bool | None:
    """Return whether an entrypoint's script runs its arguments; None where it is not a readable script."""
    entry, _ = programs.program(files, image, script)
    if entry is None or not _SHELL.match(entry.head):
        return None
    return any(one in entry.head for one in PASSING)

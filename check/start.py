"""Whether the steps' commands are what runs in the built image: the decision that the gate takes before its first step
(`sluice.admission.start_findings`), over the image of this machine."""

from __future__ import annotations

import re
from collections.abc import Sequence

from check import words
from check.image import Image
from check.inside import Files
from check.result import Broken
from infra.settings.app import App
from infra.settings.migrations import Step
from infra.tasks.isolation import isolation
from sluice.admission.start_findings import started
from sluice.admission.start_requirements import Task
from sluice.finding import Finding, refusals, warnings
from sluice.image.entrypoint import handed
from sluice.image.image_configuration import ImageConfiguration

CONTAINER = "migration"
_SHELL = re.compile(rb"#!\s*(?:\S*/env\s+)?\S*\b(?:sh|bash|dash|ash|ksh)\b")
PASSING = (b"$@", b"${@}", b"$*")
"""What a script has in it that hands its arguments on."""


def findings(image: Image, steps: Sequence[Step], app: App) -> list[Finding]:
    """Return what the image's own configuration means for the steps.

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


def starts(image: Image, steps: Sequence[Step], app: App, files: Files) -> str:
    """Return what was seen, with what is only to be said. Raises Broken where the steps would not be what runs.

    Args:
        files: the image's own, in which an entrypoint's script is read: here it can be seen through.
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
            f"the image's entrypoint {script} never uses its arguments: every step would run what it runs",
            'end the script with `exec "$@"`',
        )
    left = [one for one in warnings(found) if not (seen and "the gate cannot see" in one.what)]
    notes = "".join(f"; {one.subject}: {one.what}" for one in left)
    how = f"through {script}" if seen else "by themselves" if not image.entrypoint else "through the entrypoint"
    return f"for {image.architecture}, the steps run {how}{notes}"


def passes(image: Image, script: str, files: Files) -> bool | None:
    """Return whether an entrypoint's script hands its arguments on; None where it cannot be read as a script."""
    entry, _ = words.program(files, image, script)
    if entry is None or not _SHELL.match(entry.head):
        return None
    return any(one in entry.head for one in PASSING)

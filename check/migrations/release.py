"""Creates the released schema on the scratch database, from which the pending migrations start."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from check import docker
from check.image import build as image
from check.image import programs
from check.image.build import ImageConfig
from check.image.inside import UnstartedContainer
from check.migrations import steps
from check.migrations.statement import changes
from check.migrations.steps import FinishedStep, TrialPlace
from check.result import Broken, Skipped, Warned
from check.source import git
from check.source.git import Released
from check.source.layouts import matching
from check.subject import CheckedStack
from infra.settings.migrations import Step

EMPTY = "an empty database"
SEED = "seed"
"""Name of the step that runs check.seed."""
SAY = "when nothing is released yet, say so: RELEASED=none (or check.released: none)"
GIVE = "when a version is live, give a dump of its schema (check.schema), or its revision (RELEASED=…)"


@dataclass(frozen=True)
class StartingSchema:
    """The schema that the pending migrations start from.

    Attributes:
        text: its description.
        known: whether it is the released schema; else the database is empty.
        image: of the released version, if its steps created the schema.
        dumped: whether a dump created it.
        ran: the released version's steps.
        seconds: their duration.
    """

    text: str = EMPTY
    known: bool = True
    image: ImageConfig | None = None
    dumped: bool = False
    ran: tuple[FinishedStep, ...] = ()

    @property
    def empty(self) -> bool:
        return self.image is None and not self.dumped


def made(subject: CheckedStack, place: TrialPlace, built: ImageConfig, asked: str | None) -> StartingSchema:
    """Bring the scratch database to the last released schema.

    Args:
        built: the image that is checked.
        asked: the revision that is named as released.

    Raises:
        Skipped: nothing is released, so an empty database is the right start.
        Warned: probably nothing is released: the revision cannot be deployed with these settings.
        Broken: the released schema cannot be created; the database may hold a part of it.
    """
    if dump := subject.settings.check.schema_:
        try:
            place.scratch.load(subject.root / dump)
        except docker.DockerFailed as error:
            raise Broken(f"{dump} does not load: {error}", "create it again with pg_dump", error.output) from None
        return StartingSchema(dump, dumped=True)
    release = git.released(subject.context, asked)
    patterns = [pattern for layout in subject.migrations().layouts for pattern in layout.files]
    if not matching(git.blobs(subject.context, release.commit), patterns):
        raise Skipped(f"no migration was released by {release}")
    with tempfile.TemporaryDirectory() as folder:
        git.export(subject.context, release.commit, Path(folder))
        return _by_image(subject, place, built, release, Path(folder))


def _by_image(
    subject: CheckedStack, place: TrialPlace, built: ImageConfig, release: Released, folder: Path
) -> StartingSchema:
    """Create the schema by the steps of the released revision's own image.

    Args:
        folder: has the revision's files.
    """
    app = subject.settings.app
    if release.guessed and not (folder / app.dockerfile).is_file():
        raise Warned(
            f"{release} has no {app.dockerfile}, so it was not deployed by these settings: taken for a first release",
            f"{SAY}; {GIVE}",
        )
    try:
        old = image.build(folder, app.dockerfile, app.build_args, subject.platform)
        if old == built:
            raise Skipped(f"{release} is this very image")
        ran = steps.run(place, old)
    except Broken as broken:
        raise Broken(
            f"the schema of {release} cannot be made: {broken.what}",
            f"{SAY}; {GIVE}" if release.guessed else GIVE,
            broken.output,
        ) from None
    return StartingSchema(f"the schema of {release}", image=old, ran=tuple(ran))


def seeded(place: TrialPlace, old: ImageConfig | None, built: ImageConfig) -> FinishedStep:
    """Run check.seed in the released image if that has the command, else in the built one.

    Raises:
        Broken: it fails, or changes nothing.
    """
    command = place.settings.check.seed or []
    ran = steps.each(place, _having(command, old, built), Step(name=SEED, command=command), "owner")
    if not any(changes(one.text) for one in ran.statements):
        raise Broken(
            f"the seed ({' '.join(command)}) ended with exit code 0 and changed nothing",
            "let it make the tenants and rows that the migrations work on (check.seed)",
        )
    return ran


def _having(command: list[str], old: ImageConfig | None, built: ImageConfig) -> ImageConfig:
    if old is None:
        return built
    with UnstartedContainer(old.name) as inside:
        return built if programs.missing(inside, old, command) else old

"""The checks in their order, cheap ones first. Each returns what it saw, or raises Broken or Skipped."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from pathlib import Path

from check import ddl, docker, files, git, image, start, steps, words
from check.image import Image
from check.inside import Container
from check.layouts import matching
from check.result import Broken, Skipped
from check.scratch import Scratch
from check.serving import service
from check.steps import Logins, Place
from check.subject import Subject


class Checks:
    """One run of all checks. What an earlier one made (image, scratch database) the later ones use; `close` removes
    it.

    released: the git revision that is released, when it is asked for by name. built: an image to check instead of
    building one. server: makes the scratch database, from PostgreSQL's major version, its name and its master user.
    """

    def __init__(
        self,
        subject: Subject,
        released: str | None = None,
        built: str | None = None,
        server: Callable[[str, str, str], AbstractContextManager[Scratch]] = Scratch,
    ) -> None:
        self.subject = subject
        self.asked = released or subject.settings.check.released
        self.given = built
        self.server = server
        self.image: Image | None = None
        self.usable = False
        self.old: Image | None = None
        self.place: Place | None = None
        self.statements: list[str] | None = None
        self.lives: str | Broken | None = None
        self._files: Container | None = None
        self._open = ExitStack()

    def close(self) -> None:
        self._open.close()

    def all(self) -> Iterator[tuple[str, Callable[[], str]]]:
        yield "migrations present", lambda: files.present(self.subject)
        yield "engine fits", lambda: files.fits(self.subject)
        yield "released migrations unchanged", lambda: files.unchanged(self.subject, self.asked)
        yield "image builds", self.builds
        yield "commands in the image", self.commands
        yield "steps start", self.starts
        yield "migrations in the image", self.carried
        yield "migrations run", self.run
        yield "no unsafe SQL", self.safe
        yield "released version lives on", self.old_lives
        yield "service answers", self.answers
        yield "migrations run again", self.again

    def builds(self) -> str:
        app = self.subject.settings.app
        if self.given:
            self.image = image.inspect(self.given)
            return f"{self.given}, as given"
        self.image = image.build(self.subject.context, app.dockerfile, app.build_args, self.subject.platform)
        return self.image.name

    def _image(self) -> Image:
        if self.image is None:
            raise Skipped("there is no image")
        return self.image

    def _inside(self, built: Image) -> Container:
        if self._files is None:
            self._files = self._open.enter_context(Container(built.name))
        return self._files

    def commands(self) -> str:
        """Every step's command, and the service's own."""
        built = self._image()
        wanted = list(steps.wanted(self.subject.settings))
        inside, stepping = self._inside(built), self._stepping(built)
        called = [(f"step '{step.name}'", stepping, step.command) for step, _ in wanted]
        for what, started, command in [*called, ("the service", built, list(built.command))]:
            if lost := words.missing(inside, started, command):
                raise Broken(f"{what} ({' '.join(command)}): {lost}", lost.remedy)
        self.usable = True
        return f"{files.count(len(wanted), 'step')} and the service find what they call"

    def _stepping(self, built: Image) -> Image:
        """The image with the entrypoint that the steps get (setting app.stepEntryPoint)."""
        own = self.subject.settings.app.step_entry_point
        return replace(built, entrypoint=tuple(own)) if own else built

    def starts(self) -> str:
        """The image's own configuration: what the entrypoint does with the steps' words, the platform, and root."""
        built = self._image()
        settings = self.subject.settings
        wanted = [step for step, _ in steps.wanted(settings)]
        try:
            return start.starts(self._stepping(built), wanted, settings.app.architecture, self._inside(built))
        except Broken:
            self.usable = False
            raise

    def carried(self) -> str:
        built = self._image()
        found = self.subject.migrations().files
        if not found:
            raise Skipped("there are no migrations")
        contents = {name: (self.subject.context / name).read_bytes() for name in found}
        having = self._inside(built).holding(contents, built.folder)
        if lost := sorted(contents.keys() - having):
            self.usable = False
            raise Broken(
                f"{files.listed(lost)} is not in the image",
                "COPY the migrations folder into the image's final stage; check .dockerignore",
            )
        return files.count(len(found), "file")

    def run(self) -> str:
        """From the last released schema, on a PostgreSQL of its own."""
        built = self._image()
        if not self.usable:
            raise Skipped("the image lacks what the migrations need, see above")
        settings = self.subject.settings
        database = settings.database
        scratch = self._open.enter_context(self.server(database.major, database.name, database.username))
        place = Place(settings, scratch, Logins.of(settings, scratch), self.subject.platform)
        start = self._release(place)
        scratch.statements()  # what made the released schema is not this change's
        seconds = steps.run(place, built) if self.old is None else self._beside_the_old(place, self.old, built)
        self.statements = scratch.statements()
        if scratch.empty():
            raise Broken(
                "every step ended with exit code 0, and the database has no table",
                "let the steps apply the migrations: a tool that finds none calls that a success",
            )
        self.place = place
        return f"from {start}, in {seconds:.1f} s, on {scratch.image}"

    def _beside_the_old(self, place: Place, released: Image, built: Image) -> float:
        """Migrate while the released version serves, as in a deployment: does it live with the new schema?"""
        path = self.subject.settings.app.health_path
        with ExitStack() as running:
            try:
                old = running.enter_context(service(place, released))
                old.await_ready()
            except Broken as broken:
                self.lives = f"not known: the released version itself does not run here ({broken.what})"
                running.close()
                return steps.run(place, built)
            seconds = steps.run(place, built)
            status = old.ask(path)
            if status == 200:
                self.lives = f"it answers 200 at {path} on the new schema"
            else:
                self.lives = Broken(
                    f"the released version answers {status or 'nothing'} at {path} once the migrations have run",
                    "it serves until the new version is healthy: add first, take away in a later release"
                    " (docs/zero-downtime.md)",
                    old.lines(),
                )
            return seconds

    def _release(self, place: Place) -> str:
        """Bring the scratch database to the last released schema; says which."""
        scratch, subject = place.scratch, self.subject
        if dump := subject.settings.check.schema_:
            try:
                scratch.load(subject.root / dump)
            except docker.Failed as error:
                raise Broken(f"{dump} does not load: {error}", "make it anew with pg_dump", error.lines) from None
            return dump
        try:
            release = git.released(subject.context, self.asked)
        except (Skipped, Broken) as reason:
            return f"an empty database ({reason})"
        patterns = [pattern for layout in subject.migrations().layouts for pattern in layout.files]
        before = git.blobs(subject.context, release.commit)
        if not matching(before, patterns):
            return f"an empty database (no migration was released by {release})"
        app = subject.settings.app
        with tempfile.TemporaryDirectory() as folder:
            git.export(subject.context, release.commit, Path(folder))
            try:
                old = image.build(Path(folder), app.dockerfile, app.build_args, subject.platform)
                if old == self.image:
                    return f"an empty database ({release} is this very image)"
                steps.run(place, old)
            except Broken as broken:
                raise Broken(
                    f"the released schema cannot be made: at {release} {broken.what}",
                    "give a dump instead (check.schema), or another released revision (RELEASED=…)",
                    broken.lines,
                ) from None
        self.old = old
        return f"the schema of {release}"

    def safe(self) -> str:
        if self.statements is None:
            raise Skipped("the migrations have not run")
        settings, found = self.subject.settings, self.subject.migrations().files
        unsafe = ddl.unsafe(self.statements, major=settings.database.major)
        left, unused = ddl.refused(unsafe, settings.check.accepted)
        if left:
            first, *more = ddl.placed(left, {name: self.subject.text(name) for name in found})
            rest = [str(one) for one in more[:8]]
            raise Broken(f"{first}" + (f"\nand {files.count(len(more), 'more')}" if more else ""), ddl.REMEDY, rest)
        noted = f"; {files.count(len(unsafe), 'unsafe statement')} accepted" if unsafe else ""
        noted += f"; nothing needs the acceptance of {', '.join(unused)} any more" if unused else ""
        return f"{files.count(len(self.statements), 'statement')} of the pending migrations looked at{noted}"

    def old_lives(self) -> str:
        if self.lives is None:
            raise Skipped("no other version is released")
        if isinstance(self.lives, Broken):
            raise self.lives
        if self.lives.startswith("not known"):
            raise Skipped(self.lives)
        return self.lives

    def again(self) -> str:
        """The gate runs the steps again whenever an image or a step changes: then there must be nothing to do."""
        if self.place is None:
            raise Skipped("the migrations have not run")
        place, built = self.place, self._image()
        seconds = steps.run(place, built, bootstrap=False)
        changed = [one for one in place.scratch.statements() if ddl.changes_schema(one)]
        if changed:
            raise Broken(
                f"the second run changed the schema again: {ddl.shortened(changed[0])}",
                "let each migration be recorded as applied: the gate runs the steps with every new image",
            )
        return f"nothing to do, in {seconds:.1f} s"

    def answers(self) -> str:
        if self.place is None:
            raise Skipped("the migrations have not run")
        app = self.subject.settings.app
        with service(self.place, self._image()) as running:
            seconds = running.await_ready()
        return f"{app.live_path} and {app.health_path} answer 200, {seconds:.1f} s after the start"

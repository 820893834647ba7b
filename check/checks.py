"""The checks in their order, cheap ones first. Each returns its result, or raises Broken, Warned or Skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace

from check.image import build as image
from check.image import programs, start
from check.image.build import ImageConfig
from check.image.inside import UnstartedContainer
from check.migrations import findings, release, steps
from check.migrations.release import StartingSchema
from check.migrations.scratch import Scratch
from check.migrations.statement import changes_schema, shortened
from check.migrations.steps import Logins, TrialPlace, invented
from check.migrations.trial import Trial, idle, tally
from check.result import Broken, Skipped, Warned
from check.service import startup
from check.service.serving import service
from check.source import base, files
from check.subject import CheckedStack
from infra.settings.migrations import Step


class Checks:
    """One run of all checks. Later checks use the image and the scratch database of earlier ones; `close` removes them.

    Args:
        released: the released git revision, if it is named.
        built: an image to check instead of building one.
        server: creates the scratch database from PostgreSQL's major version, its name and its master user.
    """

    def __init__(
        self,
        subject: CheckedStack,
        released: str | None = None,
        built: str | None = None,
        server: Callable[[str, str, str], AbstractContextManager[Scratch]] = Scratch,
    ) -> None:
        self.subject = subject
        self.asked = released or subject.settings.check.released
        self.given = built
        self.server = server
        self.image: ImageConfig | None = None
        self.usable = False
        self.trial: Trial | None = None
        self.place: TrialPlace | None = None
        """The trial of the migrations; None before they ran."""
        self._files: UnstartedContainer | None = None
        self._open = ExitStack()

    def close(self) -> None:
        self._open.close()

    def all(self) -> Iterator[tuple[str, Callable[[], str]]]:
        yield "migrations present", lambda: files.present(self.subject)
        yield "engine fits", lambda: files.fits(self.subject)
        yield "released migrations unchanged", lambda: files.unchanged(self.subject, self.asked)
        yield "bases by digest", lambda: base.pinned(self.subject)
        yield "image builds", self.builds
        yield "commands in the image", self.commands
        yield "steps start", self.starts
        yield "migrations in the image", self.carried
        yield "released schema", self.released
        yield "migrations run", self.run
        yield "steps have work", self.worked
        yield "no unsafe SQL", lambda: findings.safe(self._trial(), self.subject)
        yield "locks are short", lambda: findings.brief(self._trial(), self.subject)
        yield "released version lives on", self.old_lives
        yield "service answers", self.answers
        yield "service reaches its tables", lambda: findings.reaches(self._trial())
        yield "indexes are valid", lambda: findings.valid(self._trial())
        yield "migrations run again", self.again
        yield "the tool's own check", self.own

    def builds(self) -> str:
        app = self.subject.settings.app
        if self.given:
            self.image = image.inspect(self.given)
            return f"{self.given}, as given"
        self.image = image.build(self.subject.context, app.dockerfile, app.build_args, self.subject.platform)
        return self.image.name

    def _image(self) -> ImageConfig:
        if self.image is None:
            raise Skipped("no image was built")
        return self.image

    def _inside(self, built: ImageConfig) -> UnstartedContainer:
        if self._files is None:
            self._files = self._open.enter_context(UnstartedContainer(built.name))
        return self._files

    def commands(self) -> str:
        """Check every step's command, and the service's."""
        built = self._image()
        settings = self.subject.settings
        wanted = list(steps.wanted(settings))
        inside, stepping = self._inside(built), self._stepping(built)
        called = [(f"step '{step.name}'", stepping, step.command) for step, _ in wanted]
        called += [("check.seed", stepping, settings.check.seed)] if settings.check.seed else []
        called += [("check.command", stepping, settings.check.command)] if settings.check.command else []
        for what, started, command in [*called, ("the service", built, list(built.command))]:
            if lost := programs.missing(inside, started, command):
                raise Broken(f"{what} ({' '.join(command)}): {lost}", lost.remedy)
        self.usable = True
        return f"{files.count(len(wanted), 'step')} and the service find the programs that they call"

    def _stepping(self, built: ImageConfig) -> ImageConfig:
        """Return the image with the steps' entrypoint (setting app.stepEntryPoint)."""
        own = self.subject.settings.app.step_entry_point
        return replace(built, entrypoint=tuple(own)) if own else built

    def starts(self) -> str:
        """Check the image's configuration: entrypoint, platform and user."""
        built = self._image()
        settings = self.subject.settings
        wanted = [step for step, _ in steps.wanted(settings)]
        try:
            return start.starts(self._stepping(built), wanted, settings.app, self._inside(built))
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

    def released(self) -> str:
        """Create the schema that the pending migrations start from, on a PostgreSQL of its own."""
        built = self._image()
        if not self.usable:
            raise Skipped("the image lacks what the migrations need, see above")
        place = self._server()
        try:
            made = release.made(self.subject, place, built, self.asked)
        except (Skipped, Warned):
            self.trial = Trial(place)
            raise
        except Broken:
            self.trial = Trial(
                self._server(), StartingSchema(known=False)
            )  # a part of the schema may be in the other one
            raise
        trial = Trial(place)
        trial.begin(made, built)
        self.trial = trial
        seeded = "".join(f", filled in {ran.seconds:.1f} s" for ran in trial.before if ran.step.name == release.SEED)
        return f"{made.text}{seeded}"

    def _server(self) -> TrialPlace:
        settings = self.subject.settings
        database = settings.database
        scratch = self._open.enter_context(self.server(database.major, database.name, database.username))
        values = invented(self.subject.secrets)
        return TrialPlace(settings, scratch, Logins.of(settings, scratch), self.subject.platform, values)

    def run(self) -> str:
        trial = self.trial
        if trial is None:
            raise Skipped("there is no database to run them on, see above")
        trial.run(self._image())
        scratch = trial.place.scratch
        if scratch.empty():
            raise Broken(
                "every step ended with exit code 0, and the database has no table",
                "let the steps apply the migrations: a tool that finds none exits with 0",
            )
        self.place = trial.place
        return f"from {trial.start.text}, in {trial.seconds:.1f} s, on {scratch.image}"

    def _trial(self) -> Trial:
        if self.trial is None or self.trial.pending is None:
            raise Skipped("the migrations have not run")
        return self.trial

    def worked(self) -> str:
        """Check that every step changes something: otherwise its migrations were not tried, whatever its exit code."""
        trial = self._trial()
        line = f"statements that change something: {tally(trial)}"
        if trial.start.dumped or not (unused := idle(trial)):
            return line
        named = ", ".join(f"'{step.name}'" for step in unused)
        raise Warned(
            f"{line}\nstep {named} changed nothing here, so its migrations were not tried",
            "seed data for it: `check: {seed: [COMMAND]}` creates tenants or rows (docs/check-migrations.md);"
            " a step that only verifies has verify, check or status in its name",
        )

    def old_lives(self) -> str:
        lives = self._trial().lives
        if lives is None:
            raise Skipped("no earlier version is released")
        if isinstance(lives, Broken):
            raise lives
        if lives.startswith("not known"):
            raise Skipped(lives)
        return lives

    def answers(self) -> str:
        if self.place is None:
            raise Skipped("the migrations have not run")
        settings = self.subject.settings
        app = settings.app
        with service(self.place, self._image()) as running:
            try:
                started = running.await_ready()
            except Broken as broken:
                raise findings.explained(broken, self.place) from None
        room = startup.judged(started.live, settings.service.health, app.live_path)
        return f"{app.live_path} and {app.health_path} answer 200, {started.healthy:.1f} s after the start; {room}"

    def again(self) -> str:
        """Run the steps again, as the gate does with every new image: they must change nothing."""
        if self.place is None:
            raise Skipped("the migrations have not run")
        ran = steps.run(self.place, self._image(), bootstrap=False)
        changed = [one.text for step in ran for one in step.statements if changes_schema(one.text)]
        if changed:
            raise Broken(
                f"the second run changed the schema again: {shortened(changed[0])}",
                "let each migration be recorded as applied: the gate runs the steps with every new image",
            )
        return f"no change, in {sum(step.seconds for step in ran):.1f} s"

    def own(self) -> str:
        """Run the tool's own check, which finds changed models without a migration."""
        command = self.subject.settings.check.command
        if not command:
            tools = [one for one in self.subject.migrations().layouts if one.own]
            hint = "".join(f"; {one.tool} has {one.own}" for one in tools)
            raise Skipped(f"check.command is not set{hint}")
        if self.place is None:
            raise Skipped("the migrations have not run")
        failure = steps.once(self.place, self._image(), Step(name="own-check", command=command), 0, "owner")
        if failure:
            title = (
                f"exit code {failure.code}" if failure.code is not None else f"timed out after {failure.seconds:.0f} s"
            )
            raise Broken(
                f"{' '.join(command)}: {title}",
                "create the migration that the models need and commit it; the lines above are the tool's own",
                failure.output,
            )
        return f"{' '.join(command)}: exit code 0"

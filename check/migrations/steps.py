"""Runs the migration steps in the built image, one container after another, as the gate runs them as tasks."""

from __future__ import annotations

import re
import secrets
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from check import docker
from check.image.build import ImageConfig
from check.image.isolation import options
from check.migrations.scratch import Scratch
from check.migrations.statement import SqlStatement
from check.result import Broken
from check.service import host
from infra.settings.migrations import BOOTSTRAP, Step
from infra.settings.settings import Settings
from infra.settings.values import connection
from infra.settings.values import program_variables as variables
from infra.settings.values.secrets import chosen
from infra.tasks.isolation import isolation
from sluice.diagnosis.exit_code import advice
from sluice.diagnosis.signature import recognise

PHASES = ("before", "after")
"""The phases in their order: before the first task of the new version, after the last task of the previous one."""
SHORTEST_MASKED = 4
"""Least characters of a secret's value to mask: masking a shorter one would make every line unreadable."""


@dataclass(frozen=True)
class DatabaseLogin:
    """A user of the scratch database."""

    user: str
    password: str

    def variables(self, role: str = "DB") -> dict[str, str]:
        return {f"{role}_USER": self.user, f"{role}_PASSWORD": self.password}


@dataclass(frozen=True)
class Logins:
    """The users, as in a deployment: the master user creates the owner, for migrations, and the app, for the
    service."""

    master: DatabaseLogin
    owner: DatabaseLogin
    app: DatabaseLogin

    @classmethod
    def of(cls, settings: Settings, scratch: Scratch) -> Logins:
        master = DatabaseLogin(scratch.username, scratch.password)
        if not settings.database.roles:
            return cls(master, master, master)
        owner, app = (
            DatabaseLogin(name, secrets.token_urlsafe(18)) for name in (settings.database.owner, settings.database.app)
        )
        return cls(master, owner, app)


def invented(given: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """Return the values of app.secrets: the given ones, else random ones."""
    return defaultdict(lambda: secrets.token_urlsafe(24), given or {})


@dataclass(frozen=True)
class TrialPlace:
    """The settings, the scratch database and its users, for all containers.

    Attributes:
        invented: a value for each of app.secrets, the same in all tasks: from `.secrets.STACK.env`, or random.
    """

    settings: Settings
    scratch: Scratch
    logins: Logins
    platform: str
    invented: Mapping[str, str] = field(default_factory=invented, compare=False)

    def variables(self, login: DatabaseLogin, extra: Mapping[str, str]) -> dict[str, str]:
        app, where = self.settings.app, self.scratch.variables()
        plain = variables.plain(
            host=where["DB_HOST"],
            port=int(where["DB_PORT"]),
            database=where["DB_NAME"],
            verify_tls=False,
            ca_bundle=None,
            app_port=app.port,
            extra=variables.filled(app.environment, host.service(self.settings)),
        )
        return {**plain, **self._own(login), **login.variables(), **extra}

    def _own(self, login: DatabaseLogin) -> dict[str, str]:
        """Return the application's own database variables (setting database.variables)."""
        templates = self.settings.database.variables
        values = {"username": login.user, "password": login.password}
        values |= connection.places(self.scratch.name, 5432, self.scratch.database, verify_tls=False, ca_bundle=None)
        managed = self.settings.database.roles and login is self.logins.master  # AWS makes its secret: nothing composed
        return {
            name: connection.filled(text, values)
            for name, text in templates.items()
            if not (managed and connection.travels(text) == "composed")
        }

    def options(self, image: ImageConfig, name: str, given: Mapping[str, str]) -> list[str]:
        """Return the options of `docker run`: network, memory, isolation, and variables by name only."""
        docker_options = options(isolation(self.settings.app), image)
        docker_options += ["--name", name, "--network", self.scratch.name, "--platform", self.platform]
        docker_options += ["--memory", f"{self.settings.app.memory}m"]
        return docker_options + [part for key in given for part in ("-e", key)]


@dataclass(frozen=True)
class StepFailure:
    """A step that did not end with exit code 0.

    Attributes:
        code: its exit code; None after a timeout.
    """

    step: str
    command: tuple[str, ...]
    code: int | None
    seconds: float
    output: tuple[str, ...]

    def broken(self) -> Broken:
        title = f"exit code {self.code}" if self.code is not None else f"not ended within {self.seconds:.0f} s"
        what = f"step '{self.step}' ({' '.join(self.command)}) failed: {title}"
        found = recognise(self.output)
        if found:
            return Broken(f"{what}: {found.signature.cause}", found.signature.remedy, self.output)
        if self.code is None:
            silent = "" if self.output else " It printed nothing: it may wait for an answer, or for the network."
            remedy = f"let the command run without questions, and give it what it needs in the image.{silent}"
            return Broken(what, remedy, self.output)
        known = advice(self.code)
        remedy = re.sub(r"(and|;) run `pulumi up` again|read the last lines below[;,]? ?", "", known.remedy).strip(" ;")
        return Broken(f"{what}: {known.cause}", remedy or "read its last lines above", self.output)


def wanted(settings: Settings, *, bootstrap: bool = True) -> Iterator[tuple[Step, str]]:
    """Yield the steps in their order (`before`, then `after`), each with its database role."""
    database = settings.database
    if database.roles and bootstrap:
        yield Step(name=BOOTSTRAP, command=database.bootstrap, secrets=database.bootstrap_secrets), "master"
    for phase in PHASES:
        for step in settings.migrations:
            if step.phase == phase and step.image is None:
                yield step, "owner"


@dataclass(frozen=True)
class FinishedStep:
    """A step that ended with exit code 0 in all of its shards.

    Attributes:
        seconds: of all shards, run one after another.
        statements: those of its sessions.
    """

    step: Step
    seconds: float
    statements: tuple[SqlStatement, ...]


def run(
    place: TrialPlace, image: ImageConfig, *, bootstrap: bool = True, phases: Sequence[str] = PHASES
) -> list[FinishedStep]:
    """Run every step of these phases. Raises Broken at the first one that fails."""
    place.scratch.statements()  # drop earlier statements, which belong to no step
    steps = wanted(place.settings, bootstrap=bootstrap)
    return [each(place, image, step, role) for step, role in steps if step.phase in phases]


def each(place: TrialPlace, image: ImageConfig, step: Step, role: str) -> FinishedStep:
    """Run all shards of a step. Raises Broken when one fails."""
    begun = time.monotonic()
    for shard in range(step.shards):
        if failure := once(place, image, step, shard, role):
            raise failure.broken()
    return FinishedStep(step, time.monotonic() - begun, tuple(place.scratch.statements()))


def once(place: TrialPlace, image: ImageConfig, step: Step, shard: int, role: str) -> StepFailure | None:
    """Run one task of a step; None when it ended with exit code 0."""
    logins = place.logins
    extra = variables.filled(step.environment, host.service(place.settings))
    if step.shards > 1:
        extra |= {"SHARD_INDEX": str(shard), "SHARD_COUNT": str(step.shards)}
    extra |= {name: place.invented[name] for name in chosen(step.secrets, place.settings.app.secrets)}
    if role == "master":
        extra |= logins.owner.variables("OWNER") | logins.app.variables("APP")
    given = place.variables(logins.master if role == "master" else logins.owner, extra)
    name = docker.fresh()
    seconds = min(step.timeout, place.settings.check.seconds)
    try:
        first, *rest = place.settings.app.step_entry_point or [""]
        own = ["--entrypoint", first] if first else []
        called = [*own, image.name, *rest, *step.command]
        ended = docker.run(["run", "--rm", *place.options(image, name, given), *called], seconds, given)
    finally:
        docker.remove(name)
    if ended.code == 0:
        return None
    return StepFailure(step.name, tuple(step.command), ended.code, seconds, masked(ended.output, place))


def masked(output: Sequence[str], place: TrialPlace) -> tuple[str, ...]:
    """Mask the scratch users' passwords, which could be mistaken for real ones, and the values of app.secrets."""
    logins = place.logins
    known = [login.password for login in (logins.master, logins.owner, logins.app)]
    known += [value for value in place.invented.values() if len(value) >= SHORTEST_MASKED]
    known = sorted(filter(None, known), key=len, reverse=True)  # a value can be the beginning of another one
    return tuple(re.sub("|".join(map(re.escape, known)), "***", line) if known else line for line in output)

"""The migration steps in the built image, one container after another, as the gate runs them as tasks."""

from __future__ import annotations

import re
import secrets
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from check import docker, host
from check.image import Image
from check.isolation import options
from check.result import Broken
from check.scratch import Scratch
from check.statement import Statement
from infra.settings.migrations import BOOTSTRAP, Step
from infra.settings.settings import Settings
from infra.settings.values import connection
from infra.settings.values import program_variables as variables
from infra.settings.values.secrets import chosen
from infra.tasks.isolation import isolation
from sluice.diagnosis.exit_code import advice
from sluice.diagnosis.signature import recognise

PHASES = ("before", "after")
"""Of steps, in their order: before any task of the new version, and after the last one of the version before."""
SHORTEST_MASKED = 4
"""Characters of a secret's value that is masked: a shorter one would make every line unreadable."""


@dataclass(frozen=True)
class Login:
    """A user of the scratch database."""

    user: str
    password: str

    def variables(self, role: str = "DB") -> dict[str, str]:
        return {f"{role}_USER": self.user, f"{role}_PASSWORD": self.password}


@dataclass(frozen=True)
class Logins:
    """As in the deployment: the master user makes the owner, who migrates, and the app, who serves."""

    master: Login
    owner: Login
    app: Login

    @classmethod
    def of(cls, settings: Settings, scratch: Scratch) -> Logins:
        master = Login(scratch.username, scratch.password)
        if not settings.database.roles:
            return cls(master, master, master)
        owner, app = (
            Login(name, secrets.token_urlsafe(18)) for name in (settings.database.owner, settings.database.app)
        )
        return cls(master, owner, app)


def invented(given: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """The values of app.secrets: random ones, but for those that are given."""
    return defaultdict(lambda: secrets.token_urlsafe(24), given or {})


@dataclass(frozen=True)
class Place:
    """Where containers run: the settings that shape them, the scratch database and its users.

    Attributes:
        invented: a value for each of app.secrets, the same one in all tasks: that of `.secrets.STACK.env`, or a random
            one.
    """

    settings: Settings
    scratch: Scratch
    logins: Logins
    platform: str
    invented: Mapping[str, str] = field(default_factory=invented, compare=False)

    def variables(self, login: Login, extra: Mapping[str, str]) -> dict[str, str]:
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

    def _own(self, login: Login) -> dict[str, str]:
        """The variables that the application itself knows the database by (settings: database.variables)."""
        templates = self.settings.database.variables
        values = {"username": login.user, "password": login.password}
        values |= connection.places(self.scratch.name, 5432, self.scratch.database, verify_tls=False, ca_bundle=None)
        managed = self.settings.database.roles and login is self.logins.master  # AWS makes its secret: nothing composed
        return {
            name: connection.filled(text, values)
            for name, text in templates.items()
            if not (managed and connection.travels(text) == "composed")
        }

    def options(self, image: Image, name: str, given: Mapping[str, str]) -> list[str]:
        """Of `docker run`: the scratch database's network, memory, isolation, and variables by name only."""
        words = options(isolation(self.settings.app), image)
        words += ["--name", name, "--network", self.scratch.name, "--platform", self.platform]
        words += ["--memory", f"{self.settings.app.memory}m"]
        return words + [word for key in given for word in ("-e", key)]


@dataclass(frozen=True)
class Failure:
    """A step that did not end with exit code 0.

    Attributes:
        code: None when its time was up.
    """

    step: str
    command: tuple[str, ...]
    code: int | None
    seconds: float
    lines: tuple[str, ...]

    def broken(self) -> Broken:
        title = f"exit code {self.code}" if self.code is not None else f"not ended within {self.seconds:.0f} s"
        what = f"step '{self.step}' ({' '.join(self.command)}) failed: {title}"
        found = recognise(self.lines)
        if found:
            return Broken(f"{what}: {found.signature.cause}", found.signature.remedy, self.lines)
        if self.code is None:
            silent = "" if self.lines else " It printed nothing: it may wait for an answer, or for the network."
            remedy = f"let the command run without questions, and give it what it needs in the image.{silent}"
            return Broken(what, remedy, self.lines)
        told = advice(self.code)
        remedy = re.sub(r"(and|;) run `pulumi up` again|read the last lines below[;,]? ?", "", told.remedy).strip(" ;")
        return Broken(f"{what}: {told.cause}", remedy or "read its last lines above", self.lines)


def wanted(settings: Settings, *, bootstrap: bool = True) -> Iterator[tuple[Step, str]]:
    """The steps in their order, each with whom it logs in as: `before` ones, then `after` ones."""
    database = settings.database
    if database.roles and bootstrap:
        yield Step(name=BOOTSTRAP, command=database.bootstrap, secrets=database.bootstrap_secrets), "master"
    for phase in PHASES:
        for step in settings.migrations:
            if step.phase == phase and step.image is None:
                yield step, "owner"


@dataclass(frozen=True)
class Ran:
    """A step that ended with exit code 0 in all of its shards.

    Attributes:
        seconds: of all shards, one after another.
        statements: what its sessions sent.
    """

    step: Step
    seconds: float
    statements: tuple[Statement, ...]


def run(place: Place, image: Image, *, bootstrap: bool = True, phases: Sequence[str] = PHASES) -> list[Ran]:
    """Run every step of these phases. Raises Broken at the first one that fails."""
    place.scratch.statements()  # what was sent before is no step's
    steps = wanted(place.settings, bootstrap=bootstrap)
    return [each(place, image, step, who) for step, who in steps if step.phase in phases]


def each(place: Place, image: Image, step: Step, who: str) -> Ran:
    """Run all shards of a step. Raises Broken when one fails."""
    begun = time.monotonic()
    for shard in range(step.shards):
        if failure := once(place, image, step, shard, who):
            raise failure.broken()
    return Ran(step, time.monotonic() - begun, tuple(place.scratch.statements()))


def once(place: Place, image: Image, step: Step, shard: int, who: str) -> Failure | None:
    """Run one task of a step; None when it ended with exit code 0."""
    logins = place.logins
    extra = variables.filled(step.environment, host.service(place.settings))
    if step.shards > 1:
        extra |= {"SHARD_INDEX": str(shard), "SHARD_COUNT": str(step.shards)}
    extra |= {name: place.invented[name] for name in chosen(step.secrets, place.settings.app.secrets)}
    if who == "master":
        extra |= logins.owner.variables("OWNER") | logins.app.variables("APP")
    given = place.variables(logins.master if who == "master" else logins.owner, extra)
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
    return Failure(step.name, tuple(step.command), ended.code, seconds, masked(ended.lines, place))


def masked(lines: Sequence[str], place: Place) -> tuple[str, ...]:
    """The lines without the scratch users' passwords, so that nobody has to ask whether they are real ones, and without
    the values of app.secrets, which may be."""
    logins = place.logins
    known = [login.password for login in (logins.master, logins.owner, logins.app)]
    known += [value for value in place.invented.values() if len(value) >= SHORTEST_MASKED]
    known = sorted(filter(None, known), key=len, reverse=True)  # one may begin as another does
    return tuple(re.sub("|".join(map(re.escape, known)), "***", line) if known else line for line in lines)

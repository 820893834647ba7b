"""Images as others build them: twelve, and two that go another way. Each is the example with one change.

Every one of them brings a migration of its own, which makes a table: by that table is seen whether it ran.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Literal

from tests.e2e.stage import Stage
from tests.soak.foreign.database import Database
from tests.soak.foreign.platform import relabelled, removed

BASE, OTHER_BASE = "sluice-local/python:3.13", "sluice-foreign/python:arm64"
LAST = 'CMD ["python", "-m", "notes"]\n'
SECRET = "arn:aws:secretsmanager:us-east-1:{account}:secret:shop-gone-AbCdEf"
DEADLINE = "  migrationDeadline: 40\n  service:\n"
LIVE = """    @app.get("/live")
    async def live() -> dict[str, str]:
"""
HOST_CHECK = """    @app.get("/live")
    async def live(request: Request) -> Response:
        host = request.headers["host"].partition(":")[0]
        if host not in ("localhost", "notes.example.org"):
            print(f"Invalid HTTP_HOST header: '{host}'. You may need to add it to ALLOWED_HOSTS.", flush=True)
            return Response(status_code=400)
        return JSONResponse({"status": "alive"})

    @app.get("/was-live")
    async def was_live() -> dict[str, str]:
"""
REDIRECT = """    @app.get("/live")
    async def live(request: Request) -> Response:
        return Response(status_code=301, headers={"Location": f"https://{request.headers['host']}/live"})

    @app.get("/was-live")
    async def was_live() -> dict[str, str]:
"""
FRAMES = r"""
import sys
for _ in range(10_000):
    sys.stdout.write("\x1b[2K\x1b[1G\x1b[36m⠋\x1b[39m migrating\r")
sys.stdout.flush()
sys.exit(1)
"""
LOCKED = """
op.execute("do $$ begin if (select is_locked from knex_migrations_lock) = 1 then "
           "raise exception 'Migration table is already locked'; end if; end $$")
"""

Change = Callable[[Stage, Database], Iterator[None]]
Kept = Literal["untouched", "migrated"]


@dataclass(frozen=True)
class Image:
    """One foreign image.

    Attributes:
        name: the row's.
        what: was done, in Markdown.
        change: makes it of the example; what it leaves outside of the application is put back behind its `yield`.
        says: parts of what people read, in their order.
        database: what the database must have become.
        serves: afterwards: the version before, or this one.
        migration: the code of its migration, after which it makes its table; None: it has none.
    """

    name: str
    what: str
    change: Change
    says: Sequence[str]
    database: Kept = "untouched"
    serves: Literal["the version before", "this version"] = "the version before"
    migration: str | None = ""


def _dockerfile(*, text: str = "", old: str = LAST, new: str = "") -> Change:
    """*text* in front of its CMD, or *new* in place of *old*."""

    def change(stage: Stage, database: Database) -> Iterator[None]:
        stage.edit("Dockerfile", old, new or f"{text}\n{old}")
        yield

    return change


def _script(content: str) -> Change:
    """An entrypoint that is a script."""

    def change(stage: Stage, database: Database) -> Iterator[None]:
        script = stage.app / "src/entrypoint.sh"  # a folder that .dockerignore lets through
        script.write_bytes(content.encode())
        script.chmod(0o755)
        stage.edit("Dockerfile", LAST, f'COPY src/entrypoint.sh /entrypoint.sh\nENTRYPOINT ["/entrypoint.sh"]\n{LAST}')
        yield

    return change


def _source(path: str, old: str, new: str) -> Change:
    def change(stage: Stage, database: Database) -> Iterator[None]:
        stage.edit(path, old, new)
        yield

    return change


def _only_a_migration(stage: Stage, database: Database) -> Iterator[None]:
    yield


def _lock_row(stage: Stage, database: Database) -> Iterator[None]:
    database.sql("create table knex_migrations_lock (index int primary key, is_locked int)")
    database.sql("insert into knex_migrations_lock values (1, 1)")
    database.sql("grant select on knex_migrations_lock to public")
    try:
        yield
    finally:
        database.sql("drop table knex_migrations_lock")


def _other_platform(stage: Stage, database: Database) -> Iterator[None]:
    relabelled(BASE, OTHER_BASE, "arm64")
    try:
        stage.edit("Dockerfile", "\nFROM ${BASE}\nCOPY", f"\nFROM {OTHER_BASE}\nCOPY")
        yield
    finally:
        removed(OTHER_BASE)


def _no_secret(stage: Stage, database: Database) -> Iterator[None]:
    reference = SECRET.format(account=stage.env["AWS_ACCESS_KEY_ID"])
    with settings(stage, "  app:\n", f"  app:\n    secrets: {{KEY: '{reference}'}}\n"):
        yield


def _asked_for_root(stage: Stage, database: Database) -> Iterator[None]:
    with settings(stage, "  app:\n", "  app:\n    user: root\n"):
        yield from _dockerfile(old="USER 10001:10001\n", new="USER root\n")(stage, database)


def _no_end(stage: Stage, database: Database) -> Iterator[None]:
    """The first step's own time-out is five minutes, and a deadline below a step's time-out is refused."""
    shorter = [("timeout: 300", "timeout: 40"), ("timeout: 120", "timeout: 40"), ("  service:\n", DEADLINE)]
    with ExitStack() as stack:
        for old, new in shorter:
            stack.enter_context(settings(stage, old, new))
        yield from _script("#!/bin/sh\nexec python -m notes\n")(stage, database)


def _older(stage: Stage, database: Database) -> Iterator[None]:
    """A newer commit is deployed first, so that this one is the older."""

    def git(*words: str) -> None:
        login = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", "-C", str(stage.app), *login, *words], check=True, capture_output=True, timeout=60)

    for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "one")):
        git(*words)
    stage.edit("src/notes/page.html", "</body>", "<!-- newer --></body>")
    git("commit", "--quiet", "--all", "--message", "two")
    stage.up()
    git("checkout", "--quiet", "HEAD~1")
    yield


@contextmanager
def settings(stage: Stage, old: str, new: str) -> Iterator[None]:
    """Other settings for a while."""
    text = stage.settings.read_text()
    assert old in text, f"{old!r} is not in {stage.settings}"
    stage.settings.write_text(text.replace(old, new, 1))
    try:
        yield
    finally:
        stage.settings.write_text(text)


IMAGES: Sequence[Image] = (
    Image(
        "shell entrypoint",
        '`ENTRYPOINT ["sh", "-c"]`',
        _dockerfile(text='ENTRYPOINT ["sh", "-c"]'),
        ["not admitted: ", "keeps only the first word"],
    ),
    Image(
        "ignoring entrypoint",
        '`ENTRYPOINT ["sh", "-c", "exec python -m notes"]`',
        _dockerfile(text='ENTRYPOINT ["sh", "-c", "exec python -m notes"]'),
        ["not admitted: ", "ignores its arguments"],
    ),
    Image(
        "ignoring script",
        "an entrypoint script that ends with `exec python -m notes`; `migrationDeadline: 40`",
        _no_end,
        ["timed out", "the step started the web server on port 8080, the service's own, instead of a migration"],
        migration=None,
    ),
    Image(
        "wrong platform",
        "its last stage is built from an image for linux/arm64",
        _other_platform,
        ["not admitted: ", "is built for linux/arm64, and its tasks run on linux/amd64"],
    ),
    Image(
        "root",
        "`USER root`",
        _dockerfile(old="USER 10001:10001\n", new="USER root\n"),
        ["not admitted: ", "runs as root"],
    ),
    Image(
        "root, asked for",
        "the same, and the setting `app.user: root`",
        _asked_for_root,
        ["warning: ", "runs as root", "as the task definition requests"],
        database="migrated",
        serves="this version",
    ),
    Image(
        "CRLF",
        "an entrypoint script with CRLF line ends",
        _script('#!/bin/sh\r\nexec "$@"\r\n'),
        ["migration step 'bootstrap' failed", "CRLF line ends"],
    ),
    Image(
        "loopback listener",
        "it listens on 127.0.0.1",
        _source("src/notes/serve.py", 'host="0.0.0.0"', 'host="127.0.0.1"'),
        ["was rolled back by the ECS circuit breaker", "listens on 127.0.0.1 only"],
        database="migrated",
    ),
    Image(
        "Host check",
        "`/live` answers 400 to every Host but its own names, as Django's ALLOWED_HOSTS does",
        _source("src/notes/app.py", LIVE, HOST_CHECK),
        ["was rolled back by the ECS circuit breaker", "the application refuses the Host header"],
        database="migrated",
    ),
    Image(
        "redirect",
        "`/live` answers 301 to HTTPS",
        _source("src/notes/app.py", LIVE, REDIRECT),
        ["was rolled back by the ECS circuit breaker", "redirects plain HTTP to HTTPS"],
        database="migrated",
    ),
    Image(
        "spinner",
        "a migration draws 10,000 frames without a line end, and exits 1",
        _only_a_migration,
        ["migration step 'master' failed: exit code 1"],
        migration=FRAMES,
    ),
    Image(
        "lock row",
        "a migration meets the lock row that a killed run of Knex left",
        _lock_row,
        ["migration step 'master' failed: exit code 1", "lock", "sluice run -- npx knex migrate:unlock"],
        migration=LOCKED,
    ),
    Image(
        "missing secret",
        "`app.secrets` names a secret that does not exist",
        _no_secret,
        ["not admitted: ", "does not exist"],
    ),
    Image(
        "older revision",
        "the commit before the one that serves is checked out",
        _older,
        ["is older than the live release's"],
        migration=None,
    ),
)

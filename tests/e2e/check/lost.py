"""The lost deploys of the postmortems, as mistakes in a Node application: the table behind the tests and the page.

``python -m tests.e2e.check.lost`` writes docs/lost-deploys.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[3] / "docs" / "lost-deploys.md"

BIN = "ln -s ../.pnpm/ledger/cli.js node_modules/.bin/ledger"
STEP = {"name": "migrate", "command": ["sh", "scripts/run-migrations.sh"], "timeout": 60}
SCRIPT = "./node_modules/.bin/ledger deploy"


def step(*command: str) -> Mapping[str, Any]:
    return {"migrations": [{**STEP, "command": list(command)}]}


@dataclass(frozen=True)
class Lost:
    """One deploy that was lost, or several for the same reason.

    Attributes:
        deploy: which, in the postmortem's words.
        mistake: what was wrong with the application.
        caught: the check that fails first.
        says: how its report begins.
        gate: what the gate says of the same step when nobody checked before: a real run of it. Empty: not a step's end.
        edits: (file, old, new) below tests/e2e/check/shop. removed, unknown: files that are gone, or that git has not.
        settings: instead of the shop's own.
    """

    deploy: str
    mistake: str
    caught: str
    says: str
    gate: str = ""
    edits: Sequence[tuple[str, str, str]] = ()
    removed: Sequence[str] = ()
    unknown: Sequence[str] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)


COMMANDS, RUN, ANSWERS = "commands in the image", "migrations run", "service answers"

CASES = (
    Lost(
        "pull request 111: ENOENT, chdir",
        "the folder that the server starts in is not copied into the image",
        ANSWERS,
        "the service ended with exit code 1: the command changes to a folder that is not in the image",
        edits=(("api/start.mjs", "/app/api", "/app/apps/api"),),
    ),
    Lost(
        "pull request 112: JWT_SECRET is missing",
        "a variable that the server needs stands in no settings",
        ANSWERS,
        "the service ended with exit code 1: a variable that the program needs is not set",
        settings={"secrets": {}},
    ),
    Lost(
        "pull request 114: the client is not initialized",
        "the generated client does not lie where the package looks for it",
        ANSWERS,
        "the service ended with exit code 1: the ORM's generated client is not in the image",
        edits=(("Dockerfile", "COPY generated node_modules/.client", "COPY generated node_modules/client/.client"),),
    ),
    Lost(
        "pull requests 115, 116, 117: named imports",
        "an ES module imports names that a CommonJS package does not export",
        ANSWERS,
        "the service ended with exit code 1: an ES module imports a CommonJS package in a way that does not work",
        edits=(
            ("api/server.mjs", "import pkg from 'client';", "import { Client } from 'client';"),
            ("api/server.mjs", "const { Client } = pkg;\n", ""),
        ),
    ),
    Lost(
        "eleven builds: cannot find module 'express', '@prisma/client'",
        "the pruned node_modules has links into a store that is not in the image",
        ANSWERS,
        "the service ended with exit code 1: a library or a file of the migrations is not in the image",
        edits=(("Dockerfile", "ln -s .pnpm/router", "ln -s .pnpm/router@4.18.2"),),
    ),
    Lost(
        "provider mismatch",
        "schema.prisma is written for MySQL, the database is PostgreSQL",
        "engine fits",
        "prisma/schema.prisma, line 2: the application is configured for mysql; the stack's database is PostgreSQL",
        "the application is configured for another database engine",
        edits=(("prisma/schema.prisma", '"postgresql"', '"mysql"'),),
    ),
    Lost(
        "missing tables: there were no migration files",
        "the schema is written, no migration was ever made from it",
        "migrations present",
        "Prisma is used, but FOLDER has no migration (**/migrations/*/migration.sql)",
        removed=("prisma/migrations/0001_initial/migration.sql",),
    ),
    Lost(
        "missing tables: the migration was never committed",
        "the migration lies on one machine only, git has none",
        "migrations present",
        "prisma/migrations/0001_initial/migration.sql is not in git",
        unknown=("prisma/migrations/0001_initial/migration.sql",),
    ),
    Lost(
        "missing tables: nobody ran the migrations",
        "the settings name no step",
        "settings",
        "1 mistake in the settings of stack local",
        settings={"migrations": []},
    ),
    Lost(
        "migration attempt 1: sh: pnpm: not found (exit code 127)",
        "the step calls a package manager that the image has not",
        COMMANDS,
        "step 'migrate' (sh -c pnpm db:migrate): pnpm is not in the image",
        "exit code 127: a command that the step calls is not in the image",
        settings=step("sh", "-c", "pnpm db:migrate"),
    ),
    Lost(
        "migration attempt 2: npx hung without output",
        "npx does not find the tool in the image, and goes to fetch it",
        COMMANDS,
        "step 'migrate' (npx prisma migrate deploy): prisma is not in the image's node_modules: npx would ask",
        "not ended within 5 s",
        settings={**step("npx", "prisma", "migrate", "deploy"), "seconds": 5},
    ),
    Lost(
        "migration attempt 3: node_modules/.bin, cannot find module",
        "the tool is a development dependency: its link leads to nothing",
        COMMANDS,
        "step 'migrate' (./node_modules/.bin/ledger deploy): ./node_modules/.bin/ledger is a link to",
        "exit code 127: the program is not in the image",
        edits=(("Dockerfile", BIN, "ln -s ../.pnpm/ledger@5.22.0/cli.js node_modules/.bin/ledger"),),
        settings=step("./node_modules/.bin/ledger", "deploy"),
    ),
    Lost(
        "migration attempt 4: a nested node_modules/.bin",
        "the path is that of another layout of node_modules",
        COMMANDS,
        "step 'migrate' (./node_modules/client/node_modules/.bin/ledger deploy): ./node_modules/client/node_modules/",
        "exit code 127: the program is not in the image",
        settings=step("./node_modules/client/node_modules/.bin/ledger", "deploy"),
    ),
    Lost(
        "migration attempt 5: node on the tool's own file",
        "the file is not where the step says",
        COMMANDS,
        "step 'migrate' (node ./node_modules/ledger/build/index.js deploy): ./node_modules/ledger/build/index.js is",
        "exit code 1: a library or a file of the migrations is not in the image",
        settings=step("node", "./node_modules/ledger/build/index.js", "deploy"),
    ),
    Lost(
        "migration attempts 6, 7, 8: a script with a stale path",
        "the script is in the image; the path inside is that of an earlier build",
        COMMANDS,
        "step 'migrate' (sh scripts/run-migrations.sh): ./node_modules/client/node_modules/.bin/ledger is not in the"
        " image, called by /app/scripts/run-migrations.sh",
        "exit code 127: a command that the step calls is not in the image",
        edits=(("scripts/run-migrations.sh", SCRIPT, "./node_modules/client/node_modules/.bin/ledger deploy"),),
    ),
    Lost(
        "first postmortem: not all of the CLI's dependencies were copied",
        "the tool is there, a file that it needs is not",
        RUN,
        "step 'migrate' (sh scripts/run-migrations.sh) failed: exit code 1: a library or a file of the migrations",
        "exit code 1: a library or a file of the migrations is not in the image",
        removed=("packages/ledger/apply.js",),
    ),
    Lost(
        "first postmortem: a failed migration did not stop the deploy",
        "the script goes on after the tool has failed, and exits 0",
        RUN,
        "every step ended with exit code 0, and the database has no table",
        edits=(
            ("scripts/run-migrations.sh", "set -e\n", ""),
            ("scripts/run-migrations.sh", SCRIPT, f"DB_PASSWORD=stale {SCRIPT}"),
        ),
    ),
    Lost(
        "first postmortem: migrations ran twice, and conflicted",
        "nothing records what was applied: the second run does the work again",
        "migrations run again",
        "step 'migrate' (sh scripts/run-migrations.sh) failed: exit code 1: the object exists already",
        edits=(("packages/ledger/cli.js", "INSERT INTO _prisma_migrations VALUES ('${name}');", ""),),
    ),
)

GATED = (
    (
        "first postmortem: migrations ran before the database was ready",
        "MigrationRun takes the database's own identity, an output of the instance: Pulumi knows that of a new database"
        " once RDS says that the instance is available. Nothing waits for a database that is there already: a step that"
        " cannot connect fails with its cause, and the service is not changed",
        "tests/components/test_gate.py",
    ),
    (
        "first postmortem: the application started before its migrations had ended",
        "no task of a version starts before every step of it has ended with exit code 0",
        "tests/e2e/test_deploy.py",
    ),
    (
        "first postmortem: failed health checks went unnoticed, nothing rolled back",
        "Rollout judges its own deployment by id; a version that never becomes healthy is rolled back, and the "
        "deploy fails",
        "tests/e2e/faults/test_faults.py",
    ),
    (
        "both: guessing without logs",
        "the error itself has the last lines of the failed task, their known cause and the fix",
        "tests/unit/sluice/diagnosis/test_outcomes.py",
    ),
)
"""What no look at the application alone can see: what the gate does about it, and the test that shows it."""

HEAD = """# Lost deploys

Look up a mistake, and which check catches it before the merge. Two postmortems of other teams report some 25 deploys
that were lost before the first success: eleven by the image, eight by the migration task, five by a script around it.

Every line is a test that makes the same mistake in a small Node application: without the mistake all checks pass, with
it the named check fails, before any cloud is asked. The application (`tests/e2e/check/shop`) has a store of packages
with links, as pnpm makes it, and a migration tool with Prisma's folders. Prisma itself fetches its engines from its
own server, so it is not used.

`python -m tests.e2e.check.lost` makes this page from the tests' own table.

- **caught by**: the check of `make check` that fails first.
- **it says**: how its report begins; the fix and the last lines follow.
- **unchecked, the gate says**: the gate's message when the same step ran in a container. The service is not changed
  then.

| lost deploy | the mistake | caught by | it says | unchecked, the gate says |
|---|---|---|---|---|
"""

BELOW = """
No check of an application alone can see these; the gate handles them:

| lost deploy | what Sluice does | shown by |
|---|---|---|
"""


def page() -> str:
    """docs/lost-deploys.md."""
    rows = [(one.deploy, one.mistake, one.caught, one.says, one.gate or _otherwise(one)) for one in CASES]
    text = HEAD + "".join(_row(row) for row in rows)
    return text + BELOW + "".join(_row((lost, does, f"`{test}`")) for lost, does, test in GATED)


def _otherwise(one: Lost) -> str:
    """What would have shown it, where it is no step that fails."""
    return {
        ANSWERS: "the rollout: no task gets healthy, the previous version keeps serving",
        "settings": "the same: nothing is deployed without a step",
        "migrations present": "nothing: the tool calls no migration a success; the smoke request fails",
        RUN: "nothing, unless a step verifies; the smoke request fails",
        "migrations run again": "nothing at the first deploy; the next one runs it again",
    }[one.caught]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    PAGE.write_text(page())

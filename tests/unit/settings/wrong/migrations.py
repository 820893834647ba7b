"""Wrong settings and their messages. The migration steps."""

from __future__ import annotations

from typing import Any

from tests.unit.settings.wrong.values import NAMED, REPOSITORY, SECRET

WRONG: list[tuple[str, dict[str, Any], str]] = [
    (
        "step with an unknown secret",
        {"app.secrets": {"SECRET_KEY_BASE": SECRET}, "migrations.0.secrets": ["SECRET_KEY"]},
        "migrations: step master asks for SECRET_KEY, which is not in app.secrets; did you mean SECRET_KEY_BASE?",
    ),
    (
        "step with a secret, application without secrets",
        {"migrations.0.secrets": ["SECRET_KEY"]},
        "migrations: step master asks for SECRET_KEY, which is not in app.secrets; add it there, or remove it here",
    ),
    (
        "step with a secret listed twice",
        {"app.secrets": {"KEY_A": SECRET}, "migrations.0.secrets": ["KEY_A", "KEY_A"]},
        'migrations[0].secrets = ["KEY_A", "KEY_A"]: KEY_A is listed more than once; list every secret once',
    ),
    (
        "step with text for a list of secrets",
        {"app.secrets": {"KEY_A": SECRET}, "migrations.0.secrets": "KEY_A"},
        "migrations[0].secrets: must be a list of names from app.secrets, like [SECRET_KEY], or all",
    ),
    (
        "step with a variable both secret and plain",
        {
            "app.secrets": {"KEY_A": SECRET},
            "migrations.0.secrets": "all",
            "migrations.0.environment": {"KEY_A": "1"},
        },
        "migrations: step master has KEY_A in its secrets and its environment; remove one",
    ),
    ("no steps", {"migrations": []}, "migrations = []: must have at least 1 entry"),
    ("step without a command", {"migrations.0.command": []}, "migrations[0].command = []: must have at least 1 entry"),
    ("empty argument", {"migrations.0.command": [""]}, 'migrations[0].command[0] = "": must not be empty'),
    (
        "name of a step",
        {"migrations.0.name": "Master!"},
        'migrations[0].name = "Master!": must match ^[a-z][a-z0-9-]{0,30}$',
    ),
    (
        "two steps of one name",
        {"migrations.1": {"name": "master", "command": ["verify"]}},
        "migrations: more than one step is named master; give every step its own name",
    ),
    (
        "reserved variable in a step",
        {"migrations.0.environment": {"DB_PASSWORD": "x"}},
        "migrations[0].environment.DB_PASSWORD: is set by the program from the database, the step and app.port;"
        " remove it",
    ),
    (
        "unknown phase",
        {"migrations.0.phase": "during"},
        "migrations[0].phase = \"during\": must be 'before' or 'after'",
    ),
    (
        "no step before the rollout",
        {"migrations.0.phase": "after"},
        "migrations: no step has phase before, so nothing migrates the database before the rollout; add one",
    ),
    (
        "step named bootstrap",
        {"migrations.0.name": "bootstrap"},
        "migrations: a step is named bootstrap, like the step that the program adds; remove it (database.bootstrap"
        " is its command), rename it, or set database.roles to false",
    ),
    ("no shards", {"migrations.0.shards": 0}, "migrations[0].shards = 0: must be at least 1"),
    ("too many shards", {"migrations.0.shards": 200}, "migrations[0].shards = 200: must be at most 50"),
    (
        "variable of shards in a step",
        {"migrations.0.environment": {"SHARD_INDEX": "0"}},
        "migrations[0].environment.SHARD_INDEX: is set by the program from the database, the step and app.port;"
        " remove it",
    ),
    (
        "image of a step with a short digest",
        {"migrations.0.image": f"{REPOSITORY}@sha256:abc"},
        f'migrations[0].image = "{REPOSITORY}@sha2…: is not an image by digest; write REPOSITORY@sha256: or'
        " sha256: and 64 hexadecimal digits (a tag can move to another image)",
    ),
    (
        "image of a step by tag",
        {"migrations.0.image": "tools:latest"},
        'migrations[0].image = "tools:latest": is not an image by digest; write REPOSITORY@sha256: or sha256: and 64'
        " hexadecimal digits (a tag can move to another image)",
    ),
    ("timeout of a step", {"migrations.0.timeout": 0}, "migrations[0].timeout = 0: must be at least 1"),
    ("attempts of a step", {"migrations.0.attempts": 11}, "migrations[0].attempts = 11: must be at most 10"),
    (
        "migration deadline shorter than a step",
        {"migrationDeadline": 600},
        "migrationDeadline = 600: is too short: step master (900 s) may take 900 s; write at least 900, or shorten"
        " the timeout",
    ),
    (
        "migration deadline shorter than snapshot and step",
        {"environment": "prod", "domain": NAMED, "migrationDeadline": 3600},
        "migrationDeadline = 3600: is too short: the snapshot (3600 s) and step master (900 s) may take 4500 s; write"
        " at least 4500, or shorten the timeout",
    ),
]

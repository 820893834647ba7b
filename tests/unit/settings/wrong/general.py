"""Wrong settings and their messages. Keys, types and placeholders."""

from __future__ import annotations

from typing import Any

from tests.unit.settings.wrong.values import REMOVE

WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("unknown section", {"databse": {}}, "databse = {}: there is no such setting; did you mean database?"),
    ("unknown key", {"app.memroy": 512}, "app.memroy = 512: there is no such setting; did you mean memory?"),
    (
        "unknown key in a list",
        {"migrations.0.retries": 3},
        "migrations[0].retries = 3: there is no such setting; remove it (known here: name, command, phase, timeout,"
        " attempts, shards, environment, secrets, image)",
    ),
    (
        "key in snake case",
        {"app.live_path": "/up"},
        'app.live_path = "/up": there is no such setting; did you mean livePath?',
    ),
    (
        "unknown key of a nested mapping",
        {"service.health.period": 1},
        "service.health.period = 1: there is no such setting; remove it (known here: startPeriod, interval, timeout,"
        " retries, command)",
    ),
    ("missing section", {"migrations": REMOVE}, "migrations: is required; add it to the stack's settings"),
    ("missing key", {"aws.region": REMOVE}, "aws.region: is required; add it to the stack's settings"),
    (
        "missing key in a list",
        {"migrations.0.command": REMOVE},
        "migrations[0].command: is required; add it to the stack's settings",
    ),
    ("text for a number", {"app.cpu": "512"}, 'app.cpu = "512": must be a whole number, without quotes'),
    ("boolean for a number", {"service.min": True}, "service.min = true: must be a whole number, without quotes"),
    (
        "number for a text",
        {"app.environment.WORKERS": 4},
        "app.environment.WORKERS = 4: must be text; put it in quotes",
    ),
    (
        "text for a boolean",
        {"database.multiAz": "yes"},
        'database.multiAz = "yes": must be true or false, without quotes',
    ),
    ("text for a list", {"migrations.0.command": "migrate"}, 'migrations[0].command = "migrate": must be a list'),
    ("text for a section", {"app": "shop"}, 'app = "shop": must be a mapping of settings'),
    ("list for a mapping", {"app.buildArgs": ["A=1"]}, 'app.buildArgs = ["A=1"]: must be a mapping of names to values'),
    (
        "unknown environment",
        {"environment": "production"},
        "environment = \"production\": must be 'local', 'dev', 'staging' or 'prod'",
    ),
    (
        "placeholder",
        {"aws.account": "<account of staging>"},
        'aws.account = "<account of staging>": is a placeholder; write your own value, or try the stack first with'
        " `make rehearse`",
    ),
    (
        "placeholder with a hyphen",
        {"aws.account": "<account of knex-staging>"},
        'aws.account = "<account of knex-staging>": is a placeholder; write your own value, or try the stack first with'
        " `make rehearse`",
    ),
    (
        "placeholder in a variable",
        {"app.environment.NAME": "<Your Name>"},
        'app.environment.NAME = "<Your Name>": is a placeholder; write your own value, or try the stack first with'
        " `make rehearse`",
    ),
]

"""Wrong settings and their messages. Smoke request and soak."""

from __future__ import annotations

from typing import Any

WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("smoke status", {"smoke.status": 500}, "smoke.status = 500: must be at most 499"),
    ("smoke path", {"smoke.path": "health"}, 'smoke.path = "health": must match ^/\\S*$'),
    (
        "unknown sender of the smoke request",
        {"smoke.from": "browser"},
        "smoke.from = \"browser\": must be 'deployer', 'task' or 'off'",
    ),
    (
        "smoke task without a command",
        {"smoke.from": "task"},
        "smoke.command: is required with smoke.from: task; write a command that requests SLUICE_URL and exits 0",
    ),
    (
        "smoke command without a smoke task",
        {"smoke.command": ["curl"]},
        "smoke.command: runs with smoke.from: task only; write that, or remove this",
    ),
    (
        "smoke image without a smoke task",
        {"smoke.image": f"sha256:{'ab' * 32}"},
        "smoke.image: runs with smoke.from: task only; write that, or remove this",
    ),
    (
        "smoke image by tag",
        {"smoke.from": "task", "smoke.command": ["curl"], "smoke.image": "curl:8"},
        'smoke.image = "curl:8": is not an image by digest; write REPOSITORY@sha256: or sha256: and 64 hexadecimal'
        " digits (a tag can move to another image)",
    ),
    (
        "smoke body with a smoke task",
        {"smoke.from": "task", "smoke.command": ["curl"], "smoke.body": "ok"},
        'smoke.body = "ok": is checked with smoke.from: deployer only; check it in smoke.command, or remove this',
    ),
    (
        "smoke fields without a smoke request",
        {"smoke.from": "off", "smoke.json": {"status": "ok"}},
        "smoke.json: is checked with smoke.from: deployer only; check it in smoke.command, or remove this",
    ),
    (
        "smoke task without internet access",
        {"smoke.from": "task", "smoke.command": ["curl"], "network.egress": "endpoints"},
        "network: egress endpoints gives tasks no way to the load balancer's public addresses, which smoke.from:"
        " task needs; set smoke.from to deployer or off, or another egress",
    ),
    ("smoke attempts", {"smoke.attempts": 0}, "smoke.attempts = 0: must be at least 1"),
    (
        "smoke field without a name",
        {"smoke.json": {"database..status": "ok"}},
        'smoke.json = {"database..status": "ok"}: \'database..status\' is not a path; write names joined by dots,'
        " like database.status",
    ),
    (
        "smoke field that is a mapping",
        {"smoke.json": {"database": {"status": "ok"}}},
        'smoke.json = {"database": {"status": "ok"}}: database is not a text, a number, true, false or null; write'
        " one path per value",
    ),
    (
        "smoke version header",
        {"smoke.versionHeader": "X Version"},
        'smoke.versionHeader = "X Version": must match ^[A-Za-z0-9-]*$',
    ),
    ("negative soak", {"soak.seconds": -1}, "soak.seconds = -1: must be at least 0"),
    ("soak too long", {"soak.seconds": 7200}, "soak.seconds = 7200: must be at most 3600"),
    ("soak path", {"soak.path": "health"}, 'soak.path = "health": must match ^/\\S*$'),
]

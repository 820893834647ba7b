"""Wrong settings and their messages. AWS account, Region, and the access of tasks."""

from __future__ import annotations

from typing import Any

WRONG: list[tuple[str, dict[str, Any], str]] = [
    (
        "Region",
        {"aws.region": "Frankfurt"},
        'aws.region = "Frankfurt": is not an AWS Region; write one like eu-central-1',
    ),
    (
        "account",
        {"aws.account": "1234"},
        'aws.account = "1234": is not an AWS account id; write its twelve digits in quotes, like "123456789012"',
    ),
    (
        "account that lost its leading zero",
        {"aws.account": 12345678901},
        "aws.account = 12345678901: is a number without twelve digits, and a number has no leading zeros; write the"
        " account id as text: `pulumi config set --path --type string aws.account 012345678901`",
    ),
    (
        "boolean for an account",
        {"aws.account": True},
        "aws.account = true: must be text; put it in quotes",
    ),
    (
        "image of a step from an unlisted repository",
        {"migrations.0.image": f"ghcr.io/example/flyway@sha256:{'0' * 64}", "access.repositories": ["ghcr.io/other"]},
        "access: repositories does not list ghcr.io/example/flyway (step master); its image would run with access to"
        " the database. List the repository, or use an image of the stack's own repository, by digest alone",
    ),
    (
        "image of the smoke task from an unlisted repository",
        {
            "smoke.from": "task",
            "smoke.command": ["curl"],
            "smoke.image": f"ghcr.io/example/curl@sha256:{'0' * 64}",
        },
        "access: repositories does not list ghcr.io/example/curl (smoke.image); its image would run with access to"
        " the database. List the repository, or use an image of the stack's own repository, by digest alone",
    ),
    (
        "repository with a tag",
        {"access.repositories": ["ghcr.io/example/flyway:10"]},
        'access.repositories[0] = "ghcr.io/example/flyway:10": is not an image repository; write registry and name'
        " without tag or digest, like ghcr.io/example/flyway",
    ),
    (
        "name of a policy",
        {"access.policies": ["shop-files"]},
        'access.policies[0] = "shop-files": is not the ARN of a managed policy; write one like'
        " arn:aws:iam::123456789012:policy/shop-files",
    ),
]

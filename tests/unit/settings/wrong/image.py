"""Wrong settings and what is said of them. Which image is deployed."""

from __future__ import annotations

from typing import Any

from tests.unit.settings.wrong.values import (
    IMAGE,
    KMS,
    REMOVE,
    REPOSITORY,
)

WRONG: list[tuple[str, dict[str, Any], str]] = [
    # which image
    (
        "no image",
        {"app.context": REMOVE},
        "promoteFrom: nothing says which image to deploy; set app.context to build it here, image to name it, or"
        " promoteFrom to take what another stack has released",
    ),
    (
        "built and promoted",
        {"promoteFrom": "staging"},
        "promoteFrom: app.context and promoteFrom each say which image to deploy; keep one of them",
    ),
    (
        "built and named",
        {"image": IMAGE},
        "promoteFrom: app.context and image each say which image to deploy; keep one of them",
    ),
    (
        "named and promoted",
        {"app.context": REMOVE, "image": IMAGE, "promoteFrom": "staging"},
        "promoteFrom: image and promoteFrom each say which image to deploy; keep one of them",
    ),
    (
        "image to deploy by tag",
        {"app.context": REMOVE, "image": "shop:latest"},
        'image = "shop:latest": must be an image by digest, REPOSITORY@sha256: and 64 hexadecimal digits; a tag may'
        " move to another image",
    ),
    (
        "no stack's name",
        {"app.context": REMOVE, "promoteFrom": "org/staging"},
        'promoteFrom = "org/staging": is no stack; write its name, like staging, or org/project/staging for one of'
        " another project",
    ),
    (
        "signature by an alias",
        {"signing.key": "arn:aws:kms:eu-central-1:111122223333:alias/shop"},
        'signing.key = "arn:aws:kms:eu-central-1:111122223333:alias/shop": is not the ARN of a KMS key; write it whole,'
        " like arn:aws:kms:REGION:ACCOUNT:key/ID, not an alias",
    ),
    (
        "signature where nothing is built",
        {"app.context": REMOVE, "image": f"{REPOSITORY}@sha256:{'0' * 64}", "signing.key": KMS},
        "signing: key is for the stack that builds the image (app.context), in whose repository the signature lies;"
        " remove it here, and name that key in signing.trusted",
    ),
    (
        "signature asked of what is built here",
        {"signing.trusted": [KMS]},
        "signing: trusted is for a stack that takes its image from elsewhere (promoteFrom or image); remove it here",
    ),
    (
        "the same key twice",
        {"app.context": REMOVE, "promoteFrom": "other", "signing.trusted": [KMS, KMS]},
        f'signing.trusted = ["{KMS[:57]}…: {KMS} is named more than once; name every key once',
    ),
    (
        "image of a step from anywhere",
        {"migrations.0.image": f"ghcr.io/example/flyway@sha256:{'0' * 64}", "access.repositories": ["ghcr.io/other"]},
        "access: repositories does not name ghcr.io/example/flyway (step master), whose image would run beside the"
        " database; name it there, or write an image of the stack's own repository, by digest alone",
    ),
    (
        "image of the smoke request from anywhere",
        {
            "smoke.from": "task",
            "smoke.command": ["curl"],
            "smoke.image": f"ghcr.io/example/curl@sha256:{'0' * 64}",
        },
        "access: repositories does not name ghcr.io/example/curl (smoke.image), whose image would run beside the"
        " database; name it there, or write an image of the stack's own repository, by digest alone",
    ),
    (
        "repository with a tag",
        {"access.repositories": ["ghcr.io/example/flyway:10"]},
        'access.repositories[0] = "ghcr.io/example/flyway:10": is not a repository; write it whole and without tag or'
        " digest, like ghcr.io/example/flyway",
    ),
    (
        "promotion from nowhere",
        {"promotion.account": "111122223333"},
        "promotion: nothing is promoted here; remove it, or set promoteFrom",
    ),
    (
        "promoted from itself",
        {"app.context": REMOVE, "promoteFrom": "test"},
        'promoteFrom = "test": is this very stack; name the one whose image is promoted',
    ),
    (
        "release by its beginning",
        {"rollback": "sha256:abcdef0"},
        'rollback = "sha256:abcdef0": must be a digest, sha256: and 64 hexadecimal digits; `sluice rollback --list`'
        " shows the releases",
    ),
    (
        "build arguments without a build",
        {"app": {"buildArgs": {"BASE": "x"}}, "promoteFrom": "staging"},
        "app.buildArgs: nothing is built here, as app.context is not set; remove them",
    ),
    (
        "repository without a build",
        {"app.context": REMOVE, "promoteFrom": "staging", "registry.pullers": ["111122223333"]},
        "registry: the stack has no repository, as it builds nothing; remove it, or say it where the image is built",
    ),
    ("puller", {"registry.pullers": ["prod"]}, 'registry.pullers[0] = "prod": must match ^\\d{12}$'),
    (
        "puller twice",
        {"registry.pullers": ["111122223333", "111122223333"]},
        'registry.pullers = ["111122223333", "111122223333"]: 111122223333 is named more than once; name every account'
        " once",
    ),
]

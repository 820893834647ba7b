"""Wrong settings and their messages. The image, its promotion, its repository and its signature."""

from __future__ import annotations

from typing import Any

from tests.unit.settings.wrong.values import IMAGE, KMS, REMOVE, REPOSITORY

WRONG: list[tuple[str, dict[str, Any], str]] = [
    (
        "no image",
        {"app.context": REMOVE},
        "promoteFrom: no image to deploy; set app.context to build one, image to name one, or promoteFrom to deploy"
        " the image that another stack released",
    ),
    (
        "image built and promoted",
        {"promoteFrom": "staging"},
        "promoteFrom: app.context and promoteFrom each name the image to deploy; keep one of them",
    ),
    (
        "image built and named",
        {"image": IMAGE},
        "promoteFrom: app.context and image each name the image to deploy; keep one of them",
    ),
    (
        "image named and promoted",
        {"app.context": REMOVE, "image": IMAGE, "promoteFrom": "staging"},
        "promoteFrom: image and promoteFrom each name the image to deploy; keep one of them",
    ),
    (
        "image by tag",
        {"app.context": REMOVE, "image": "shop:latest"},
        'image = "shop:latest": is not an image by digest; write REPOSITORY@sha256: and 64 hexadecimal digits (a tag'
        " can move to another image)",
    ),
    (
        "stack without a project",
        {"app.context": REMOVE, "promoteFrom": "org/staging"},
        'promoteFrom = "org/staging": is not a stack; write its name, like staging, or org/project/staging if the'
        " project differs",
    ),
    (
        "signing key by alias",
        {"signing.key": "arn:aws:kms:eu-central-1:111122223333:alias/shop"},
        'signing.key = "arn:aws:kms:eu-central-1:111122223333:alias/shop": is not the ARN of a KMS key; write one'
        " like arn:aws:kms:REGION:ACCOUNT:key/ID (not an alias)",
    ),
    (
        "signing key without a build",
        {"app.context": REMOVE, "image": f"{REPOSITORY}@sha256:{'0' * 64}", "signing.key": KMS},
        "signing: key is for the stack that builds the image (app.context), whose repository holds the signature;"
        " remove it here, and list the key in signing.trusted",
    ),
    (
        "trusted key with a build",
        {"signing.trusted": [KMS]},
        "signing: trusted is for a stack that does not build its image (promoteFrom or image); remove it here",
    ),
    (
        "trusted key listed twice",
        {"app.context": REMOVE, "promoteFrom": "other", "signing.trusted": [KMS, KMS]},
        f'signing.trusted = ["{KMS[:57]}…: {KMS} is listed more than once; list every key once',
    ),
    (
        "promotion without a stack",
        {"promotion.account": "111122223333"},
        "promotion: has no effect without promoteFrom; set that, or remove this",
    ),
    (
        "promotion from the stack itself",
        {"app.context": REMOVE, "promoteFrom": "test"},
        'promoteFrom = "test": is this stack itself; name the stack that released the image',
    ),
    (
        "shortened digest",
        {"rollback": "sha256:abcdef0"},
        'rollback = "sha256:abcdef0": is not a digest; write sha256: and 64 hexadecimal digits (`sluice rollback'
        " --list` shows the releases)",
    ),
    (
        "repository without a build",
        {"app.context": REMOVE, "promoteFrom": "staging", "registry.pullers": ["111122223333"]},
        "registry: has no effect without app.context; set it in the stack that builds the image, and remove it here",
    ),
    (
        "name of a puller",
        {"registry.pullers": ["prod"]},
        'registry.pullers[0] = "prod": is not an AWS account id; write its twelve digits in quotes, like'
        ' "123456789012"',
    ),
    (
        "puller listed twice",
        {"registry.pullers": ["111122223333", "111122223333"]},
        'registry.pullers = ["111122223333", "111122223333"]: 111122223333 is listed more than once; list every'
        " account once",
    ),
]

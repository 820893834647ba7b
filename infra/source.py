"""Where a stack's image comes from: it is built here, named by the settings, or taken from another stack."""

from __future__ import annotations

from typing import Any

import pulumi

from components.image import Image, ImageArgs
from components.origin import Origin
from components.registry import Registry, RegistryArgs
from components.repository import Repository
from infra import promotion
from infra.policies import repository as repository_arn
from infra.revision import revision
from infra.settings.settings import Settings


def origin(name: str, stack: Settings, opts: pulumi.ResourceOptions) -> Origin:
    """The image to deploy. Ends the program when it must not be deployed: before anything is created or changed."""
    if stack.promote_from is not None:
        return promoted(promotion.taken(stack.promote_from, stack))
    if stack.image is not None:
        return named(stack.image, stack)
    return built(name, stack, opts)


def built(name: str, stack: Settings, opts: pulumi.ResourceOptions) -> Origin:
    """Built from the application's sources, into a repository of the stack's own."""
    app = stack.app
    context = str(app.context)
    repository = Registry(
        name,
        RegistryArgs(stack.aws.region, stack.protected, stack.images_kept, stack.registry.pullers),
        opts,
    ).repository
    image = Image(
        name,
        ImageArgs(context, app.dockerfile, app.build_args, app.architecture, repository.url, repository.account),
        opts,
    )
    # The revision is no part of the image: another commit with the same content must not be another image.
    names = {"tag": image.tag, "version": image.version, "revision": revision(context)}
    return Origin(
        image.reference,
        # After an update of some resources only, the sources may be newer than the image.
        image.name.apply(lambda pushed: names if pushed.rpartition(":")[2] == image.tag else {}),
        repository,
    )


def named(image: str, stack: Settings) -> Origin:
    """Named by the settings; nothing is known of it but that."""
    url, account = image.partition("@")[0], ""
    arn = repository_arn(image) or ""
    region = stack.aws.region
    if arn:
        region, account = arn.split(":")[3:5]
    return _existing(
        image, {}, {"repository": url.partition("/")[2], "repositoryArn": arn, "registryId": account, "region": region}
    )


def promoted(promotable: dict[str, Any]) -> Origin:
    """What another stack has released: its output `promotable`."""
    release = promotable["release"]
    names = {key: release[key] for key in ("tag", "version", "revision") if key in release}
    return _existing(promotable["image"], names, promotable)


def _existing(image: str, names: dict[str, str], at: dict[str, Any]) -> Origin:
    known = pulumi.Output.from_input
    return Origin(
        known(image),
        known(names),
        Repository(
            known(image.partition("@")[0]),
            known(at["repository"]),
            known(at["repositoryArn"]),
            known(at["registryId"]),
            at["region"],
        ),
    )

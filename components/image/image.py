"""The application's image: built once, pushed, then referenced by digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pulumi
import pulumi_docker as docker

from components.image import base_image, build_context, docker_login

PLATFORMS = {"X86_64": "linux/amd64", "ARM64": "linux/arm64"}
"""Docker's platform by ECS's name of the CPU architecture; both must agree or the task cannot start."""

BUILDER = docker.BuilderVersion.BUILDER_BUILD_KIT
"""Set explicitly, because the docker plugin's default may change: which files are sent depends on the builder, as only
BuildKit reads ``<Dockerfile>.dockerignore``."""

VERSION = "VERSION"
"""The build argument with the application's version."""

VERSION_LENGTH = 12
"""Digits of the tag in a version."""


@dataclass(frozen=True)
class ImageArgs:
    """Inputs of Image.

    Attributes:
        context: folder of the build, relative to Pulumi.yaml.
        dockerfile: relative to context.
        build_args: its ARGs; must not contain secrets.
        architecture: X86_64 or ARM64.
        repository_url, registry_id: where to push.
        pushed: digest of an existing image with this build's tag that is not in the stack's state: it is used, and
            nothing is built.
    """

    context: str
    dockerfile: str
    build_args: Mapping[str, str]
    architecture: str
    repository_url: pulumi.Input[str]
    registry_id: pulumi.Input[str]
    pushed: str = ""

    @cached_property
    def platform(self) -> str:
        """Docker's name of the platform."""
        return PLATFORMS[self.architecture]

    @cached_property
    def tag(self) -> str:
        """The tag of the image that these arguments build. Raises OSError when the context cannot be read."""
        context = Path(self.context)
        bases = base_image.moving(context / self.dockerfile, self.build_args)
        return build_context.tag(context, self.dockerfile, self.build_args, self.platform, bases)


class Image(pulumi.ComponentResource):
    """Builds an image when something in its context changed, and pushes it under the hash of that context.

    Outputs: reference (`REPOSITORY@sha256:…`, which every task runs), name (`REPOSITORY:TAG`), tag, version (the short
    form of the tag, so equal for equal builds). In a preview of a necessary build, the reference is unknown.
    """

    reference: pulumi.Output[str]
    name: pulumi.Output[str]
    tag: str
    version: str

    def __init__(self, name: str, args: ImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:components:Image", name, None, opts)
        self.tag = args.tag
        self.version = self.tag[:VERSION_LENGTH]
        if args.pushed:
            self.reference = pulumi.Output.concat(args.repository_url, "@", args.pushed)
            self.name = pulumi.Output.concat(args.repository_url, ":", self.tag)
        else:
            self.reference, self.name = self._built(name, args)
        self.register_outputs({"reference": self.reference, "name": self.name, "tag": self.tag})

    def _built(self, name: str, args: ImageArgs) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        url = docker_login.logged_in(args.repository_url, args.registry_id, self)
        image = docker.Image(
            name,
            image_name=pulumi.Output.concat(url, ":", self.tag),
            build={
                "context": args.context,
                "dockerfile": f"{args.context}/{args.dockerfile}",
                "args": {**args.build_args, VERSION: self.version},
                "platform": args.platform,
                "builder_version": BUILDER,
            },
            registry={"server": url},  # without a password: see docker_login
            skip_push=False,
            build_on_preview=False,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return image.repo_digest.apply(by_digest), image.image_name


def by_digest(reference: str) -> str:
    """Return a reference that names an image by digest; refuse a tag or a local image id, which are not unique."""
    if "@sha256:" not in reference:
        raise pulumi.RunError(
            f"the image {reference} was built but has no digest in a registry. Fix: check the push and run again"
        )
    return reference

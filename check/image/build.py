"""Builds the application's image as the deployment builds it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from check import docker
from check.result import Broken
from components.image import base_image, build_context
from sluice.diagnosis.signature import recognise

BUILD_SECONDS = 1200.0
NAME = "sluice-check"


@dataclass(frozen=True)
class ImageConfig:
    """The configuration of an image (Docker's `image inspect`).

    Attributes:
        name: as Docker knows it.
        folder: the working directory.
        path: the variable PATH.
    """

    name: str
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    folder: str = "/"
    path: str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    architecture: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    volumes: tuple[str, ...] = ()


def build(context: Path, dockerfile: str, arguments: Mapping[str, str], platform: str) -> ImageConfig:
    """Return the image of a build context; build it unless this machine has it, by a tag that is the hash of its
    inputs.

    Raises:
        Broken: the build failed; with its last lines.
    """
    tag = build_context.tag(
        context, dockerfile, arguments, platform, base_image.moving(context / dockerfile, arguments)
    )
    name = f"{NAME}:{tag[:20]}"
    if not docker.there(name):
        given = {**arguments, "VERSION": tag[:12]}
        build = ["build", "--tag", name, "--file", str(context / dockerfile), "--platform", platform]
        build += [part for key in given for part in ("--build-arg", key)]
        ended = docker.run([*build, str(context)], BUILD_SECONDS, given | _builder())
        if ended.code != 0:
            raise Broken(
                "the image does not build" + ("" if ended.code is not None else f" within {BUILD_SECONDS:.0f} s"),
                remedy(ended.output),
                ended.output,
            )
    return inspect(name)


_BASE = re.compile(
    r"/v2/|manifest (?:for|unknown)|pull access denied|failed to resolve source metadata|toomanyrequests", re.IGNORECASE
)
_OF_BUILDS = {
    "command not found", "module not found", "file permission", "setting missing", "client not generated",
    "module system", "folder missing", "disk full", "out of memory", "wrong architecture",
}  # fmt: skip
"""The signatures that can match a build; the others are about a running task's database."""


def remedy(output: Sequence[str]) -> str:
    """Return the fix for a failed build, by its output."""
    if any(_BASE.search(line) for line in output[-3:]):
        return "check the base image's name and this machine's way to its registry; app.buildArgs may name another base"
    found = recognise(output)
    if found and found.signature.name in _OF_BUILDS:
        return f"{found.signature.cause}: {found.signature.remedy}"
    return "read the lines above; `docker build` of the same folder shows all of them"


@cache
def _builder() -> dict[str, str]:
    """Return variables for the classic builder where the BuildKit plugin is missing (Debian's docker.io has none)."""
    if "DOCKER_BUILDKIT" in os.environ or docker.run(["buildx", "version"]).code == 0:
        return {}
    return {"DOCKER_BUILDKIT": "0"}


def inspect(name: str) -> ImageConfig:
    """Return an image of this machine. Raises Broken without one."""
    try:
        found = json.loads(docker.ask(["image", "inspect", name]))[0]
    except docker.DockerFailed as error:
        raise Broken(f"this machine has no image {name}: {error}", "build or pull it first") from None
    config = found.get("Config") or {}
    variables = dict(line.split("=", 1) for line in config.get("Env") or [] if "=" in line)
    return ImageConfig(
        name,
        tuple(config.get("Entrypoint") or ()),
        tuple(config.get("Cmd") or ()),
        config.get("WorkingDir") or "/",
        variables.get("PATH", ImageConfig.path),
        str(found.get("Architecture") or ""),
        variables,
        str(config.get("User") or ""),
        tuple(sorted(config.get("Volumes") or ())),
    )

"""The application's image: built as the deployment builds it."""

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
class Image:
    """The configuration of an image (Docker's `image inspect`).

    Attributes:
        name: as Docker knows it. The rest is the image's own configuration (Docker's `image inspect`).
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


def build(context: Path, dockerfile: str, arguments: Mapping[str, str], platform: str) -> Image:
    """The image of a build context, built unless this machine has it already: its tag is the hash of all that goes in.

    Raises Broken with the build's last lines.
    """
    tag = build_context.tag(
        context, dockerfile, arguments, platform, base_image.moving(context / dockerfile, arguments)
    )
    name = f"{NAME}:{tag[:20]}"
    if not docker.there(name):
        given = {**arguments, "VERSION": tag[:12]}
        words = ["build", "--tag", name, "--file", str(context / dockerfile), "--platform", platform]
        words += [word for key in given for word in ("--build-arg", key)]
        ended = docker.run([*words, str(context)], BUILD_SECONDS, given | _builder())
        if ended.code != 0:
            raise Broken(
                "the image does not build" + ("" if ended.code is not None else f" within {BUILD_SECONDS:.0f} s"),
                remedy(ended.lines),
                ended.lines,
            )
    return inspect(name)


_BASE = re.compile(
    r"/v2/|manifest (?:for|unknown)|pull access denied|failed to resolve source metadata|toomanyrequests", re.IGNORECASE
)
_OF_BUILDS = {
    "command not found", "module not found", "file permission", "setting missing", "client not generated",
    "module system", "folder missing", "disk full", "out of memory", "wrong architecture",
}  # fmt: skip
"""The signatures that a build may have; the others speak of a running task's database."""


def remedy(lines: Sequence[str]) -> str:
    """Return what to do about a build that ended with these lines."""
    if any(_BASE.search(line) for line in lines[-3:]):
        return "check the base image's name and this machine's way to its registry; app.buildArgs may name another base"
    found = recognise(lines)
    if found and found.signature.name in _OF_BUILDS:
        return f"{found.signature.cause}: {found.signature.remedy}"
    return "read the lines above; `docker build` of the same folder shows all of them"


@cache
def _builder() -> dict[str, str]:
    """The classic builder where the engine's BuildKit plugin is missing (Debian's docker.io has none)."""
    if "DOCKER_BUILDKIT" in os.environ or docker.run(["buildx", "version"]).code == 0:
        return {}
    return {"DOCKER_BUILDKIT": "0"}


def inspect(name: str) -> Image:
    """An image of this machine. Raises Broken when there is none."""
    try:
        found = json.loads(docker.ask(["image", "inspect", name]))[0]
    except docker.Failed as error:
        raise Broken(f"there is no image {name} on this machine: {error}", "build or pull it first") from None
    config = found.get("Config") or {}
    variables = dict(line.split("=", 1) for line in config.get("Env") or [] if "=" in line)
    return Image(
        name,
        tuple(config.get("Entrypoint") or ()),
        tuple(config.get("Cmd") or ()),
        config.get("WorkingDir") or "/",
        variables.get("PATH", Image.path),
        str(found.get("Architecture") or ""),
        variables,
        str(config.get("User") or ""),
        tuple(sorted(config.get("Volumes") or ())),
    )

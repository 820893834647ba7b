"""The options of `docker run` that isolate a container like its task."""

from __future__ import annotations

from collections.abc import Sequence

from check.image.build import ImageConfig
from components.tasks.isolation import Isolation


def options(isolation: Isolation, image: ImageConfig) -> list[str]:
    """Return the options of a container of the image.

    A writable folder is a volume that is removed with the container. As on Fargate, it has the image's content, owner
    and mode only where the image declares it as VOLUME.
    """
    members = isolation.members()
    arguments = ["--init", *_each("--cap-drop", members["linuxParameters"]["capabilities"]["drop"])]
    arguments += ["--user", isolation.user] if isolation.user else []
    for path in isolation.writable:
        copied = "" if path in image.volumes else ",volume-nocopy=true"
        arguments += ["--mount", f"type=volume,destination={path}{copied}"]
    if isolation.read_only:
        arguments.append("--read-only")
    return arguments


def _each(option: str, values: Sequence[str]) -> list[str]:
    return [word for value in values for word in (option, value)]

"""The words of `docker run` that keep a container to itself as its task will be."""

from __future__ import annotations

from collections.abc import Sequence

from check.image import Image
from components.tasks.isolation import Isolation


def options(isolation: Isolation, image: Image) -> list[str]:
    """Of a container of the image. A writable folder is a volume that goes with the container. As on Fargate, it has
    the image's content, owner and mode only where the image names it as a VOLUME."""
    members = isolation.members()
    words = ["--init", *_each("--cap-drop", members["linuxParameters"]["capabilities"]["drop"])]
    words += ["--user", isolation.user] if isolation.user else []
    for path in isolation.writable:
        copied = "" if path in image.volumes else ",volume-nocopy=true"
        words += ["--mount", f"type=volume,destination={path}{copied}"]
    if isolation.read_only:
        words.append("--read-only")
    return words


def _each(option: str, values: Sequence[str]) -> list[str]:
    return [word for value in values for word in (option, value)]

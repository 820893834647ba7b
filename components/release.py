"""The name of what serves."""

from __future__ import annotations

from typing import Any

import pulumi

from components.deployment import Deployment
from components.image import Image


def release(image: Image, deployment: Deployment, revision: str) -> pulumi.Output[dict[str, Any]]:
    """Digest, time (ISO 8601, when the rollout was proven), and where the image is known: tag, version, revision.

    revision: git's, of what the image is built from now. Nothing of it is part of the image: another commit with the
    same content must not be another image.
    """
    return pulumi.Output.all(
        built=image.reference,
        name=image.name,
        serving=deployment.image,
        time=deployment.completed_at,
    ).apply(lambda known: record(**known, tag=image.tag, version=image.version, revision=revision))


def record(*, built: str, name: str, serving: str, time: str, tag: str, version: str, revision: str) -> dict[str, Any]:
    """A release, from what the image's resource, the deployment's and the program say.

    After an update of some resources only (`--target`) they may speak of three different builds; then no more is said
    than what is known for certain.

    built: the image by digest, name: likewise by tag; serving: the image that serves, by digest; tag, version,
    revision: of the program's own build.
    """
    certain = {"digest": serving.partition("@")[2], "time": time}
    if built != serving or name.rpartition(":")[2] != tag:
        return certain
    return {**certain, "tag": tag, "version": version, "revision": revision}

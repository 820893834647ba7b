"""An image's own configuration: entrypoint, command, user, platform. Pure.

Sources: "OCI Image Configuration", "OCI Image Manifest" and "OCI Image Index" (opencontainers/image-spec); Docker's
"Image Manifest Version 2, Schema 2" has the same members.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

PLATFORMS = {"X86_64": "linux/amd64", "ARM64": "linux/arm64"}
"""The platform of an image, by ECS's name of the CPU architecture (RuntimePlatform)."""

REVISION = "org.opencontainers.image.revision"
"""Label of the commit ("Annotations" of opencontainers/image-spec, whose keys images carry as labels)."""

MEDIA_TYPES = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
)


@dataclass(frozen=True)
class ImageConfiguration:
    """The configuration of an image.

    Attributes:
        entrypoint: its ENTRYPOINT in exec form; empty for none.
        command: its CMD.
        user: its USER; empty means root.
        platform: ``OS/ARCHITECTURE``; empty where it has none.
        revision: the commit that it was built from, by its label REVISION; empty where it has none.
        volumes: paths of its VOLUMEs.
    """

    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    user: str = ""
    platform: str = ""
    revision: str = ""
    volumes: tuple[str, ...] = ()

    @classmethod
    def parse(cls, blob: Mapping[str, Any]) -> ImageConfiguration:
        """Parse the configuration's JSON, or an element of `docker image inspect`, whose keys are capitalised."""
        config = blob.get("config") or blob.get("Config") or {}
        architecture = str(blob.get("architecture") or blob.get("Architecture") or "")
        labels = config.get("Labels") or {}
        system = str(blob.get("os") or blob.get("Os") or "linux")
        return cls(
            tuple(config.get("Entrypoint") or ()),
            tuple(config.get("Cmd") or ()),
            str(config.get("User") or ""),
            f"{system}/{architecture}" if architecture else "",
            str(labels.get(REVISION) or ""),
            tuple(sorted(config.get("Volumes") or ())),
        )

    @property
    def root(self) -> bool:
        return is_root(self.user)


_NUMBER = re.compile(r"[+-]?\d+")


def is_root(user: str) -> bool:
    """Return whether USER (``NAME``, ``UID``, either with ``:GROUP``) is root; unset means root.

    A number is read as Docker reads it: ``00`` and ``+0`` are 0, too.
    """
    name = user.partition(":")[0]
    return name in ("", "root") or (_NUMBER.fullmatch(name) is not None and int(name) == 0)


@dataclass(frozen=True)
class ManifestPart:
    """The part that a manifest points to: the configuration's blob, or another manifest."""

    kind: Literal["config", "manifest"]
    digest: str


class NotFit(Exception):
    """The manifest has no usable image. The text continues "the image …"."""


def leads_to(manifest: Mapping[str, Any], platform: str) -> ManifestPart:
    """Return the configuration of an image, or for an index the manifest of *platform* (``linux/arm64``).

    Raises:
        NotFit: an index without that platform, or a form without configuration (schema 1).
    """
    if isinstance(manifest.get("manifests"), list):
        offered: dict[str, str] = {}
        for one in manifest["manifests"]:
            on = one.get("platform") or {}
            name = f"{on.get('os', '')}/{on.get('architecture', '')}"
            if name != "unknown/unknown":  # an attestation, as BuildKit adds them
                offered.setdefault(name, str(one["digest"]))
        if platform not in offered:
            raise NotFit(f"is built for {' and '.join(sorted(offered)) or 'no platform'}, not for {platform}")
        return ManifestPart("manifest", offered[platform])
    config = manifest.get("config")
    if not isinstance(config, Mapping) or not config.get("digest"):
        raise NotFit("has a manifest without a configuration (schema 1?)")
    return ManifestPart("config", str(config["digest"]))

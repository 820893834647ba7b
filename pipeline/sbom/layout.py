"""An image in a folder: an OCI image layout, in which every file is named by its digest. Standard library only.

Source: "OCI Image Layout Specification" (opencontainers/image-spec): `oci-layout`, `index.json`, `blobs/sha256/HEX`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.failed import Failed

VERSION = {"imageLayoutVersion": "1.0.0"}
CHUNK = 2**20
"""Bytes hashed at once."""


def blob(folder: Path, digest: str) -> Path:
    """Return the file of a digest (`sha256:…`)."""
    algorithm, _, value = digest.partition(":")
    if algorithm != "sha256" or len(value) != 64 or not set(value) <= set("0123456789abcdef"):
        raise Failed(f"{digest!r} is not a sha256 digest")
    return folder / "blobs" / algorithm / value


def write_index(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write `oci-layout` and `index.json`.

    Args:
        manifest: descriptor of its manifest: mediaType, digest, size.
    """
    index = {"schemaVersion": 2, "manifests": [manifest]}
    (folder / "oci-layout").write_text(json.dumps(VERSION), encoding="utf-8")
    (folder / "index.json").write_text(json.dumps(index), encoding="utf-8")


def parts(manifest: Mapping[str, Any]) -> dict[str, int]:
    """Return digest to bytes of the configuration and layers that a manifest names."""
    return {str(one["digest"]): int(one["size"]) for one in [manifest["config"], *manifest["layers"]]}


def verify(folder: Path, digest: str) -> None:
    """Check that the folder holds exactly the image of this digest: every file is hashed.

    Raises:
        Failed: another image, a missing or an altered file.
    """
    try:
        named = [str(one["digest"]) for one in json.loads((folder / "index.json").read_bytes())["manifests"]]
        if named != [digest]:
            raise Failed(f"{folder} holds {', '.join(named) or 'no image'}, not {digest}")
        _check(folder, digest)
        for part in parts(json.loads(blob(folder, digest).read_bytes())):
            _check(folder, part)
    except OSError as error:
        raise Failed(f"{folder} is not a whole image: {error.filename} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise Failed(f"{folder} is not an OCI image layout: {error}") from None


def digest_of(file: Path) -> str:
    """Return the digest of a file. Raises OSError."""
    found = hashlib.sha256()
    with file.open("rb") as content:
        while piece := content.read(CHUNK):
            found.update(piece)
    return f"sha256:{found.hexdigest()}"


def _check(folder: Path, digest: str) -> None:
    file = blob(folder, digest)
    if (found := digest_of(file)) != digest:
        raise Failed(f"{file} is altered or cut off: its digest is {found}")

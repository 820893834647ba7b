"""Checks of a bill of materials. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipeline.failed import Failed

CYCLONEDX, SPDX = "application/vnd.cyclonedx+json", "application/spdx+json"
"""Media types that IANA lists for the JSON forms."""

PARTS = {CYCLONEDX: "components", SPDX: "packages"}
"""The key under which each format lists the contents of the image."""


def kind_of(content: bytes, name: str) -> str:
    """Return the media type of a bill of materials.

    Args:
        name: the file, for the error.

    Raises:
        Failed: it is no bill of materials, or an empty one.
    """
    return _read(content, name)[0]


def count(content: bytes, name: str) -> int:
    """Return the number of its components. Raises Failed, as `kind_of` does."""
    kind, document = _read(content, name)
    return len(document[PARTS[kind]])


def must_name(content: bytes, digest: str, name: str) -> None:
    """Raise Failed for a bill of materials that does not name the digest of its image."""
    if digest.encode() not in content:
        raise Failed(
            f"{name} does not name {digest}\n  cause: it describes another image\n  fix: make it of {digest}"
            " (`make sbom-export`, `make sbom-create`)"
        )


def _read(content: bytes, name: str) -> tuple[str, Mapping[str, Any]]:
    try:
        document: Any = json.loads(content)
    except ValueError:
        document = None
    if isinstance(document, Mapping):
        if document.get("bomFormat") == "CycloneDX" and document.get("components"):
            return CYCLONEDX, document
        if str(document.get("spdxVersion") or "").startswith("SPDX-") and document.get("packages"):
            return SPDX, document
    raise Failed(f"{name} is not a bill of materials in CycloneDX or SPDX, as JSON, with at least one component")

"""Attaches a bill of materials (SBOM) to the image that a stack serves.

It is made by a tool of its own (docs/scan.md), where no role is at hand; this attaches it to the very digest.

IAM: what sluice.image.image_attachment says; the deploy role of a stack that builds has it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pipeline import promoted
from pipeline.engine import Engine
from pipeline.failed import Failed
from sluice.aws.session import Account, Clients
from sluice.image.image_attachment import attach

CYCLONEDX, SPDX = "application/vnd.cyclonedx+json", "application/spdx+json"
"""Media types that IANA lists for the JSON forms."""


def sbom(engine: Engine, file: Path) -> int:
    """Attaches a file to the image of a stack; returns the exit code. Raises Failed, GateError."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Failed(f"{file} cannot be read: {error.strerror}") from None
    image = str(engine.output("image") or "")
    digest = image.partition("@")[2]
    if not digest:
        raise Failed(f"stack {engine.stack} serves no image yet; deploy it first")
    kind = kind_of(content, str(file))
    if digest.encode() not in content:
        raise Failed(
            f"{file} does not name {digest}, the image that {engine.stack} serves: it is of another one. Make it of"
            f" {image}"
        )
    where = promoted.settings(engine).get("aws") or {}
    account = Account(
        region=str(where.get("region") or ""),
        endpoint=os.environ.get("AWS_ENDPOINT_URL", ""),
        account=str(where.get("account") or ""),
    )
    clients = Clients(account)
    clients.verify()
    try:
        artifact = attach(clients, image, kind, content)
    except (BotoCoreError, ClientError) as error:
        raise Failed(f"{file} could not be attached to {image}: {error}") from error
    print(f"attached to {image}: {artifact} ({kind}, {len(content):,} bytes)")
    return 0


def kind_of(content: bytes, name: str) -> str:
    """The media type of a bill of materials. Raises Failed for what is none, or an empty one."""
    try:
        said: Any = json.loads(content)
    except ValueError:
        said = None
    if isinstance(said, Mapping):
        if said.get("bomFormat") == "CycloneDX" and said.get("components"):
            return CYCLONEDX
        if str(said.get("spdxVersion") or "").startswith("SPDX-") and said.get("packages"):
            return SPDX
    raise Failed(f"{name} is no bill of materials in JSON, of CycloneDX or SPDX, with a component in it")

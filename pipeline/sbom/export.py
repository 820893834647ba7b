"""Writes the image that a stack serves into a folder, so that a job without a role can read it: `make sbom-export`.

IAM: ecr:BatchGetImage and ecr:GetDownloadUrlForLayer on the image's repository, which the preview role has. The layers
lie behind signed addresses of Amazon S3, which need no grant (GetDownloadUrlForLayer in the ECR API reference).
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pipeline import job_output, stack_settings
from pipeline.engine.engine import Engine
from pipeline.failed import Failed
from pipeline.sbom import layout
from pipeline.sbom.image import chosen
from sluice.aws.repository import EcrRepository, parse
from sluice.aws.session import Clients
from sluice.image.image_configuration import MEDIA_TYPES

SECONDS = 60.0
"""For a connection, and for each read of it."""
ATTEMPTS = 3
PAUSE = 2.0
"""Seconds before a layer is fetched again."""


def export(engine: Engine, folder: Path, environment: Mapping[str, str]) -> int:
    """Write the image of a stack into a folder; return the exit code. The image is an output of the job's step.

    Args:
        folder: is created; must be empty.
        environment: IMAGE, an image of the stack's repository by digest; unset: the one that serves.

    Raises:
        Failed, GateError.
    """
    image = chosen(engine, environment)
    if folder.exists() and any(folder.iterdir()):
        raise Failed(f"{folder} is not empty: name a new folder in INTO")
    clients = stack_settings.clients(engine)
    clients.verify()
    try:
        size = write(clients, image, folder)
    except (BotoCoreError, ClientError) as error:
        raise Failed(f"{image} cannot be read from ECR: {error}") from error
    print(f"{image}: {size:,} bytes in {folder}")
    job_output.write(os.environ, "image", image)
    return 0


def write(clients: Clients, image: str, folder: Path, pause: Callable[[float], None] = time.sleep) -> int:
    """Write an image as an OCI image layout; return its size in bytes.

    Args:
        image: `REPOSITORY@sha256:…`, in ECR.

    Raises:
        Failed: the image is not there, is an index of several platforms, or a layer cannot be fetched.
        ClientError, BotoCoreError: AWS refused, or cannot be reached.
    """
    repository, digest = parse(image, clients.elsewhere), image.partition("@")[2]
    if repository is None:
        raise Failed(f"{image} is not in ECR")
    ecr = clients.in_region("ecr", repository.region)
    text, kind = _manifest(ecr, repository, digest)
    manifest = json.loads(text)
    if "manifests" in manifest:
        raise Failed(
            f"{image} is an index of several platforms\n  cause: a bill of materials describes the image of one"
            " platform\n  fix: set IMAGE to the digest of that platform's image"
        )
    layout.blob(folder, digest).parent.mkdir(parents=True, exist_ok=True)
    layout.blob(folder, digest).write_bytes(text)
    sizes = layout.parts(manifest)
    for part in sizes:
        _fetch(partial(_address, ecr, repository, part), layout.blob(folder, part), part, pause)
    layout.write_index(folder, {"mediaType": kind, "digest": digest, "size": len(text)})
    layout.verify(folder, digest)
    return len(text) + sum(sizes.values())


def _manifest(ecr: Any, repository: EcrRepository, digest: str) -> tuple[bytes, str]:
    """Return the stored manifest of a digest, and its media type. Raises Failed, ClientError."""
    found = ecr.batch_get_image(
        **repository.where, imageIds=[{"imageDigest": digest}], acceptedMediaTypes=list(MEDIA_TYPES)
    ).get("images")
    if not found:
        raise Failed(f"the repository {repository.name} has no image {digest[:19]}; it may have expired")
    text = str(found[0]["imageManifest"]).encode()
    return text, str(found[0].get("imageManifestMediaType") or json.loads(text)["mediaType"])


def _address(ecr: Any, repository: EcrRepository, digest: str) -> str:
    return str(ecr.get_download_url_for_layer(**repository.where, layerDigest=digest)["downloadUrl"])


def _fetch(address: Callable[[], str], file: Path, digest: str, pause: Callable[[float], None]) -> None:
    """Fetch a blob, again when the connection breaks. Raises Failed."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            found = _stream(address(), file)
        except OSError as error:
            found, reason = "", str(error)
        else:
            reason = f"its digest is {found}"
        if found == digest:
            return
        if attempt < ATTEMPTS:
            pause(PAUSE * attempt)
    raise Failed(f"{digest} cannot be fetched, after {ATTEMPTS} attempts: {reason}")


def _stream(address: str, file: Path) -> str:
    """Download an address into a file; return its digest. Raises OSError."""
    local = urllib.parse.urlsplit(address).hostname in ("127.0.0.1", "localhost")
    handlers = [urllib.request.ProxyHandler({})] if local else []  # no proxy leads to this machine
    found = hashlib.sha256()
    with urllib.request.build_opener(*handlers).open(address, timeout=SECONDS) as answer, file.open("wb") as into:
        while piece := answer.read(layout.CHUNK):
            found.update(piece)
            into.write(piece)
    return f"sha256:{found.hexdigest()}"

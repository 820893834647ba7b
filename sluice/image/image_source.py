"""Reads an image's configuration from its registry.

IAM: ecr:BatchGetImage and ecr:GetDownloadUrlForLayer on the image's repository (in another account: by that
repository's policy too). The configuration itself is a blob behind a signed address of Amazon S3, which needs no grant
(GetDownloadUrlForLayer in the ECR API reference).
"""

from __future__ import annotations

import hashlib
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

from sluice.aws.found import Absent, Unread
from sluice.aws.repository import EcrRepository, parse
from sluice.aws.session import Clients
from sluice.image.image_configuration import MEDIA_TYPES, ImageConfiguration, NotFit, leads_to

FETCH_SECONDS = 5.0
LARGEST = 4 * 2**20
"""Bytes of a configuration; usual ones have a few thousand."""

Fetch = Callable[[str], bytes]


def configuration(
    clients: Clients, image: str, platform: str, fetch: Fetch | None = None
) -> ImageConfiguration | Absent | Unread:
    """Return an image's configuration.

    Args:
        image: ``REPOSITORY@sha256:…``.
        platform: of the machine that runs it, which decides where the image is an index (``linux/arm64``).
        fetch: fetches a blob by its address; raises OSError.

    Raises:
        ClientError, BotoCoreError: AWS refused or could not be reached.
    """
    repository = parse(image, clients.elsewhere)
    digest = image.partition("@")[2]
    if repository is None or not digest:
        return Unread("its registry is not ECR" if digest else "it is not named by digest")
    ecr = clients.in_region("ecr", repository.region)
    for _ in range(2):  # an index leads to a manifest, and that to a configuration
        manifest = _manifest(ecr, repository, digest)
        if isinstance(manifest, Absent):
            return manifest
        try:
            part = leads_to(manifest, platform)
        except NotFit as reason:
            return Absent(str(reason), final=True)
        digest = part.digest
        if part.kind == "config":
            return _blob(ecr, repository, digest, fetch or fetched)
    return Unread("its index leads to another index")


def _manifest(ecr: Any, repository: EcrRepository, digest: str) -> dict[str, Any] | Absent:
    answer = ecr.batch_get_image(
        **repository.where, imageIds=[{"imageDigest": digest}], acceptedMediaTypes=list(MEDIA_TYPES)
    )
    for one in answer.get("images") or []:
        return dict(json.loads(one["imageManifest"]))
    failure: dict[str, str] = next(iter(answer.get("failures") or []), {})
    reason = failure.get("failureReason") or failure.get("failureCode") or "BatchGetImage returned nothing"
    return Absent(f"is not in the repository {repository.name}: {reason}")


def _blob(ecr: Any, repository: EcrRepository, digest: str, fetch: Fetch) -> ImageConfiguration | Unread:
    address = ecr.get_download_url_for_layer(**repository.where, layerDigest=digest)["downloadUrl"]
    try:
        content = fetch(address)
    except OSError as error:
        return Unread(f"its configuration could not be fetched from {urllib.parse.urlsplit(address).hostname}: {error}")
    if f"sha256:{hashlib.sha256(content).hexdigest()}" != digest:
        return Unread("its configuration is incomplete or altered: it does not match its digest")
    return ImageConfiguration.parse(json.loads(content))


def fetched(address: str) -> bytes:
    """Return the content at an address of ECR. Raises OSError (urllib's errors are OSErrors)."""
    local = urllib.parse.urlsplit(address).hostname in ("127.0.0.1", "localhost")
    handlers = [urllib.request.ProxyHandler({})] if local else []  # a proxy cannot reach this machine
    with urllib.request.build_opener(*handlers).open(address, timeout=FETCH_SECONDS) as answer:
        return bytes(answer.read(LARGEST + 1)[:LARGEST])

"""Attaches a document to an image: an OCI artifact in the same ECR repository, whose subject is the image.

IAM: ecr:BatchGetImage, and as for `sluice.image.registry_writes`, on the image's repository.

Source: "Guidelines for artifact usage" in the OCI image specification 1.1 (`artifactType`, `subject`); ECR lists such
artifacts by ListImageReferrers. The tag is the one by which cosign finds an attached bill of materials, and keeps the
artifact from the lifecycle rule for images without a tag.
"""

from __future__ import annotations

import json
from typing import Any

from sluice.aws.repository import parse
from sluice.aws.session import Clients
from sluice.errors import GateError
from sluice.image.image_configuration import MEDIA_TYPES
from sluice.image.image_signature import MANIFEST, digest_of
from sluice.image.registry_writes import put, upload

EMPTY = "application/vnd.oci.empty.v1+json"
NOTHING = b"{}"
LARGEST = 20 * 2**20
"""Bytes of one part of an upload."""


def tag(digest: str) -> str:
    """The tag of the bill of materials of an image (`sha256:…`)."""
    return f"{digest.replace(':', '-')}.sbom"


def attach(clients: Clients, image: str, kind: str, content: bytes) -> str:
    """Attach a bill of materials, replacing an earlier one. Return the digest of the artifact.

    Args:
        image: `REPOSITORY@sha256:…`, in ECR.
        kind: media type of the document, like `application/vnd.cyclonedx+json`.

    Raises:
        GateError: the image is not in ECR, or was deleted; the document is too large.
        ClientError, BotoCoreError: AWS refused, or could not be reached.
    """
    repository, digest = parse(image, clients.elsewhere), image.partition("@")[2]
    if repository is None or not digest:
        raise GateError(f"{image} is not a digest in ECR, so nothing can be attached to it")
    if not 0 < len(content) <= LARGEST:
        raise GateError(f"the document has {len(content)} bytes; the limit is {LARGEST}")
    ecr = clients.in_region("ecr", repository.region)
    found = ecr.batch_get_image(
        **repository.where, imageIds=[{"imageDigest": digest}], acceptedMediaTypes=list(MEDIA_TYPES)
    ).get("images")
    if not found:
        raise GateError(f"the repository {repository.name} no longer has the image {digest[:19]}")
    subject = {
        "mediaType": found[0].get("imageManifestMediaType") or json.loads(found[0]["imageManifest"])["mediaType"],
        "digest": digest,
        "size": len(str(found[0]["imageManifest"]).encode()),
    }
    for blob in (content, NOTHING):
        upload(ecr, repository, blob)
    artifact = manifest(subject, kind, content)
    put(ecr, repository, tag(digest), artifact)
    return digest_of(artifact.encode())


def manifest(subject: dict[str, Any], kind: str, content: bytes) -> str:
    """The artifact's manifest. Pure."""
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": kind,
            "config": {"mediaType": EMPTY, "digest": digest_of(NOTHING), "size": len(NOTHING)},
            "layers": [{"mediaType": kind, "digest": digest_of(content), "size": len(content)}],
            "subject": subject,
        },
        separators=(",", ":"),
        sort_keys=True,
    )

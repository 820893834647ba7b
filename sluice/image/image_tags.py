"""Adds and removes tags of images in ECR.

In a repository of immutable tags, a tag cannot be moved, but it can be added and removed.

Source: "Retagging an image" in the Amazon ECR user guide; BatchDeleteImage in the API reference: an image is deleted
with its last tag only.

IAM: ecr:BatchGetImage, ecr:PutImage, ecr:BatchDeleteImage, ecr:ListImages on the repository.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from sluice.aws.repository import parse
from sluice.aws.session import Clients
from sluice.errors import GateError


class NoImage(GateError):
    """The repository does not have the image."""


_THERE = ("ImageAlreadyExistsException", "ImageTagAlreadyExistsException")


def ecr_of(clients: Clients, image: str) -> Any:
    """Return a client of the Region of an image's repository; a promoted image is often in another Region."""
    repository = parse(image)
    return clients.in_region("ecr", repository.region if repository else "")


class ImageTags:
    """The tags of one repository.

    Args:
        ecr: boto3 client.
        repository: its name.
        registry: the account that holds it; empty: the caller's own.
    """

    def __init__(self, ecr: Any, repository: str, registry: str = "") -> None:
        self._ecr = ecr
        self._repository = repository
        self._where = {"repositoryName": repository} | ({"registryId": registry} if registry else {})

    def put(self, digest: str, tag: str) -> None:
        """Tag an image (``sha256:…``). Idempotent. Raises NoImage when the repository has no such image."""
        answer = self._ecr.batch_get_image(**self._where, imageIds=[{"imageDigest": digest}])
        if not answer.get("images"):
            reason = (answer.get("failures") or [{}])[0].get("failureReason", "no such image")
            raise NoImage(f"repository {self._repository} has no image {digest[:19]}: {reason}")
        image = answer["images"][0]
        media = image.get("imageManifestMediaType")
        typed = {"imageManifestMediaType": media} if media else {}
        try:
            self._ecr.put_image(**self._where, imageManifest=image["imageManifest"], imageTag=tag, **typed)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _THERE:
                raise

    def remove(self, *tags: str) -> None:
        """Remove tags; missing ones are ignored."""
        if tags:
            self._ecr.batch_delete_image(**self._where, imageIds=[{"imageTag": tag} for tag in tags])

    def beginning(self, prefix: str) -> Iterator[tuple[str, str]]:
        """Yield every tag with this prefix, with its image's digest."""
        pages = self._ecr.get_paginator("list_images").paginate(**self._where, filter={"tagStatus": "TAGGED"})
        for page in pages:
            for image in page.get("imageIds", []):
                if image.get("imageTag", "").startswith(prefix):
                    yield image["imageTag"], image["imageDigest"]

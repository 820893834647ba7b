"""Stores a small artifact in an image's ECR repository: blobs through the API, and a manifest under a tag.

IAM: ecr:InitiateLayerUpload, ecr:UploadLayerPart, ecr:CompleteLayerUpload, ecr:PutImage and ecr:BatchDeleteImage on the
image's repository.

Sources: the pages of these actions in the ECR API reference: an existing blob is LayerAlreadyExistsException, a tag of
another manifest ImageTagAlreadyExistsException, the same manifest under that tag ImageAlreadyExistsException.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from sluice.aws.repository import EcrRepository
from sluice.image.image_signature import MANIFEST, digest_of


def upload(ecr: Any, repository: EcrRepository, content: bytes) -> None:
    """Store a blob of at most 20 MiB ("Amazon ECR service quotas"), in one part. Idempotent. Raises ClientError."""
    begun = ecr.initiate_layer_upload(**repository.where)["uploadId"]
    ecr.upload_layer_part(
        **repository.where, uploadId=begun, partFirstByte=0, partLastByte=len(content) - 1, layerPartBlob=content
    )
    try:
        ecr.complete_layer_upload(**repository.where, uploadId=begun, layerDigests=[digest_of(content)])
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "LayerAlreadyExistsException":
            raise


def put(ecr: Any, repository: EcrRepository, tag: str, manifest: str) -> None:
    """Store a manifest under a tag.

    In a repository of immutable tags, an older one is deleted first. If this process dies in between, no manifest has
    the tag, and the same command stores it.

    Raises:
        ClientError: ECR refused.
    """
    wanted = {"imageManifest": manifest, "imageManifestMediaType": MANIFEST, "imageTag": tag}
    try:
        ecr.put_image(**repository.where, **wanted)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code")
        if code == "ImageAlreadyExistsException":
            return
        if code != "ImageTagAlreadyExistsException":
            raise
        ecr.batch_delete_image(**repository.where, imageIds=[{"imageTag": tag}])
        ecr.put_image(**repository.where, **wanted)

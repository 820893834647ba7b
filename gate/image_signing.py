"""Signs an image that was proven, with a KMS key, in cosign's own format.

IAM: kms:Sign and kms:Verify on the key; ecr:BatchGetImage, ecr:GetDownloadUrlForLayer, ecr:InitiateLayerUpload,
ecr:UploadLayerPart, ecr:CompleteLayerUpload, ecr:PutImage and ecr:BatchDeleteImage on the image's repository.

Sources: Sign in the KMS API reference; InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload and PutImage in the
ECR API reference: what is there already is LayerAlreadyExistsException.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from botocore.exceptions import ClientError

from gate import image_signature
from gate.aws_answer import message
from gate.errors import GateError
from gate.image_signature import MANIFEST, Malformed, signatures, tag
from gate.image_source import Fetch
from gate.image_trust import ALGORITHM, examine, stored
from gate.repository import Repository, parse
from gate.session import Clients, expired, transient


def sign(clients: Clients, image: str, key: str, by: str, fetch: Fetch | None = None) -> bool:
    """Signs an image, unless this key has signed it before. True when it was signed now.

    Signatures of others that lie beside it stay.

    Args:
        image: `REPOSITORY@sha256:…`, in ECR.
        key: ARN of a KMS key of the spec ECC_NIST_P256 for SIGN_VERIFY.
        by: who says so, for people: `PROJECT/STACK`.
        fetch: gets a blob by its address; raises OSError.

    Raises:
        GateError: the image is not in ECR, or the key does not sign.
        ClientError, BotoCoreError: AWS could not be asked, now.
    """
    repository = parse(image, clients.elsewhere)
    if repository is None:
        raise GateError(f"{image} is not in ECR, where its signature would lie beside it")
    if examine(clients, image, [key], fetch).signer:
        return False
    digest = image.partition("@")[2]
    ecr = clients.in_region("ecr", repository.region)
    text = image_signature.payload(image, by)
    layers = [*_others(stored(ecr, repository, digest)), image_signature.layer(text, _signed(clients, key, text))]
    configuration = image_signature.configuration(layers)
    for content in (text, configuration):
        _upload(ecr, repository, content)
    _put(ecr, repository, digest, image_signature.manifest(configuration, layers))
    return True


def _signed(clients: Clients, key: str, text: bytes) -> bytes:
    kms = clients.in_region("kms", key.split(":")[3])
    try:
        answer = kms.sign(
            KeyId=key, Message=hashlib.sha256(text).digest(), MessageType="DIGEST", SigningAlgorithm=ALGORITHM
        )
    except ClientError as error:
        if expired(error) or transient(error):
            raise
        code = error.response.get("Error", {}).get("Code")
        raise GateError(
            f"the key {key} does not sign: {code}: {message(error)}\n"
            "cause: signing.key must be an enabled key of the spec ECC_NIST_P256 for SIGN_VERIFY, with kms:Sign for "
            "this deployer\n"
            "fix: set `signing.key: true` in this stack's bootstrap settings and run `make bootstrap` again, or "
            "correct `signing.key` of the stack; then run `pulumi up` again"
        ) from error
    return bytes(answer["Signature"])


def _others(manifest: str) -> list[dict[str, Any]]:
    """The layers of the signatures that are there. What cannot be read is replaced: it vouches for nothing."""
    try:
        signatures(manifest)
    except Malformed:
        return []
    return [dict(one) for one in json.loads(manifest)["layers"]]


def _upload(ecr: Any, repository: Repository, content: bytes) -> None:
    upload = ecr.initiate_layer_upload(**repository.where)["uploadId"]
    ecr.upload_layer_part(
        **repository.where, uploadId=upload, partFirstByte=0, partLastByte=len(content) - 1, layerPartBlob=content
    )
    try:
        ecr.complete_layer_upload(
            **repository.where, uploadId=upload, layerDigests=[image_signature.digest_of(content)]
        )
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "LayerAlreadyExistsException":
            raise


def _put(ecr: Any, repository: Repository, digest: str, manifest: str) -> None:
    """Stores the manifest. In a repository of immutable tags an older one has to go first; when this run dies in
    between, the image has no signature and the same `pulumi up` signs it."""
    image = {"imageManifest": manifest, "imageManifestMediaType": MANIFEST, "imageTag": tag(digest)}
    wanted = {**repository.where, **image}
    try:
        ecr.put_image(**wanted)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ImageTagAlreadyExistsException":
            raise
        ecr.batch_delete_image(**repository.where, imageIds=[{"imageTag": tag(digest)}])
        ecr.put_image(**wanted)

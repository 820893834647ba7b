"""Signs a proven image with a KMS key, in cosign's format.

IAM: kms:Sign and kms:Verify on the key; ecr:BatchGetImage and ecr:GetDownloadUrlForLayer on the image's repository, and
as for `sluice.image.registry_writes`.

Source: Sign in the KMS API reference.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from botocore.exceptions import ClientError

from sluice.aws.answer import message
from sluice.aws.repository import parse
from sluice.aws.session import Clients, expired, transient
from sluice.errors import GateError
from sluice.image import image_signature
from sluice.image.image_signature import Malformed, signatures, tag
from sluice.image.image_source import Fetch
from sluice.image.image_trust import ALGORITHM, examine, stored
from sluice.image.registry_writes import put, upload


def sign(clients: Clients, image: str, key: str, by: str, fetch: Fetch | None = None) -> bool:
    """Sign an image, unless this key has signed it before; return whether it was signed now.

    Signatures of other keys are kept.

    Args:
        image: `REPOSITORY@sha256:…`, in ECR.
        key: ARN of a KMS key with the spec ECC_NIST_P256 and the usage SIGN_VERIFY.
        by: the signer's name, `PROJECT/STACK`.
        fetch: fetches a blob by its address; raises OSError.

    Raises:
        GateError: the image is not in ECR, or the key does not sign.
        ClientError, BotoCoreError: AWS could not be reached.
    """
    repository = parse(image, clients.elsewhere)
    if repository is None:
        raise GateError(f"{image} is not in ECR, so its signature cannot be stored")
    if examine(clients, image, [key], fetch).signer:
        return False
    digest = image.partition("@")[2]
    ecr = clients.in_region("ecr", repository.region)
    text = image_signature.payload(image, by)
    layers = [*_others(stored(ecr, repository, digest)), image_signature.layer(text, _signed(clients, key, text))]
    configuration = image_signature.configuration(layers)
    for content in (text, configuration):
        upload(ecr, repository, content)
    put(ecr, repository, tag(digest), image_signature.manifest(configuration, layers))
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
    """Return the layers of the existing signatures. An unreadable one is dropped, because it proves nothing."""
    try:
        signatures(manifest)
    except Malformed:
        return []
    return [dict(one) for one in json.loads(manifest)["layers"]]

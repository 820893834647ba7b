"""Checks by ECR and KMS whether an image is signed by a trusted key. Read only.

IAM: ecr:BatchGetImage and ecr:GetDownloadUrlForLayer on the image's repository (in another account: by that
repository's policy too), and kms:Verify on the trusted keys (in another account: by the key's policy too).

Sources: Verify in the KMS API reference: a signature that is not the key's is KMSInvalidSignatureException;
BatchGetImage in the ECR API reference, whose *failures* name what it did not find.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from sluice.aws.answer import denied, message
from sluice.aws.repository import EcrRepository, parse
from sluice.aws.session import Clients, expired, transient
from sluice.finding import Finding, passed, refused
from sluice.image.image_signature import (
    MANIFEST,
    Examined,
    Malformed,
    Signature,
    SignatureVerdict,
    complaint,
    digest_of,
    signatures,
    tag,
    verdict,
)
from sluice.image.image_source import Fetch, fetched

ALGORITHM = "ECDSA_SHA_256"
"""The one scheme that every implementation of cosign's specification must know."""


def examine(clients: Clients, image: str, trusted: Sequence[str], fetch: Fetch | None = None) -> SignatureVerdict:
    """Return whether an image is signed by one of the trusted keys.

    Args:
        image: `REPOSITORY@sha256:…`.
        trusted: ARNs of KMS keys.
        fetch: gets a blob by its address; raises OSError.

    Raises:
        ClientError, BotoCoreError: AWS could not be asked, now.
    """
    repository = parse(image, clients.elsewhere)
    if repository is None:
        return SignatureVerdict("", "is not in ECR, so it has no signature that Sluice can read")
    ecr = clients.in_region("ecr", repository.region)
    try:
        found = stored(ecr, repository, image.partition("@")[2])
        found_signatures = signatures(found) if found else []
        texts = [(one, _text(ecr, repository, one, fetch or fetched)) for one in found_signatures]
    except Malformed as reason:
        return SignatureVerdict("", f"has no readable signature: its signature {reason}")
    except ClientError as error:
        if not denied(error) or expired(error):
            raise
        return SignatureVerdict("", f"has a signature that may not be read: {message(error)}")
    keys = Keys(clients, trusted)
    return verdict([_examined(keys, image, one, text) for one, text in texts], keys.unasked)


def finding(clients: Clients, image: str, trusted: Sequence[str], fetch: Fetch | None = None) -> Finding:
    """Return the same as a finding of an admission. An image that cannot be verified is refused."""
    found = examine(clients, image, trusted, fetch)
    subject = f"signature of image {image.partition('@')[2][:19]}"
    if found.signer:
        return passed(subject, f"by {found.signer}")
    return refused(
        subject,
        f"the image {found.why}",
        "signing.trusted accepts no other image",
        "deploy one that the stack that builds it has proven and signed (`signing.key` there, then `pulumi up`), or "
        "correct `signing.trusted`",
    )


def stored(ecr: Any, repository: EcrRepository, digest: str) -> str:
    """Return the manifest with the signatures of an image (`sha256:…`); empty without one. Raises ClientError."""
    answer = ecr.batch_get_image(
        **repository.where, imageIds=[{"imageTag": tag(digest)}], acceptedMediaTypes=[MANIFEST]
    )
    return next((str(one["imageManifest"]) for one in answer.get("images") or []), "")


class Keys:
    """The trusted keys.

    Attributes:
        unasked: why some of them could not be used, a sentence each.
    """

    def __init__(self, clients: Clients, trusted: Sequence[str]) -> None:
        self._clients, self._trusted = clients, trusted
        self._said: dict[str, str] = {}

    @property
    def unasked(self) -> list[str]:
        return list(self._said.values())

    def signer(self, content: bytes, signature: bytes) -> str:
        """Return the ARN of the key that has signed a text; empty: none of them has."""
        for key in self._trusted:
            kms = self._clients.in_region("kms", key.split(":")[3])
            try:
                kms.verify(
                    KeyId=key,
                    Message=hashlib.sha256(content).digest(),
                    MessageType="DIGEST",
                    Signature=signature,
                    SigningAlgorithm=ALGORITHM,
                )
            except ClientError as error:
                code = str(error.response.get("Error", {}).get("Code"))
                if expired(error) or transient(error):
                    raise
                if code != "KMSInvalidSignatureException":
                    self._said[key] = f"{key} cannot be asked ({code}: {message(error)})"
            else:
                return key
        return ""


def _text(ecr: Any, repository: EcrRepository, signature: Signature, fetch: Fetch) -> bytes:
    """Return the signed text. Raises Malformed, ClientError."""
    try:
        where = ecr.get_download_url_for_layer(**repository.where, layerDigest=signature.payload)["downloadUrl"]
        content = fetch(where)
    except ClientError as error:
        if "Layer" not in str(error.response.get("Error", {}).get("Code")):
            raise
        raise Malformed(f"is over a text that is not there: {message(error)}") from error
    except OSError as error:
        raise Malformed(f"is over a text that could not be fetched: {error}") from error
    if digest_of(content) != signature.payload:
        raise Malformed("is over a text that is incomplete or altered: it does not match its digest")
    return content


def _examined(keys: Keys, image: str, signature: Signature, text: bytes) -> Examined:
    """Return the signer of a signature whose text is about the image."""
    if wrong := complaint(text, image):
        return Examined(wrong)
    return Examined("", keys.signer(text, signature.value))

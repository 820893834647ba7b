"""Image signatures in cosign's format: tag, content and verdict. Pure.

Source: "Cosign Signature Specifications" (sigstore/cosign, specs/SIGNATURE_SPEC.md): the manifest is in the image's
repository under the tag `sha256-HEX.sig`; each layer is the signed text, and its annotation is the signature.
`cosign verify --key awskms:///KEY-ARN --insecure-ignore-tlog IMAGE` reads the same.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sluice.image.digest import short

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIGURATION = "application/vnd.oci.image.config.v1+json"
PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json"
ANNOTATION = "dev.cosignproject.cosign/signature"
TYPE = "cosign container image signature"

LARGEST_MANIFEST = 256 * 1024
LARGEST_PAYLOAD = 16 * 1024
"""Bytes; those that Sluice writes have a few hundred."""
MOST_SIGNATURES = 20
LARGEST_SIGNATURE = 512
"""Bytes; an ECDSA signature on P-256 has at most 72."""


class Malformed(Exception):
    """The manifest has no readable signature. The text continues "its signature "."""


@dataclass(frozen=True)
class Signature:
    """One signature of an image.

    Attributes:
        payload: digest of the blob that is signed (`sha256:…`).
        value: the signature as KMS returns it (DER).
    """

    payload: str
    value: bytes


@dataclass(frozen=True)
class Examined:
    """The result for one signature.

    Attributes:
        complaint: why its text is not about this image; empty when it is.
        signer: ARN of the trusted key that made it; empty: none of them did.
    """

    complaint: str = ""
    signer: str = ""


@dataclass(frozen=True)
class SignatureVerdict:
    """Whether a trusted key has signed the image.

    Attributes:
        signer: ARN of the trusted key that has signed the image; empty when none has.
        why: without a signer, continues "the image ".
    """

    signer: str
    why: str = ""


def tag(digest: str) -> str:
    """Return the tag of the signatures of an image (`sha256:…`) in its repository."""
    return f"{digest.replace(':', '-')}.sig"


def payload(image: str, by: str) -> bytes:
    """Return the text to sign.

    Args:
        image: `REPOSITORY@sha256:…`.
        by: the signer's name.
    """
    repository, _, digest = image.partition("@")
    said = {
        "critical": {
            "identity": {"docker-reference": repository},
            "image": {"docker-manifest-digest": digest},
            "type": TYPE,
        },
        "optional": {"releasedBy": by},
    }
    return json.dumps(said, separators=(",", ":"), sort_keys=True).encode()


def complaint(content: bytes, image: str) -> str:
    """Return why a signed text is not about an image (`REPOSITORY@sha256:…`); empty when it is.

    cosign ignores the repository. It is compared here, so that a signature that was copied to the same digest in
    another repository or account does not count.
    """
    repository, _, digest = image.partition("@")
    try:
        critical = json.loads(content)["critical"]
        kind, about = critical["type"], critical["image"]["docker-manifest-digest"]
        where = critical["identity"]["docker-reference"]
    except (ValueError, KeyError, TypeError):
        return "is not in cosign's format"
    if kind != TYPE:
        return f"is of the type {str(kind)[:60]!r}"
    if about != digest:
        return f"is about {str(about)[:19]}, another image"
    if where != repository:
        return f"is about an image of the repository {str(where)[:120]}"
    return ""


def signatures(manifest: str) -> list[Signature]:
    """The signatures that a manifest holds. Raises Malformed."""
    if len(manifest.encode()) > LARGEST_MANIFEST:
        raise Malformed(f"has a manifest of {len(manifest.encode())} bytes, and {LARGEST_MANIFEST} are read")
    try:
        layers = json.loads(manifest)["layers"]
        found = [_signature(layer) for layer in layers if layer.get("mediaType") == PAYLOAD]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Malformed(f"has a manifest that is not in cosign's format ({type(error).__name__})") from error
    if not found:
        raise Malformed("has a manifest without a single signature in it")
    if len(found) > MOST_SIGNATURES:
        raise Malformed(f"has a manifest with {len(found)} signatures, and {MOST_SIGNATURES} are read")
    return found


def _signature(layer: Mapping[str, Any]) -> Signature:
    if int(layer["size"]) > LARGEST_PAYLOAD:
        raise Malformed(f"is over a text of {layer['size']} bytes, and {LARGEST_PAYLOAD} are read")
    try:
        value = base64.b64decode(str(layer["annotations"][ANNOTATION]), validate=True)
    except binascii.Error as error:
        raise Malformed("is not base64") from error
    if not 0 < len(value) <= LARGEST_SIGNATURE:
        raise Malformed(f"has {len(value)} bytes, which no ECDSA signature has")
    return Signature(str(layer["digest"]), value)


def verdict(examined: Sequence[Examined], unasked: Sequence[str] = ()) -> SignatureVerdict:
    """Return whether an image is signed by a trusted key.

    Args:
        examined: every signature of the image; empty: it is not signed.
        unasked: why keys could not be used, a sentence each.
    """
    for one in examined:
        if one.signer and not one.complaint:
            return SignatureVerdict(one.signer)
    if not examined:
        return SignatureVerdict("", "is not signed")
    about = [one for one in examined if not one.complaint]
    if not about:
        return SignatureVerdict("", f"has a signature that {examined[0].complaint}")
    if unasked:
        return SignatureVerdict("", f"has a signature that cannot be verified: {'; '.join(unasked)}")
    return SignatureVerdict("", "is not signed by a trusted key")


def refusal(image: str, found: SignatureVerdict) -> str:
    """Return why an image (`REPOSITORY@sha256:…`) must not be deployed, and the fix, without a full stop."""
    return (
        f"the image {short(image)} {found.why}, and `signing.trusted` requires a signature. Fix: deploy one that the "
        "stack that builds it has proven and signed (`signing.key` there, then `pulumi up`), or correct "
        "`signing.trusted`"
    )


def manifest(configuration: bytes, layers: Sequence[Mapping[str, Any]]) -> str:
    """Return the manifest of signatures, as it is stored."""
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"mediaType": CONFIGURATION, "size": len(configuration), "digest": digest_of(configuration)},
            "layers": [dict(one) for one in layers],
        },
        separators=(",", ":"),
        sort_keys=True,
    )


def layer(content: bytes, signature: bytes) -> dict[str, Any]:
    """Return the layer of one signature."""
    return {
        "mediaType": PAYLOAD,
        "size": len(content),
        "digest": digest_of(content),
        "annotations": {ANNOTATION: base64.b64encode(signature).decode()},
    }


def configuration(layers: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the configuration that an OCI image must have: only its layers, as cosign writes it."""
    said = {
        "architecture": "",
        "config": {},
        "os": "",
        "rootfs": {"type": "layers", "diff_ids": [one["digest"] for one in layers]},
    }
    return json.dumps(said, separators=(",", ":"), sort_keys=True).encode()


def digest_of(content: bytes) -> str:
    """Return the digest of a blob."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"

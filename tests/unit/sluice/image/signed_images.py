"""An ECR and a KMS with real keys, for the tests of signatures: what is uploaded there can be read again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

from sluice.image.image_attachment import EMPTY
from sluice.image.image_signature import CONFIGURATION, MANIFEST, digest_of, layer, manifest, tag
from tests.unit.sluice.migration.simulation import client_error

REPOSITORY = "444455556666.dkr.ecr.eu-central-1.amazonaws.com/shop"
DIGEST, OTHER = "sha256:" + "ab" * 32, "sha256:" + "cd" * 32
IMAGE = f"{REPOSITORY}@{DIGEST}"
KEY = "arn:aws:kms:eu-central-1:444455556666:key/11111111-2222-3333-4444-555555555555"
STRANGER = "arn:aws:kms:eu-central-1:999988887777:key/99999999-2222-3333-4444-555555555555"

_SCHEME = ec.ECDSA(utils.Prehashed(SHA256()))


class Kms:
    """Sign and Verify as the KMS API reference says them, over keys of ECC_NIST_P256."""

    def __init__(self) -> None:
        self.keys = {arn: ec.generate_private_key(ec.SECP256R1()) for arn in (KEY, STRANGER)}
        self.refusing: dict[str, str] = {}
        """Key ARN to the error code that it answers with."""
        self.verified: list[str] = []

    def sign(self, **asked: Any) -> dict[str, Any]:
        self._known(asked, "Sign")
        return {"Signature": self.keys[asked["KeyId"]].sign(asked["Message"], _SCHEME)}

    def verify(self, **asked: Any) -> dict[str, Any]:
        self.verified.append(asked["KeyId"])
        self._known(asked, "Verify")
        try:
            self.keys[asked["KeyId"]].public_key().verify(asked["Signature"], asked["Message"], _SCHEME)
        except InvalidSignature as error:
            raise client_error("KMSInvalidSignatureException", "Verify") from error
        return {"SignatureValid": True}

    def _known(self, asked: dict[str, Any], operation: str) -> None:
        assert (asked["MessageType"], asked["SigningAlgorithm"]) == ("DIGEST", "ECDSA_SHA_256")
        assert len(asked["Message"]) == 32, "the digest of the text, which cosign signs"
        if code := self.refusing.get(asked["KeyId"]):
            raise client_error(code, operation)


class Ecr:
    """A repository of immutable tags, in memory."""

    def __init__(self, name: str = "shop") -> None:
        self.name = name
        self.tags: dict[str, str] = {}
        self.blobs: dict[str, bytes] = {}
        self.uploads: dict[str, bytes] = {}
        self.denied = ""
        """The operation that is denied."""

    def batch_get_image(self, **asked: Any) -> dict[str, Any]:
        self._allowed("BatchGetImage", asked)
        assert asked["acceptedMediaTypes"] == [MANIFEST]
        [wanted] = asked["imageIds"]
        found = self.tags.get(wanted["imageTag"])
        if found is None:
            return {"images": [], "failures": [{"imageId": wanted, "failureCode": "ImageNotFound"}]}
        return {"images": [{"imageManifest": found, "imageId": wanted}], "failures": []}

    def get_download_url_for_layer(self, **asked: Any) -> dict[str, Any]:
        self._allowed("GetDownloadUrlForLayer", asked)
        if asked["layerDigest"] not in self.blobs:
            raise client_error("LayersNotFoundException", "GetDownloadUrlForLayer")
        return {"downloadUrl": f"https://s3.example/{asked['layerDigest']}"}

    def fetch(self, address: str) -> bytes:
        return self.blobs[address.rpartition("/")[2]]

    def initiate_layer_upload(self, **asked: Any) -> dict[str, Any]:
        self._allowed("InitiateLayerUpload", asked)
        self.uploads[str(len(self.uploads))] = b""
        return {"uploadId": str(len(self.uploads) - 1)}

    def upload_layer_part(self, **asked: Any) -> None:
        assert asked["partFirstByte"] == len(self.uploads[asked["uploadId"]])
        assert asked["partLastByte"] - asked["partFirstByte"] + 1 == len(asked["layerPartBlob"])
        self.uploads[asked["uploadId"]] += asked["layerPartBlob"]

    def complete_layer_upload(self, **asked: Any) -> None:
        content, [digest] = self.uploads[asked["uploadId"]], asked["layerDigests"]
        assert digest_of(content) == digest
        if digest in self.blobs:
            raise client_error("LayerAlreadyExistsException", "CompleteLayerUpload")
        self.blobs[digest] = content

    def put_image(self, **asked: Any) -> None:
        self._allowed("PutImage", asked)
        said = json.loads(asked["imageManifest"])
        assert asked["imageManifestMediaType"] == said["mediaType"] == MANIFEST
        assert said["config"]["mediaType"] in (CONFIGURATION, EMPTY)
        for part in [said["config"], *said["layers"]]:
            assert len(self.blobs[part["digest"]]) == part["size"], "LayersNotFoundException"
        if asked["imageTag"] in self.tags:
            raise client_error("ImageTagAlreadyExistsException", "PutImage")
        self.tags[asked["imageTag"]] = asked["imageManifest"]

    def batch_delete_image(self, **asked: Any) -> None:
        for one in asked["imageIds"]:
            del self.tags[one["imageTag"]]

    def _allowed(self, operation: str, asked: dict[str, Any]) -> None:
        assert asked["repositoryName"] == self.name
        assert asked["registryId"] == "444455556666"
        if operation == self.denied:
            raise client_error("AccessDeniedException", operation)


class Clients:
    """Of one account. regions: those that clients were asked for."""

    elsewhere = False
    skew = 0.0
    wrong_clock = ""

    def __init__(self, ecr: Ecr | None = None, kms: Kms | None = None) -> None:
        self.ecr, self.kms = ecr or Ecr(), kms or Kms()
        self.regions: list[tuple[str, str]] = []

    def verify(self) -> None:
        return None

    def in_region(self, service: str, region: str) -> Any:
        self.regions.append((service, region))
        return {"ecr": self.ecr, "kms": self.kms}[service]

    def put(self, *signed: tuple[bytes, bytes], under: str = DIGEST) -> None:
        """Stores texts with their signatures, whoever made them."""
        layers = [layer(text, signature) for text, signature in signed]
        self.ecr.blobs |= {digest_of(text): text for text, _ in signed}
        self.ecr.tags[tag(under)] = manifest(b"{}", layers)

    def signature(self, text: bytes, key: str = KEY) -> bytes:
        return bytes(self.kms.keys[key].sign(hashlib.sha256(text).digest(), _SCHEME))

    def change(self, edit: Callable[[dict[str, Any]], object], under: str = DIGEST) -> None:
        """Edits the manifest of signatures."""
        said = json.loads(self.ecr.tags[tag(under)])
        edit(said)
        self.ecr.tags[tag(under)] = json.dumps(said)

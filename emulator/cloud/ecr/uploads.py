"""A layer that is uploaded through the API is in the registry afterwards.

AWS, InitiateLayerUpload, UploadLayerPart and CompleteLayerUpload (ECR API reference): parts follow each other without a
gap (InvalidLayerPartException); an upload that nobody began is UploadNotFoundException, one without a part
EmptyUploadException; a digest that is not the content's is InvalidLayerException, and one that the repository has
already LayerAlreadyExistsException. MiniStack takes everything and keeps nothing.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, new_uuid
from ministack.services import ecr

from emulator.cloud.correction import Correction
from emulator.cloud.ecr import manifests, reference
from emulator.cloud.replace import replace
from emulator.cloud.settings import Settings

PART = 20 * 2**20
"""Bytes of a part at most ("Amazon ECR service quotas")."""


def install(settings: Settings) -> None:
    """Keep the parts until the upload is complete, then push them."""
    begun: dict[str, tuple[str, str, bytearray]] = {}  # by id: account, repository, what has come
    unknown = ecr._initiate_layer_upload  # its answer where there is no such repository

    def initiate(data: dict[str, Any]) -> Any:
        name = data.get("repositoryName", "")
        if name not in ecr._repositories:
            return unknown(data)
        upload = new_uuid()
        begun[upload] = (get_account_id(), name, bytearray())
        return _answer(name, upload, partSize=PART)

    def part(data: dict[str, Any]) -> Any:
        name, upload = data.get("repositoryName", ""), data.get("uploadId", "")
        if begun.get(upload, ("", ""))[:2] != (get_account_id(), name):
            return _no_upload(name, upload)
        content = begun[upload][2]
        blob = base64.b64decode(data.get("layerPartBlob", ""))
        first, last = int(data.get("partFirstByte", -1)), int(data.get("partLastByte", -1))
        if first != len(content) or last - first + 1 != len(blob):
            return error_response_json(
                "InvalidLayerPartException",
                f"The layer part size is not valid, or the first byte specified ({first}) is not consecutive to the "
                f"last byte of a previous layer part upload ({len(content) - 1}).",
                400,
            )
        content.extend(blob)
        return _answer(name, upload, lastByteReceived=last)

    def complete(data: dict[str, Any]) -> Any:
        name, upload = data.get("repositoryName", ""), data.get("uploadId", "")
        if begun.get(upload, ("", ""))[:2] != (get_account_id(), name):
            return _no_upload(name, upload)
        content, wanted = bytes(begun[upload][2]), (data.get("layerDigests") or [""])[0]
        if not content:
            return error_response_json("EmptyUploadException", "The specified layer upload has no parts.", 400)
        if f"sha256:{hashlib.sha256(content).hexdigest()}" != wanted:
            return error_response_json(
                "InvalidLayerException",
                "The layer digest calculation performed by Amazon ECR upon receipt of the image layer does not match "
                "the digest specified.",
                400,
            )
        del begun[upload]
        path = reference.path(get_account_id(), name, settings.account)
        if manifests.has_blob(settings.images, path, wanted):
            return error_response_json(
                "LayerAlreadyExistsException", "The image layer already exists in the associated repository.", 400
            )
        manifests.put_blob(settings.images, path, wanted, content)
        return _answer(name, upload, layerDigest=wanted)

    replace(ecr, "_initiate_layer_upload", initiate)
    replace(ecr, "_upload_layer_part", part)
    replace(ecr, "_complete_layer_upload", complete)


CORRECTION = Correction(
    rule="A layer that is uploaded through the API is checked, and in the registry afterwards.",
    fault="Parts with a gap and a wrong digest are taken, and nothing is kept.",
    ministack="1.5.33",
    install=install,
)


def _answer(name: str, upload: str, **more: Any) -> Any:
    return ecr.json_response({"registryId": get_account_id(), "repositoryName": name, "uploadId": upload, **more})


def _no_upload(name: str, upload: str) -> Any:
    return error_response_json(
        "UploadNotFoundException",
        f"The upload {upload} could not be found, or the specified upload ID is not valid for the repository {name}.",
        400,
    )

"""ECR's repositories are those of the registry that images are pushed to: address, tags and digests are real.

AWS, "Private registry authentication" and "Image tag mutability" (ECR user guide), PutImage (API reference):
`repositoryUri` and `proxyEndpoint` name the registry; digests are those of the pushed manifests; in an immutable
repository an existing tag is ImageTagAlreadyExistsException, the same manifest under the same tag
ImageAlreadyExistsException; a repository with images is deleted with `force` only; BatchDeleteImage by tag deletes the
image only with its last tag; ListImages names every tag of an image. MiniStack's address leads nowhere, and its image
list knows nothing of a push and of one tag only.

A push goes to the registry directly, so an immutable tag is guarded for PutImage only, not for `docker push`.
"""

from __future__ import annotations

import json
import time
from typing import Any

from ministack.core.responses import error_response_json, get_account_id
from ministack.services import ecr

from emulator.cloud.correction import Correction
from emulator.cloud.ecr import manifests, reference
from emulator.cloud.ecr.registry import Registry
from emulator.cloud.replace import replace
from emulator.cloud.settings import Settings

_READING = ("_list_images", "_describe_images", "_batch_get_image")


def install(settings: Settings) -> None:
    """Point ECR at the registry, and read it before every answer about images."""
    registry = settings.images

    def path(name: str) -> str:
        return reference.path(get_account_id(), name, settings.account)

    def synchronised(handler: Any) -> Any:
        def handle(data: dict[str, Any]) -> Any:
            synchronise(registry, data.get("repositoryName", ""), path)
            return handler(data)

        return handle

    unknown = ecr._batch_delete_image  # its answer where there is no such repository
    put, delete = ecr._put_image, ecr._delete_repository

    def put_image(data: dict[str, Any]) -> Any:
        name, tag = data.get("repositoryName", ""), data.get("imageTag")
        synchronise(registry, name, path)
        if name not in ecr._repositories:
            return put(data)
        body = data.get("imageManifest", "").encode()
        refused = _refused(name, tag, ecr._image_digest(body))
        if refused is not None:
            return refused
        media_type = data.get("imageManifestMediaType") or "application/vnd.docker.distribution.manifest.v2+json"
        if not manifests.put(registry, path(name), tag or ecr._image_digest(body), media_type, body):
            return error_response_json("LayersNotFoundException", "The specified layers could not be found.", 400)
        return put({**data, "imageManifestMediaType": media_type})

    def batch_delete_image(data: dict[str, Any]) -> Any:
        name = data.get("repositoryName", "")
        synchronise(registry, name, path)
        if name not in ecr._repositories:
            return unknown(data)
        gone: list[dict[str, str]] = []
        failures: list[dict[str, Any]] = []
        for image in data.get("imageIds", []):
            found = ecr._find_image(name, image)
            if found is None:
                why = {"failureCode": "ImageNotFound", "failureReason": "Requested image not found"}
                failures.append({"imageId": image, **why})
                continue
            remove(registry, path(name), found, image.get("imageTag"))
            gone.append({"imageDigest": found["imageDigest"], **image})
            synchronise(registry, name, path)
        return ecr.json_response({"imageIds": gone, "failures": failures})

    def delete_repository(data: dict[str, Any]) -> Any:
        name = data.get("repositoryName", "")
        synchronise(registry, name, path)
        images = [image["imageDigest"] for image in ecr._images.get(name) or []]
        answer = delete(data)
        if answer[0] == 200:
            for digest in images:
                manifests.delete(registry, path(name), digest)
        return answer

    def authorization_token(data: dict[str, Any]) -> Any:
        token = registry.token
        return ecr.json_response(
            {
                "authorizationData": [
                    {
                        "authorizationToken": token,
                        "expiresAt": int(time.time()) + 12 * 3600,
                        "proxyEndpoint": f"http://{registry.address}",
                    }
                ]
            }
        )

    replace(ecr, "_repo_uri", lambda name: f"{registry.address}/{path(name)}")
    replace(ecr, "_describe_images", sized(ecr._describe_images))
    for name in _READING:
        replace(ecr, name, synchronised(getattr(ecr, name)))
    replace(ecr, "_list_images", every_tag(ecr._list_images))
    replace(ecr, "_put_image", put_image)
    replace(ecr, "_batch_delete_image", batch_delete_image)
    replace(ecr, "_delete_repository", delete_repository)
    replace(ecr, "_get_authorization_token", authorization_token)


CORRECTION = Correction(
    rule="A repository's address, tags and digests are those of the registry that images are pushed to.",
    fault="A repository's address leads nowhere, a manifest needs no layers, and an image goes with its first tag.",
    ministack="1.5.33",
    install=install,
)


def sized(describe: Any) -> Any:
    """DescribeImages with the size of the image's layers, not its manifest's, and an error for what is missing."""

    def handle(data: dict[str, Any]) -> Any:
        name = data.get("repositoryName", "")
        for image in data.get("imageIds") or [] if name in ecr._repositories else []:
            if ecr._find_image(name, image) is None:
                return error_response_json(
                    "ImageNotFoundException",
                    f"The image with imageId {image} does not exist within the repository with name '{name}' in the "
                    f"registry with id '{get_account_id()}'",
                    400,
                )
        status, headers, body = describe(data)
        answer = json.loads(body)
        for detail in answer.get("imageDetails", []):
            found = ecr._find_image(data["repositoryName"], detail)
            if found is not None and "_size" in found:
                detail["imageSizeInBytes"] = found["_size"]
        return ecr.json_response(answer, status) if status == 200 else (status, headers, body)

    return handle


def remove(registry: Registry, repository: str, image: dict[str, Any], tag: str | None) -> None:
    """Delete an image, or only one tag of it while it has others.

    The registry deletes a manifest with all its tags, and no single one: those that stay are put on it again.
    """
    rest = [one for one in image["imageTags"] if one != tag] if tag else []
    manifests.delete(registry, repository, image["imageDigest"])
    for one in rest:
        manifests.put(registry, repository, one, image["imageManifestMediaType"], image["imageManifest"].encode())
    if not rest:
        image["_deleted"] = True


def every_tag(list_images: Any) -> Any:
    """ListImages with an entry for each tag."""

    def handle(data: dict[str, Any]) -> Any:
        status, headers, body = list_images(data)
        if status != 200:
            return status, headers, body
        found: list[dict[str, str]] = []
        for entry in json.loads(body)["imageIds"]:
            image = ecr._find_image(data["repositoryName"], {"imageDigest": entry["imageDigest"]}) or {}
            tags = image.get("imageTags") or []
            found += [{**entry, "imageTag": tag} for tag in tags] or [entry]
        return ecr.json_response({"imageIds": found})

    return handle


def synchronise(registry: Registry, name: str, path: Any) -> None:
    """Bring MiniStack's image list of one repository up to what the registry holds."""
    if name not in ecr._repositories:
        return
    known = {image["imageDigest"]: image for image in ecr._images.get(name) or [] if "_deleted" not in image}
    tagged: dict[str, list[str]] = {}
    for tag in manifests.tags(registry, path(name)):
        manifest = manifests.get(registry, path(name), tag)
        if manifest is None:
            continue
        tagged.setdefault(manifest.digest, []).append(tag)
        known.setdefault(manifest.digest, _described(name, manifest))
        known[manifest.digest].setdefault("_size", manifest.size)  # of PutImage's record, which MiniStack made
        for digest in manifest.parts:  # the images of an index are images of the repository, without a tag
            part = None if digest in known else manifests.get(registry, path(name), digest)
            if part is not None:
                known[digest] = _described(name, part)
    for digest, image in known.items():
        image["imageTags"] = tagged.get(digest, [])
        image["imageId"] = {"imageDigest": digest, **({"imageTag": tagged[digest][0]} if digest in tagged else {})}
    ecr._images[name] = list(known.values())


def _described(name: str, manifest: manifests.Manifest) -> dict[str, Any]:
    """An image in MiniStack's form."""
    return {
        "registryId": get_account_id(),
        "repositoryName": name,
        "imageId": {"imageDigest": manifest.digest},
        "imageManifest": manifest.body.decode(),
        "imageManifestMediaType": manifest.media_type,
        "imagePushedAt": int(time.time()),
        "imageDigest": manifest.digest,
        "_size": manifest.size,
    }


def _refused(name: str, tag: str | None, digest: str) -> Any:
    same = ecr._find_image(name, {"imageDigest": digest})
    if same is not None and (tag is None or tag in same["imageTags"]):
        return error_response_json(
            "ImageAlreadyExistsException",
            f"Image with digest '{digest}' and tag '{tag}' already exists in the repository with name '{name}'",
            400,
        )
    other = ecr._find_image(name, {"imageTag": tag}) if tag else None
    if other is not None and str(ecr._repositories[name].get("imageTagMutability", "")).startswith("IMMUTABLE"):
        return error_response_json(
            "ImageTagAlreadyExistsException",
            f"The image tag '{tag}' already exists in the '{name}' "
            "repository and cannot be overwritten because the tag is immutable.",
            400,
        )
    return None

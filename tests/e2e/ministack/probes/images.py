"""Faults of ECR."""

from __future__ import annotations

import hashlib
import http.client
import json
from typing import Any

from tests.e2e.ministack.account import Account, code
from tests.e2e.ministack.probe import Probe

ABSENT = f"sha256:{'0' * 64}"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONTENT = b"a layer"


def repository(account: Account) -> str:
    """An empty repository: its name."""
    return created(account, account.name("empty"))


def created(account: Account, name: str, **more: Any) -> str:
    """Create a repository. Returns its name."""
    return str(account.client("ecr").create_repository(repositoryName=name, **more)["repository"]["repositoryName"])


def upload(account: Account, name: str, content: bytes, digest: str = "", first: int = 0) -> str:
    """Upload a blob. Returns the error code of its part or its completion; empty when both succeed."""
    ecr = account.client("ecr")
    begun = {"repositoryName": name, "uploadId": ecr.initiate_layer_upload(repositoryName=name)["uploadId"]}
    part = {"partFirstByte": first, "partLastByte": first + len(content) - 1, "layerPartBlob": content}
    wanted = digest or digest_of(content)
    return code(ecr.upload_layer_part, **begun, **part) or code(
        ecr.complete_layer_upload, **begun, layerDigests=[wanted]
    )


def digest_of(content: bytes) -> str:
    """The digest of a blob."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def pushed(account: Account) -> str:
    """A repository that scans on push, with one image that has two tags: its name."""
    name = created(account, account.name("pushed"), imageScanningConfiguration={"scanOnPush": True})
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}}).encode()
    for blob in (config, CONTENT):
        assert not upload(account, name, blob)
    for tag in ("one", "two"):
        account.client("ecr").put_image(
            repositoryName=name, imageTag=tag, imageManifest=manifest(config), imageManifestMediaType=MANIFEST
        )
    return name


def manifest(config: bytes) -> str:
    """A manifest with this configuration and the one layer."""
    layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest_of(CONTENT), "size": len(CONTENT)}
    described = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest_of(config)}
    return json.dumps(
        {"schemaVersion": 2, "mediaType": MANIFEST, "config": {**described, "size": len(config)}, "layers": [layer]}
    )


def address_leads_nowhere(account: Account) -> bool:
    """A repository's address leads to no registry."""
    found = account.client("ecr").describe_repositories(repositoryNames=[account.once(repository)])["repositories"]
    host = found[0]["repositoryUri"].partition("/")[0]
    if host.endswith(".amazonaws.com"):
        return True  # AWS's own zone: nothing on this machine can be behind such a name
    connection = http.client.HTTPConnection(host, timeout=5)
    try:
        connection.request("GET", "/v2/")
        return connection.getresponse().status not in (200, 401)
    finally:
        connection.close()


def absent_image_is_no_error(account: Account) -> bool:
    """DescribeImages answers without an error for an image that is not there."""
    asked = {"repositoryName": account.once(repository), "imageIds": [{"imageTag": "absent"}]}
    return code(account.client("ecr").describe_images, **asked) != "ImageNotFoundException"


def image_without_layers_is_taken(account: Account) -> bool:
    """PutImage takes a manifest whose layers are not in the repository."""
    asked = {"repositoryName": account.once(repository), "imageTag": "torn", "imageManifest": manifest(b"{}")}
    return code(account.client("ecr").put_image, **asked, imageManifestMediaType=MANIFEST) != "LayersNotFoundException"


def size_is_the_manifests(account: Account) -> bool:
    """DescribeImages gives the size of the manifest as the image's."""
    detail = account.client("ecr").describe_images(repositoryName=account.once(pushed))["imageDetails"][0]
    text = account.client("ecr").batch_get_image(
        repositoryName=account.once(pushed), imageIds=[{"imageDigest": detail["imageDigest"]}]
    )["images"][0]["imageManifest"]
    return bool(detail["imageSizeInBytes"] == len(text))


def image_goes_with_its_first_tag(account: Account) -> bool:
    """BatchDeleteImage of one tag deletes an image that has another."""
    ecr, name = account.client("ecr"), pushed(account)
    ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "one"}])
    return not ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "two"}])["images"]


def absent_layer_has_an_address(account: Account) -> bool:
    """GetDownloadUrlForLayer gives an address for a layer that is not there."""
    asked = {"repositoryName": account.once(repository), "layerDigest": ABSENT}
    return code(account.client("ecr").get_download_url_for_layer, **asked) != "LayersNotFoundException"


def wrong_digest_is_taken(account: Account) -> bool:
    """CompleteLayerUpload takes a digest that is not the content's."""
    return upload(account, account.once(repository), CONTENT, digest=ABSENT) != "InvalidLayerException"


def gap_between_parts_is_taken(account: Account) -> bool:
    """UploadLayerPart takes a part that does not begin where the last one ended."""
    return upload(account, account.once(repository), CONTENT, first=5) != "InvalidLayerPartException"


def pushed_image_has_no_scan(account: Account) -> bool:
    """DescribeImageScanFindings is an error for an image of a repository that scans on push."""
    asked = {"repositoryName": account.once(pushed), "imageId": {"imageTag": "two"}}
    return code(account.client("ecr").describe_image_scan_findings, **asked) != ""


def open_repository_is_not_found(account: Account) -> bool:
    """DescribeImages with `registryId` does not find a repository whose policy lets the caller."""
    name = created(account, account.name("open"))
    allow = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account.other}:root"}, "Action": "ecr:*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    account.client("ecr").set_repository_policy(repositoryName=name, policyText=policy)
    ecr = account.client("ecr", account.other)
    return code(ecr.describe_images, registryId=account.number, repositoryName=name) != ""


def closed_repository_is_not_refused(account: Account) -> bool:
    """DescribeImages with `registryId` is not AccessDenied for a repository without a policy."""
    asked = {"registryId": account.number, "repositoryName": account.once(repository)}
    return code(account.client("ecr", account.other).describe_images, **asked) != "AccessDeniedException"


PROBES = (
    Probe("ecr/images", address_leads_nowhere),
    Probe("ecr/images", absent_image_is_no_error),
    Probe("ecr/images", image_without_layers_is_taken),
    Probe("ecr/images", size_is_the_manifests),
    Probe("ecr/images", image_goes_with_its_first_tag),
    Probe("ecr/layers", absent_layer_has_an_address),
    Probe("ecr/uploads", wrong_digest_is_taken),
    Probe("ecr/uploads", gap_between_parts_is_taken),
    Probe("ecr/scan", pushed_image_has_no_scan),
    Probe("ecr/sharing", open_repository_is_not_found),
    Probe("ecr/sharing", closed_repository_is_not_refused),
)

"""ECR tells what was really pushed."""

from __future__ import annotations

import base64

import pytest

from sluice.aws.found import Absent
from sluice.aws.session import Account, Clients
from sluice.errors import GateError
from sluice.image.image_configuration import ImageConfiguration
from sluice.image.image_source import configuration
from sluice.image.image_tags import ImageTags
from tests.e2e.cloud.stage import Stage, docker
from tests.e2e.gate.variant import index, variant


def test_digests_tags_and_addresses_are_the_registrys(stage: Stage) -> None:
    image = stage.push("1")
    repository, _, digest = image.partition("@")
    assert repository == f"{stage.cloud.registry}/app"
    pushed = docker("image", "inspect", "--format", '{{join .RepoDigests " "}}', f"{repository}:1").split()
    assert image in pushed
    assert {"imageDigest": digest, "imageTag": "1"} in stage.ecr.list_images(repositoryName="app")["imageIds"]
    detail = stage.ecr.describe_images(repositoryName="app", imageIds=[{"imageDigest": digest}])["imageDetails"][0]
    assert "1" in detail["imageTags"]
    assert detail["imageSizeInBytes"] > 1_000_000
    token = stage.ecr.get_authorization_token()["authorizationData"][0]
    assert token["proxyEndpoint"] == f"http://{stage.cloud.registry}"
    assert base64.b64decode(token["authorizationToken"]).startswith(b"AWS:")


def test_promotion_keeps_the_digest_and_immutable_tags_stay(stage: Stage) -> None:
    digest = stage.push("1").partition("@")[2]
    other = stage.push("2").partition("@")[2]
    stage.ecr.put_image_tag_mutability(repositoryName="app", imageTagMutability="IMMUTABLE")
    manifest = stage.ecr.batch_get_image(repositoryName="app", imageIds=[{"imageDigest": digest}])["images"][0][
        "imageManifest"
    ]
    stage.ecr.put_image(repositoryName="app", imageManifest=manifest, imageTag="held")
    found = stage.ecr.describe_images(repositoryName="app", imageIds=[{"imageTag": "held"}])["imageDetails"][0]
    assert found["imageDigest"] == digest
    stage.docker("pull", "--quiet", f"{stage.repository}:held")
    with pytest.raises(stage.ecr.exceptions.ImageAlreadyExistsException):
        stage.ecr.put_image(repositoryName="app", imageManifest=manifest, imageTag="held")
    different = stage.ecr.batch_get_image(repositoryName="app", imageIds=[{"imageDigest": other}])["images"][0][
        "imageManifest"
    ]
    with pytest.raises(stage.ecr.exceptions.ImageTagAlreadyExistsException):
        stage.ecr.put_image(repositoryName="app", imageManifest=different, imageTag="held")
    stage.ecr.put_image_tag_mutability(repositoryName="app", imageTagMutability="MUTABLE")
    answer = stage.ecr.batch_delete_image(repositoryName="app", imageIds=[{"imageTag": "held"}, {"imageTag": "none"}])
    assert answer["imageIds"] == [{"imageDigest": digest, "imageTag": "held"}]
    assert answer["failures"][0]["failureCode"] == "ImageNotFound"
    found = stage.ecr.describe_images(repositoryName="app", imageIds=[{"imageDigest": digest}])["imageDetails"][0]
    assert "1" in found["imageTags"]
    assert "held" not in found["imageTags"]
    stage.docker("pull", "--quiet", f"{stage.repository}@{digest}")


def test_the_last_tag_takes_the_image_with_it(stage: Stage) -> None:
    digest = stage.push("3").partition("@")[2]
    stage.ecr.batch_delete_image(repositoryName="app", imageIds=[{"imageTag": "3"}])
    with pytest.raises(stage.ecr.exceptions.ImageNotFoundException):
        stage.ecr.describe_images(repositoryName="app", imageIds=[{"imageDigest": digest}])


def test_every_tag_of_an_image_is_listed(stage: Stage) -> None:
    digest = stage.push("4").partition("@")[2]
    tags = ImageTags(stage.ecr, "app")
    tags.put(digest, "serving-notes-0123456789ab")
    assert ("serving-notes-0123456789ab", digest) in tags.beginning("serving-")
    tags.remove("serving-notes-0123456789ab")
    assert list(tags.beginning("serving-")) == []
    stage.docker("pull", "--quiet", f"{stage.repository}@{digest}")
    tags.put(digest, "serving-notes-0123456789ab")
    assert ("serving-notes-0123456789ab", digest) in tags.beginning("serving-"), "it can come again"
    tags.remove("serving-notes-0123456789ab", "4")
    with pytest.raises(GateError, match="has no image"):
        tags.put(digest, "held-0123456789ab")


def test_an_images_own_configuration_is_behind_the_address_of_a_layer(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of an image, and of the platform of an index, whose images have no tag of their own."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", stage.cloud.account)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", stage.cloud.secret())
    clients = Clients(Account(region="us-east-1", endpoint=stage.cloud.endpoint, account=stage.cloud.account))
    image = stage.push("1")
    own = configuration(clients, image, "linux/amd64")
    assert isinstance(own, ImageConfiguration)
    assert (own.command, own.platform, own.root) == (("python", "/app.py"), "linux/amd64", False)
    both = index(stage.cloud, {
        "linux/amd64": variant(stage.cloud, image, tagged=False, Entrypoint=["tini", "--"]),
        "linux/arm64": variant(stage.cloud, image, tagged=False, platform="linux/arm64", User="app"),
    })  # fmt: skip
    found = configuration(clients, both, "linux/arm64")
    assert isinstance(found, ImageConfiguration)
    assert (found.platform, found.user, found.entrypoint) == ("linux/arm64", "app", ())
    assert isinstance(configuration(clients, both, "linux/riscv64"), Absent)
    assert isinstance(configuration(clients, f"{stage.repository}@sha256:{'0' * 64}", "linux/amd64"), Absent)
    with pytest.raises(stage.ecr.exceptions.LayersNotFoundException):
        stage.ecr.get_download_url_for_layer(repositoryName="app", layerDigest=f"sha256:{'0' * 64}")

"""What a signature needs of ECR and KMS: layers through the API, and a key that another account may use."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sluice.aws.session import Account, Clients
from sluice.image.image_attachment import attach
from sluice.image.image_attachment import tag as bill
from sluice.image.image_signature import MANIFEST, tag
from sluice.image.image_signing import sign
from sluice.image.image_source import fetched
from sluice.image.image_trust import examine
from tests.e2e.cloud.conftest import new_account
from tests.e2e.cloud.stage import Stage

REGION = "us-east-1"


def client(stage: Stage, service: str, account: str = "") -> Any:
    connect: Any = boto3.client
    own = account or stage.cloud.account
    credentials = {"aws_access_key_id": own, "aws_secret_access_key": stage.cloud.secret(own)}
    return connect(service, endpoint_url=stage.cloud.endpoint, region_name=REGION, **credentials)


def clients(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Clients:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", stage.cloud.account)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", stage.cloud.secret(stage.cloud.account))
    return Clients(Account(region=REGION, endpoint=stage.cloud.endpoint))


def key_of(stage: Stage, *others: str) -> str:
    """A key of this account, which others may verify with."""
    said = [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{one}:root"}, "Action": action, "Resource": "*"}
        for one, action in [(stage.cloud.account, "kms:*"), *((other, "kms:Verify") for other in others)]
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": said})
    made = client(stage, "kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY", Policy=policy)
    return str(made["KeyMetadata"]["Arn"])


def test_an_image_is_signed_and_verified(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    image = stage.push("signed")
    digest, here = image.partition("@")[2], clients(stage, monkeypatch)
    key, other = key_of(stage), key_of(stage)
    assert examine(here, image, [key]).why == "is not signed"
    assert sign(here, image, key, "p/s") is True
    assert examine(here, image, [key]).signer == key
    assert examine(here, image, [other]).why == "is not signed by a trusted key"
    assert sign(here, image, key, "p/s") is False
    assert sign(here, image, other, "p/s") is True, "beside the first, where the tag is there already"
    assert {examine(here, image, [one]).signer for one in (key, other)} == {key, other}
    repository = {"repositoryName": "app"}
    client(stage, "ecr").batch_delete_image(**repository, imageIds=[{"imageTag": tag(digest)}])
    assert examine(here, image, [key]).why == "is not signed"


def test_a_bill_of_materials_is_attached(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    image = stage.push("listed")
    digest = image.partition("@")[2]
    content = json.dumps({"bomFormat": "CycloneDX", "components": [{"name": "bash"}], "of": digest}).encode()
    artifact = attach(clients(stage, monkeypatch), image, "application/vnd.cyclonedx+json", content)
    ecr = client(stage, "ecr")
    found = ecr.batch_get_image(
        repositoryName="app", imageIds=[{"imageTag": bill(digest)}], acceptedMediaTypes=[MANIFEST]
    )["images"]
    assert [one["imageId"]["imageDigest"] for one in found] == [artifact]
    assert json.loads(found[0]["imageManifest"])["subject"]["digest"] == digest
    layer = json.loads(found[0]["imageManifest"])["layers"][0]["digest"]
    address = ecr.get_download_url_for_layer(repositoryName="app", layerDigest=layer)["downloadUrl"]
    assert fetched(address) == content


def test_a_key_of_another_account_needs_its_policy(stage: Stage) -> None:
    account, digest = new_account(), hashlib.sha256(b"text").digest()
    closed, opened = key_of(stage), key_of(stage, account)
    asked = {"Message": digest, "MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"}
    own, theirs = client(stage, "kms"), client(stage, "kms", account)
    signatures = {key: own.sign(KeyId=key, **asked)["Signature"] for key in (closed, opened)}
    assert theirs.verify(KeyId=opened, Signature=signatures[opened], **asked)["SignatureValid"] is True
    with pytest.raises(ClientError, match="KMSInvalidSignature"):
        theirs.verify(KeyId=opened, Signature=signatures[closed], **asked)
    with pytest.raises(ClientError, match=r"AccessDenied.*kms:Verify"):
        theirs.verify(KeyId=closed, Signature=signatures[closed], **asked)
    with pytest.raises(ClientError, match=r"AccessDenied.*kms:Sign"):
        theirs.sign(KeyId=opened, **asked)


def test_layers_are_uploaded_as_aws_says(stage: Stage) -> None:
    stage.push("layers")
    ecr, repository = client(stage, "ecr"), {"repositoryName": "app"}
    content = b"a layer of this test"
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"

    def begun() -> dict[str, Any]:
        return {**repository, "uploadId": ecr.initiate_layer_upload(**repository)["uploadId"]}

    def part(upload: dict[str, Any], first: int, blob: bytes) -> None:
        last = first + len(blob) - 1
        ecr.upload_layer_part(**upload, partFirstByte=first, partLastByte=last, layerPartBlob=blob)

    upload = begun()
    with pytest.raises(ClientError, match="EmptyUpload"):
        ecr.complete_layer_upload(**upload, layerDigests=[digest])
    part(upload, 0, content[:7])
    with pytest.raises(ClientError, match="InvalidLayerPart"):
        part(upload, 9, content[9:])
    part(upload, 7, content[7:])
    with pytest.raises(ClientError, match="InvalidLayerException"):
        ecr.complete_layer_upload(**upload, layerDigests=["sha256:" + "0" * 64])
    assert ecr.complete_layer_upload(**upload, layerDigests=[digest])["layerDigest"] == digest
    again = begun()
    part(again, 0, content)
    with pytest.raises(ClientError, match="LayerAlreadyExists"):
        ecr.complete_layer_upload(**again, layerDigests=[digest])
    with pytest.raises(ClientError, match="UploadNotFound"):
        ecr.complete_layer_upload(**again, layerDigests=[digest])

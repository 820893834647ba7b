"""A bill of materials goes its whole way: the image out of ECR into a folder, the document back beside the image."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.sbom import layout
from pipeline.sbom.document import CYCLONEDX
from pipeline.sbom.export import write
from sluice.aws.session import Account, Clients
from sluice.image.image_attachment import attach, tag
from tests.e2e.cloud.stage import Stage, docker


def test_the_image_in_the_folder_is_the_one_that_runs(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", stage.cloud.account)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", stage.cloud.secret())
    clients = Clients(Account(region="us-east-1", endpoint=stage.cloud.endpoint, account=stage.cloud.account))
    image = stage.push("sbom")
    digest = image.partition("@")[2]
    assert write(clients, image, tmp_path) > 1_000_000
    layout.verify(tmp_path, digest)
    manifest = json.loads(layout.blob(tmp_path, digest).read_bytes())
    configuration = json.loads(layout.blob(tmp_path, manifest["config"]["digest"]).read_bytes())
    layers = json.loads(docker("image", "inspect", "--format", "{{json .RootFS.Layers}}", image))
    assert configuration["rootfs"]["diff_ids"] == layers

    content = json.dumps({"bomFormat": "CycloneDX", "components": [{"name": image}]}).encode()
    artifact = attach(clients, image, CYCLONEDX, content)
    folder = tmp_path / "attached"
    found = stage.ecr.batch_get_image(repositoryName="app", imageIds=[{"imageTag": tag(digest)}])["images"][0]
    assert found["imageId"]["imageDigest"] == artifact
    assert json.loads(found["imageManifest"])["subject"]["digest"] == digest
    write(clients, f"{stage.repository}@{artifact}", folder)
    [layer] = json.loads(found["imageManifest"])["layers"]
    assert layout.blob(folder, layer["digest"]).read_bytes() == content

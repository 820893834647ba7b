"""Which files are attached as a bill of materials, and to what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.__main__ import main
from pipeline.failed import Failed
from pipeline.sbom import attach as attaching
from pipeline.sbom import document as documents
from pipeline.sbom import layout
from sluice.aws.session import Clients

IMAGE = "444455556666.dkr.ecr.eu-central-1.amazonaws.com/shop@sha256:" + "ab" * 32
DIGEST = IMAGE.partition("@")[2]
GOOD = {"bomFormat": "CycloneDX", "metadata": {"component": {"version": DIGEST}}, "components": [{"name": "bash"}]}


@pytest.fixture
def attached(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, bytes]]:
    """What was attached, to a stack that serves IMAGE."""
    found: list[tuple[str, str, bytes]] = []

    def attach(clients: Any, image: str, kind: str, content: bytes) -> str:
        found.append((image, kind, content))
        return "sha256:artifact"

    monkeypatch.setattr(attaching, "attach_document", attach)
    for name in ("IMAGE", "SBOM_DIGEST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Clients, "verify", lambda self: None)
    monkeypatch.setattr("pipeline.engine.engine.Engine.output", lambda self, name: IMAGE if name == "image" else None)
    return found


def run(folder: Path, document: Any) -> int:
    (folder / "Pulumi.staging.yaml").write_text("config:\n  aws: {region: eu-central-1}\n")
    (folder / "sbom.json").write_text(document if isinstance(document, str) else json.dumps(document))
    words = ["--stack", "staging", "--cwd", str(folder), "--file", str(folder / "sbom.json")]
    return main(["sbom", *words])


def test_it_is_attached_to_the_image_that_serves(tmp_path: Path, attached: list[tuple[str, str, bytes]]) -> None:
    assert run(tmp_path, GOOD) == 0
    assert attached == [(IMAGE, "application/vnd.cyclonedx+json", json.dumps(GOOD).encode())]


def test_another_images_is_not(
    tmp_path: Path, attached: list[tuple[str, str, bytes]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, {"bomFormat": "CycloneDX", "components": [{"name": "bash"}]}) == 1
    assert attached == []
    assert f"does not name {DIGEST}\n  cause: it describes another image" in capsys.readouterr().err


def test_a_named_image_gets_it_though_another_one_serves(
    tmp_path: Path, attached: list[tuple[str, str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Staging may serve a newer one by then."""
    older = f"{IMAGE.partition('@')[0]}@sha256:{'cd' * 32}"
    monkeypatch.setenv("IMAGE", older)
    assert run(tmp_path, GOOD) == 1
    assert run(tmp_path, {**GOOD, "components": [{"name": older}]}) == 0
    assert [image for image, *_ in attached] == [older]


@pytest.mark.parametrize("image", ["ghcr.io/shop@" + DIGEST, IMAGE.partition("@")[0] + ":latest", DIGEST])
def test_an_image_of_another_repository_gets_none(
    tmp_path: Path,
    attached: list[tuple[str, str, bytes]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    image: str,
) -> None:
    monkeypatch.setenv("IMAGE", image)
    assert run(tmp_path, GOOD) == 1
    assert attached == []
    assert f"IMAGE is {image}, which is not an image by digest of" in capsys.readouterr().err


@pytest.mark.parametrize("said", ["", "sha256:" + "0" * 64])
def test_a_file_that_changed_on_its_way_is_not_attached(
    tmp_path: Path,
    attached: list[tuple[str, str, bytes]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    said: str,
) -> None:
    monkeypatch.setenv("SBOM_DIGEST", said)
    assert run(tmp_path, GOOD) == 1
    assert attached == []
    assert "it is not the file that the job before made" in capsys.readouterr().err
    monkeypatch.setenv("SBOM_DIGEST", layout.digest_of(tmp_path / "sbom.json"))
    assert run(tmp_path, GOOD) == 0


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (GOOD, documents.CYCLONEDX),
        ({"spdxVersion": "SPDX-2.3", "packages": [{"name": "bash"}]}, documents.SPDX),
        ({"bomFormat": "CycloneDX", "components": []}, ""),
        ({"spdxVersion": "SPDX-2.3"}, ""),
        ({}, ""),
        ([], ""),
    ],
)
def test_what_a_bill_of_materials_is(document: Any, kind: str) -> None:
    content = json.dumps(document).encode()
    if kind:
        assert documents.kind_of(content, "f") == kind
    else:
        with pytest.raises(Failed, match="is not a bill of materials"):
            documents.kind_of(content, "f")


def test_what_is_no_json() -> None:
    with pytest.raises(Failed, match="is not a bill of materials"):
        documents.kind_of(b"\xff", "f")

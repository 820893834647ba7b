"""An image goes from ECR into a folder, whole or not at all."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pipeline.__main__ import main
from pipeline.failed import Failed
from pipeline.sbom import layout
from pipeline.sbom.export import write
from sluice.aws.session import Clients as RealClients
from sluice.image.image_signature import digest_of
from tests.unit.sluice.image.signed_images import REPOSITORY, Clients, Ecr

KIND = "application/vnd.oci.image.manifest.v1+json"
BLOBS = {digest_of(blob): blob for blob in (b'{"architecture": "amd64"}', b"layer" * 100_000, b"another")}
CONFIG, *LAYERS = BLOBS
MANIFEST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": KIND,
        "config": {"digest": CONFIG, "size": len(BLOBS[CONFIG])},
        "layers": [{"digest": one, "size": len(BLOBS[one])} for one in LAYERS],
    }
)
DIGEST = digest_of(MANIFEST.encode())
IMAGE = f"{REPOSITORY}@{DIGEST}"


class Storage(ThreadingHTTPServer):
    """What the addresses of layers lead to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.blobs = dict(BLOBS)
        self.broken = dict.fromkeys(BLOBS, 0)
        """How often each answer breaks off first."""


class Handler(BaseHTTPRequestHandler):
    server: Storage

    def do_GET(self) -> None:
        digest = self.path.lstrip("/")
        content = self.server.blobs[digest]
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.server.broken[digest]:
            self.server.broken[digest] -= 1
            content = content[: len(content) // 2]
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """The tests' output stays readable."""


class Stored(Ecr):
    """A repository with one image, whose layers lie in a storage."""

    manifest = MANIFEST

    def __init__(self, storage: Storage) -> None:
        super().__init__()
        self.storage = storage

    def batch_get_image(self, **asked: Any) -> dict[str, Any]:
        if asked["imageIds"] != [{"imageDigest": DIGEST}]:
            return {"images": [], "failures": [{"failureCode": "ImageNotFound"}]}
        return {"images": [{"imageManifest": self.manifest, "imageManifestMediaType": KIND}]}

    def get_download_url_for_layer(self, **asked: Any) -> dict[str, Any]:
        return {"downloadUrl": f"http://127.0.0.1:{self.storage.server_port}/{asked['layerDigest']}"}


@pytest.fixture
def storage() -> Iterator[Storage]:
    with Storage() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join(timeout=10)


def written(storage: Storage, folder: Path, image: str = IMAGE) -> int:
    return write(Clients(Stored(storage)), image, folder, lambda _: None)  # type: ignore[arg-type]


def test_every_file_is_the_registrys_to_the_byte(storage: Storage, tmp_path: Path) -> None:
    assert written(storage, tmp_path) == len(MANIFEST) + sum(map(len, BLOBS.values()))
    assert layout.blob(tmp_path, DIGEST).read_text() == MANIFEST
    assert {one: layout.blob(tmp_path, one).read_bytes() for one in BLOBS} == BLOBS
    index = json.loads((tmp_path / "index.json").read_text())
    assert index["manifests"] == [{"mediaType": KIND, "digest": DIGEST, "size": len(MANIFEST)}]
    assert json.loads((tmp_path / "oci-layout").read_text()) == {"imageLayoutVersion": "1.0.0"}
    layout.verify(tmp_path, DIGEST)


def test_a_layer_that_breaks_off_is_fetched_again(storage: Storage, tmp_path: Path) -> None:
    storage.broken[LAYERS[0]] = 2
    written(storage, tmp_path)
    assert storage.broken[LAYERS[0]] == 0


def test_a_layer_that_always_breaks_off_ends_it(storage: Storage, tmp_path: Path) -> None:
    storage.broken[LAYERS[0]] = 3
    with pytest.raises(Failed, match=f"{LAYERS[0]} cannot be fetched, after 3 attempts"):
        written(storage, tmp_path)
    assert not (tmp_path / "index.json").exists(), "no half image looks whole"


def test_another_layer_under_its_digest_ends_it(storage: Storage, tmp_path: Path) -> None:
    storage.blobs[LAYERS[1]] = b"altered"
    with pytest.raises(Failed, match=f"{LAYERS[1]} cannot be fetched, after 3 attempts: its digest is sha256:"):
        written(storage, tmp_path)


def test_an_image_that_is_gone_and_an_index(storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Failed, match="the repository shop has no image sha256:cdcdcdcdcdcd"):
        written(storage, tmp_path, f"{REPOSITORY}@sha256:{'cd' * 32}")
    monkeypatch.setattr(Stored, "manifest", json.dumps({"manifests": []}))
    with pytest.raises(Failed, match="is an index of several platforms"):
        written(storage, tmp_path)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: layout.blob(folder, LAYERS[0]).write_bytes(b"x"), "is altered or cut off"),
        (lambda folder: layout.blob(folder, LAYERS[1]).unlink(), "is not a whole image"),
        (lambda folder: layout.blob(folder, DIGEST).write_text("{}"), "is altered or cut off"),
        (lambda folder: (folder / "index.json").unlink(), "is not a whole image"),
        (lambda folder: (folder / "index.json").write_text("[]"), "is not an OCI image layout"),
        (lambda folder: layout.write_index(folder, {"digest": "sha256:" + "cd" * 32}), "holds sha256:cdcd.*, not"),
        (lambda folder: layout.write_index(folder, {"digest": "sha256:../../x"}), "holds sha256:../../x, not"),
    ],
)
def test_a_folder_that_is_not_that_image(storage: Storage, tmp_path: Path, damage: Any, said: str) -> None:
    written(storage, tmp_path)
    damage(tmp_path)
    with pytest.raises(Failed, match=said):
        layout.verify(tmp_path, DIGEST)


def test_a_manifest_may_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    for digest in ("sha256:../../../etc/passwd", "sha512:" + "ab" * 32, "sha256:" + "AB" * 32):
        with pytest.raises(Failed, match="is not a sha256 digest"):
            layout.blob(tmp_path, digest)


def test_the_step_says_which_image_it_exported(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Pulumi.staging.yaml").write_text("config:\n  aws: {region: eu-central-1}\n")
    outputs, folder = tmp_path / "outputs", tmp_path / "image"
    monkeypatch.setenv("GITHUB_OUTPUT", str(outputs))
    monkeypatch.delenv("IMAGE", raising=False)
    monkeypatch.setattr("pipeline.engine.engine.Engine.output", lambda self, name: IMAGE if name == "image" else None)
    monkeypatch.setattr(RealClients, "verify", lambda self: None)
    monkeypatch.setattr(RealClients, "in_region", lambda self, service, region: Stored(storage))
    words = ["sbom-export", "--stack", "staging", "--cwd", str(tmp_path), "--into", str(folder)]
    assert main(words) == 0
    assert outputs.read_text() == f"image={IMAGE}\n"
    layout.verify(folder, DIGEST)
    assert main(words) == 1
    assert f"{folder} is not empty" in capsys.readouterr().err

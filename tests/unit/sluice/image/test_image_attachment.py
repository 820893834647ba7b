"""A document beside an image."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sluice.errors import GateError
from sluice.image.image_attachment import LARGEST, attach, tag
from sluice.image.image_signature import MANIFEST, digest_of
from tests.unit.sluice.image.signed_images import DIGEST, IMAGE, REPOSITORY, Clients, Ecr

KIND = "application/vnd.cyclonedx+json"
IMAGE_MANIFEST = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "layers": []})


class WithImage(Ecr):
    """A repository that has the image."""

    there = True

    def batch_get_image(self, **asked: Any) -> dict[str, Any]:
        assert asked["imageIds"] == [{"imageDigest": DIGEST}]
        found = {"imageManifest": IMAGE_MANIFEST, "imageManifestMediaType": MANIFEST}
        return {"images": [found] if self.there else [], "failures": []}


def attached(clients: Clients, content: bytes = b'{"a": 1}', image: str = IMAGE) -> str:
    return attach(clients, image, KIND, content)  # type: ignore[arg-type]


def test_its_subject_is_the_image() -> None:
    clients = Clients(WithImage())
    digest = attached(clients)
    stored = clients.ecr.tags[tag(DIGEST)]
    assert digest == digest_of(stored.encode())
    said = json.loads(stored)
    assert said["subject"] == {"mediaType": MANIFEST, "digest": DIGEST, "size": len(IMAGE_MANIFEST)}
    assert said["artifactType"] == said["layers"][0]["mediaType"] == KIND
    assert clients.ecr.blobs[said["layers"][0]["digest"]] == b'{"a": 1}'
    assert clients.ecr.blobs[said["config"]["digest"]] == b"{}"


def test_a_newer_one_takes_its_place() -> None:
    clients = Clients(WithImage())
    assert attached(clients) != attached(clients, b'{"a": 2}')
    assert list(clients.ecr.tags) == [tag(DIGEST)]
    assert json.loads(clients.ecr.tags[tag(DIGEST)])["layers"][0]["digest"] == digest_of(b'{"a": 2}')


@pytest.mark.parametrize(
    ("image", "content", "said"),
    [
        (f"ghcr.io/shop@{DIGEST}", b"{}", "is not a digest in ECR"),
        (f"{REPOSITORY}:latest", b"{}", "is not a digest in ECR"),
        (IMAGE, b"", "has 0 bytes"),
        (IMAGE, b"x" * (LARGEST + 1), f"the limit is {LARGEST}"),
    ],
)
def test_what_cannot_be_attached(image: str, content: bytes, said: str) -> None:
    clients = Clients(WithImage())
    with pytest.raises(GateError, match=said):
        attached(clients, content, image)
    assert clients.ecr.tags == {}


def test_an_image_that_is_gone() -> None:
    ecr = WithImage()
    ecr.there = False
    with pytest.raises(GateError, match="no longer has the image sha256:abababababab"):
        attached(Clients(ecr))

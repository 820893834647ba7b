"""Which images may be deployed: decisions as tables, and ECR's documented answers."""

from __future__ import annotations

import hashlib
import json
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from sluice.admission.image_admission import (
    Admitted,
    ImageFacts,
    NotAdmitted,
    RegistryImage,
    admit,
    decide,
    decide_rollback,
    look_up,
    rollback_target,
)
from sluice.aws.repository import EcrRepository, parse
from sluice.image import image_source
from sluice.release.hold import Hold, tag
from sluice.release.release_record import Release

REPOSITORY = "444455556666.dkr.ecr.eu-central-1.amazonaws.com/shop"


def image(letter: str) -> str:
    return f"{REPOSITORY}@{sha(letter)}"


def sha(letter: str) -> str:
    return "sha256:" + letter * 64


def released(letters: str) -> list[Release]:
    return [Release(number, image(one), f"td:{number}", 1_700_000_000, "d") for number, one in enumerate(letters, 1)]


HOLD = Hold(sha("c"), "ada@ops", 1_700_000_000, "slow")

ADMITTED = [
    ("the first one", ImageFacts(), None),
    ("a new one", ImageFacts(released("ab")), 2),
    ("the one that serves", ImageFacts(released("abc")), None),
    ("the newest again, after going back from it and lifting the hold", ImageFacts(released("abca")), 4),
    ("one whose registry cannot be asked", ImageFacts(released("ab"), registered=None), 2),
    ("another one is held", ImageFacts(released("ab"), [Hold(sha("b"), "ada", 1)]), 2),
]


@pytest.mark.parametrize(("facts", "replaces"), [row[1:] for row in ADMITTED], ids=[row[0] for row in ADMITTED])
def test_is_admitted(facts: ImageFacts, replaces: int | None) -> None:
    admitted = decide(image("c"), facts)
    assert admitted.image == image("c")
    assert (admitted.replaces and admitted.replaces.number) == replaces
    assert bool(admitted.warnings) is (facts.registered is None)


NOT_ADMITTED = [
    (
        "gone",
        ImageFacts(registered=RegistryImage("the repository shop no longer has it")),
        "cannot be pulled: the",
    ),
    ("held here", ImageFacts(holds=[HOLD]), r"is held: ada@ops .*\(slow\).*`sluice rollback --lift sha256:ccc"),
    (
        "held where it was released",
        ImageFacts(registered=RegistryImage(held=True)),
        "it has the tag held-ccc",
    ),
    ("gone and held", ImageFacts(holds=[HOLD], registered=RegistryImage("gone")), "cannot be pulled: gone"),
    ("older than what serves", ImageFacts(released("cd")), "is release 1 .* since then.*set `rollback: sha256:ccc"),
    (
        "older, and serving after going back to it",
        ImageFacts(released("cdc")),
        "is release 1 .* since then.*`rollback: sha",
    ),
    (
        "older, and another one was gone back to",
        ImageFacts(released("acda")),
        "has released sha256:dddddddddddd since then",
    ),
]


@pytest.mark.parametrize(("facts", "said"), [row[1:] for row in NOT_ADMITTED], ids=[row[0] for row in NOT_ADMITTED])
def test_is_not_admitted(facts: ImageFacts, said: str) -> None:
    with pytest.raises(NotAdmitted, match=said):
        decide(image("c"), facts)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (ImageFacts(), "it has no tag released-cccccccccccc"),
        (ImageFacts(registered=None), "its registry is not ECR, where it would have the tag released-cccccccccccc"),
        (ImageFacts(registered=RegistryImage(released=True)), ""),
        (ImageFacts(released("c")), ""),
    ],
    ids=["only built", "elsewhere", "released by a stack", "released by this stack"],
)
def test_what_nobody_says_was_released_must_bear_its_tag(facts: ImageFacts, said: str) -> None:
    if not said:
        assert decide(image("c"), facts, released=False).image == image("c")
        return
    with pytest.raises(NotAdmitted, match=f"no stack is known to have released {sha('c')}: {said}"):
        decide(image("c"), facts, released=False)


def test_going_back_needs_a_release_of_this_stack() -> None:
    releases = released("abcb")
    assert rollback_target(sha("b"), releases).number == 4
    with pytest.raises(NotAdmitted, match=r"has never released sha256:eeeeeeeeeeee.*; released: sha256:b.*, sha256:c"):
        rollback_target(sha("e"), releases)
    with pytest.raises(NotAdmitted, match="released: nothing"):
        rollback_target(sha("e"), ())


def test_going_back() -> None:
    releases = released("abc")
    assert decide_rollback(releases[0], ImageFacts(releases)) == Admitted(image("a"), releases[2])
    assert decide_rollback(releases[2], ImageFacts(releases)) == Admitted(image("c"), None), "it serves again by now"
    with pytest.raises(NotAdmitted, match="is held: ada"):
        decide_rollback(releases[2], ImageFacts(releases, [HOLD]))
    with pytest.raises(NotAdmitted, match="cannot be pulled: gone"):
        decide_rollback(releases[0], ImageFacts(releases, registered=RegistryImage("gone")))


class Clients:
    """One ECR, whose answers are given."""

    def __init__(self, elsewhere: bool = False) -> None:
        self.elsewhere = elsewhere
        self.regions: list[str] = []
        keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
        self.ecr = boto3.client("ecr", region_name="eu-central-1", **keys)
        self.stub = Stubber(self.ecr)

    def in_region(self, service: str, region: str) -> Any:
        self.regions.append(region)
        return self.ecr


ASKED = {
    "registryId": "444455556666",
    "repositoryName": "shop",
    "imageIds": [{"imageDigest": sha("c")}, {"imageTag": tag(sha("c"))}, {"imageTag": "released-cccccccccccc"}],
}
NO_TAG = {"imageId": {"imageTag": tag(sha("c"))}, "failureCode": "ImageNotFound"}
NO_MARK = {"imageId": {"imageTag": "released-cccccccccccc"}, "failureCode": "ImageNotFound"}
NO_IMAGE = {"imageId": {"imageDigest": sha("c")}, "failureCode": "ImageNotFound"}


@pytest.mark.parametrize(
    ("failures", "found"),
    [
        ([NO_TAG, NO_MARK], RegistryImage()),
        ([NO_TAG], RegistryImage(released=True)),
        ([NO_MARK], RegistryImage(held=True)),
        ([NO_IMAGE, NO_TAG, NO_MARK], RegistryImage("the repository shop no longer has it")),
    ],
    ids=["there", "with the tag of a release", "with the tag of a hold", "gone"],
)
def test_what_ecr_says(failures: list[dict[str, Any]], found: RegistryImage) -> None:
    clients = Clients()
    clients.stub.add_response("batch_get_image", {"images": [], "failures": failures}, ASKED)
    with clients.stub:
        assert look_up(clients, image("c")) == found  # type: ignore[arg-type]
    assert clients.regions == ["eu-central-1"], "the repository's own, whatever the stack's is"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("RepositoryNotFoundException", "its repository shop does not exist"),
        ("AccessDeniedException", "of account 444455556666: name this account in `registry.pullers` of the stack that"),
    ],
)
def test_a_repository_that_cannot_be_read_is_a_refusal(code: str, said: str) -> None:
    clients = Clients()
    clients.stub.add_client_error("batch_get_image", code)
    with clients.stub:
        found = look_up(clients, image("c"))  # type: ignore[arg-type]
    assert found is not None
    assert said in found.missing


def test_another_registry_cannot_be_asked() -> None:
    assert look_up(Clients(), f"registry.example.com/shop@{sha('c')}") is None  # type: ignore[arg-type]


PLACES = [
    (image("c"), False, EcrRepository("444455556666", "eu-central-1", "shop")),
    ("444455556666.dkr.ecr.cn-north-1.amazonaws.com.cn/a/b", False, EcrRepository("444455556666", "cn-north-1", "a/b")),
    ("ghcr.io/org/shop", False, None),
    ("172.17.0.1:5000/shop", False, None),
    ("172.17.0.1:5000/shop", True, EcrRepository("", "", "shop")),
    ("172.17.0.1:5000/444455556666/team/shop@sha256:1", True, EcrRepository("444455556666", "", "team/shop")),
]


@pytest.mark.parametrize(("reference", "elsewhere", "repository"), PLACES, ids=[row[0][:40] for row in PLACES])
def test_the_repository_of_an_image(reference: str, elsewhere: bool, repository: EcrRepository | None) -> None:
    assert parse(reference, elsewhere) == repository


class Registry:
    """Clients of an account whose registry has one image, and whose stack has no records."""

    elsewhere = False

    def __init__(self, labels: dict[str, str] | None) -> None:
        self.blob = json.dumps({"architecture": "arm64", "os": "linux", "config": {"Labels": labels}}).encode()
        self.calls: list[str] = []

    def verify(self) -> None:
        return None

    def __getitem__(self, service: str) -> Any:
        return self

    def in_region(self, service: str, region: str) -> Any:
        return self

    def get_paginator(self, name: str) -> Any:
        return SimpleNamespace(paginate=lambda **_: [{"Parameters": []}])

    def batch_get_image(self, imageIds: list[dict[str, str]], **_: Any) -> Any:  # noqa: N803
        self.calls.append("batch_get_image")
        manifest = {"config": {"digest": "sha256:" + hashlib.sha256(self.blob).hexdigest()}}
        marks = [{"imageId": one} for one in imageIds if "imageTag" in one]
        return {"images": [{"imageManifest": json.dumps(manifest)}], "failures": marks}

    def get_download_url_for_layer(self, **_: Any) -> Any:
        return {"downloadUrl": "https://s3.example/blob"}


@pytest.mark.parametrize(
    ("labels", "revision"), [({"org.opencontainers.image.revision": "abc1234"}, "abc1234"), ({}, ""), (None, "")]
)
def test_an_image_says_its_commit_by_its_label(
    monkeypatch: pytest.MonkeyPatch, labels: dict[str, str] | None, revision: str
) -> None:
    registry = Registry(labels)
    monkeypatch.setattr(image_source, "fetched", lambda address: registry.blob)
    admitted = admit(registry, image("a"), "", "/sluice/p/s", architecture="ARM64")  # type: ignore[arg-type]
    assert admitted.revision == revision
    assert registry.calls == ["batch_get_image"] * 2


def test_the_label_is_read_only_where_it_is_asked_for() -> None:
    registry = Registry({"org.opencontainers.image.revision": "abc1234"})
    assert admit(registry, image("a"), "", "/sluice/p/s").revision == ""  # type: ignore[arg-type]
    assert registry.calls == ["batch_get_image"]

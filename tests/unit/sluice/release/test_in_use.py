"""The tags of what runs, against moto's ECR, and where in a rollout they are put on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from sluice.errors import GateError
from sluice.inputs.keep import Keep
from sluice.release.in_use import InUse
from sluice.rollout.diagnosis.rollout_failure import RolloutFailed
from sluice.rollout.request import Wanted
from sluice.rollout.rollout import Rollout
from tests.unit.sluice.migration.simulation import Clock, client_error
from tests.unit.sluice.rollout.rolling import NEW, Service, well

REPOSITORY = "sluice-staging"
URL = f"123456789012.dkr.ecr.eu-central-1.amazonaws.com/{REPOSITORY}"


@pytest.fixture
def ecr() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("ecr", region_name="eu-central-1")
        client.create_repository(repositoryName=REPOSITORY, imageTagMutability="IMMUTABLE")
        yield client


def push(ecr: Any, build: str) -> str:
    """An image, as ``URL@sha256:…``."""
    layer = {"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": 1, "digest": f"sha256:{build}"}
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 1, "digest": layer["digest"]},
        "layers": [layer],
    }
    made = ecr.put_image(repositoryName=REPOSITORY, imageManifest=json.dumps(manifest), imageTag=build)
    return f"{URL}@{made['image']['imageId']['imageDigest']}"


def tags(ecr: Any, image: str) -> set[str]:
    """Of an image; the digits are those of its digest."""
    digest = image.rpartition("@")[2]
    found = ecr.describe_images(repositoryName=REPOSITORY, imageIds=[{"imageDigest": digest}])["imageDetails"][0]
    return {tag.replace(digest[7:19], "DIGITS") for tag in found["imageTags"]}


def in_use(ecr: Any, stack: str = "sluice-prod", images: tuple[str, ...] = (), lines: list[str] | None = None) -> InUse:
    said = lines if lines is not None else []
    return InUse(ecr, Keep(REPOSITORY, "123456789012", stack, images), lambda text, _: said.append(text))


def test_the_tag_is_on_before_tasks_start_and_goes_with_the_next_release(ecr: Any) -> None:
    first, second, tool = push(ecr, "a" * 40), push(ecr, "b" * 40), push(ecr, "c" * 40)
    other = in_use(ecr, "sluice-prod-eu")
    other.begin(first)
    mine = in_use(ecr, images=(tool,))
    mine.begin(first)
    assert tags(ecr, first) == {"a" * 40, "serving-sluice-prod-DIGITS", "serving-sluice-prod-eu-DIGITS"}
    mine.proven(first)
    mine.begin(first)
    mine.proven(first)
    assert tags(ecr, first) >= {"serving-sluice-prod-DIGITS", "released-DIGITS"}
    assert tags(ecr, tool) == {"c" * 40, "serving-sluice-prod-DIGITS"}
    mine.begin(second)
    assert "serving-sluice-prod-DIGITS" in tags(ecr, first), "until the second is proven, the first one serves"
    in_use(ecr).proven(second)
    assert tags(ecr, first) == {"a" * 40, "released-DIGITS", "serving-sluice-prod-eu-DIGITS"}, "another stack's stays"
    assert tags(ecr, second) == {"b" * 40, "released-DIGITS", "serving-sluice-prod-DIGITS"}
    assert tags(ecr, tool) == {"c" * 40}, "no step runs it any more"


def test_an_image_that_is_gone_is_refused(ecr: Any) -> None:
    gone = f"{URL}@sha256:{'f' * 64}"
    with pytest.raises(GateError, match="sluice-staging has no image sha256:ffffffffffff") as refusal:
        in_use(ecr).begin(gone)
    title, cause, fix = str(refusal.value).splitlines()
    assert title.endswith("No task was started from it; the service was not changed.")
    assert cause.startswith(f"  cause: {gone} was deleted")
    assert fix.startswith("  fix:   deploy another version")


class Refusing:
    """Somebody else's repository."""

    def batch_get_image(self, **_: Any) -> None:
        raise client_error("AccessDeniedException", "BatchGetImage")


def test_anothers_repository_is_left_alone_and_said() -> None:
    lines: list[str] = []
    kept = in_use(Refusing(), lines=lines)
    kept.begin(f"{URL}@sha256:{'a' * 64}")
    kept.proven(f"{URL}@sha256:{'a' * 64}")
    assert lines == [
        "note: this account may not tag images of sluice-staging in registry 123456789012: what runs here stays only "
        "as long as that repository's lifecycle policy keeps releases"
    ]


def test_a_note_about_the_repository_stays_in_the_log() -> None:
    said: list[bool] = []
    keep = Keep(REPOSITORY, "123456789012", "sluice-prod", ())
    InUse(Refusing(), keep, lambda _, ephemeral: said.append(ephemeral)).begin(f"{URL}@sha256:{'a' * 64}")
    assert said == [False], "not as progress, which goes away"


def test_the_repository_is_asked_for_in_its_own_registry() -> None:
    """A stack that promotes from another account tags there; without registryId ECR asks the caller's own."""

    class Asked(Refusing):
        def batch_get_image(self, **request: Any) -> None:
            asked.append(request["registryId"])
            super().batch_get_image(**request)

    asked: list[str] = []
    in_use(Asked()).begin(f"{URL}@sha256:{'a' * 64}")
    assert asked == ["123456789012"]


def test_an_image_of_another_repository_is_not_tagged(ecr: Any) -> None:
    """Also one that the account could tag, because it has the same digest."""
    first, same = push(ecr, "a" * 40), push(ecr, "b" * 40)
    foreign = f"ghcr.io/org/tool@{same.rpartition('@')[2]}"
    kept = in_use(ecr, images=(foreign,))
    kept.begin(first)
    assert tags(ecr, same) == {"b" * 40}


class Order:
    """Notes when it was asked what."""

    def __init__(self, service: Service, refuses: str = "") -> None:
        self.service, self.refuses = service, refuses
        self.asked: list[tuple[str, int]] = []

    def begin(self, image: str) -> None:
        self.asked.append(("begin", len(self.service.calls)))
        if self.refuses == "begin":
            raise GateError("no such image")

    def proven(self, image: str) -> None:
        self.asked.append(("proven", len(self.service.calls)))
        if self.refuses == "proven":
            raise client_error("ThrottlingException", "PutImage")


def rolled_out(service: Service, order: Order, lines: list[str] | None = None) -> None:
    said = lines if lines is not None else []
    wanted = Wanted(NEW, "", 300, (), None, digest=f"{URL}@sha256:{'a' * 64}")
    Rollout(service, wanted, service.clock, lambda text, _: said.append(text), well, None, order).run()  # type: ignore[arg-type]


def test_a_rollout_tags_before_it_deploys_and_once_it_is_proven() -> None:
    service = Service(Clock(), {})
    order = Order(service)
    rolled_out(service, order)
    assert order.asked == [("begin", 0), ("proven", 1)]


def test_nothing_is_deployed_that_the_repository_does_not_have() -> None:
    service = Service(Clock(), {})
    with pytest.raises(GateError, match="no such image"):
        rolled_out(service, Order(service, refuses="begin"))
    assert service.calls == []


def test_a_version_that_fails_is_never_called_released() -> None:
    service = Service(Clock(), {NEW: "FAILED"})
    order = Order(service)
    with pytest.raises(RolloutFailed):
        rolled_out(service, order)
    assert [asked for asked, _ in order.asked] == ["begin"]


def test_a_tag_that_cannot_be_put_on_undoes_no_rollout() -> None:
    service = Service(Clock(), {})
    lines: list[str] = []
    rolled_out(service, Order(service, refuses="proven"), lines)
    assert any("tags in ECR still name the images of the former release" in line for line in lines)

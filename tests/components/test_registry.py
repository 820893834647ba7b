"""What the repository keeps: a year of builds, releases, rollbacks and holds, judged as ECR judges."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from components.image.lifecycle_policy import HELD, RELEASED, SERVING, SIGNATURE, document
from sluice.image import image_attachment, image_signature
from sluice.inputs.keep import Keep
from sluice.release import hold, in_use
from sluice.release.in_use import InUse
from tests.components.ecr import Image, expired
from tests.components.program import ACCOUNT, Deployed

Deploy = Callable[..., Deployed]
REPOSITORY = "sluice-staging"


class Ecr:
    """The repository, as much of it as the gate's tags need."""

    def __init__(self) -> None:
        self.images: list[Image] = []

    def batch_get_image(self, imageIds: list[dict[str, str]], **_: Any) -> dict[str, Any]:  # noqa: N803 -- boto3's name
        wanted = imageIds[0]["imageDigest"]
        found = [{"imageManifest": one.digest} for one in self.images if one.digest == wanted]
        return {"images": found, "failures": [] if found else [{"failureReason": "Requested image not found"}]}

    def put_image(self, imageManifest: str, imageTag: str, **_: Any) -> None:  # noqa: N803
        for one in self.images:
            if imageTag in one.tags:
                raise ClientError({"Error": {"Code": "ImageAlreadyExistsException", "Message": ""}}, "PutImage")
            if one.digest == imageManifest:
                one.tags.add(imageTag)
                return

    def batch_delete_image(self, imageIds: list[dict[str, str]], **_: Any) -> None:  # noqa: N803
        for one in self.images:
            one.tags -= {image["imageTag"] for image in imageIds}

    def get_paginator(self, operation: str) -> Ecr:
        assert operation == "list_images"
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"imageIds": [{"imageDigest": one.digest, "imageTag": tag} for one in self.images for tag in one.tags]}]


def digest(number: int) -> str:
    return f"sha256:{number:012d}{'0' * 52}"


class Company:
    """Staging builds; prod and a stack whose name begins alike promote; now and then somebody goes back and holds."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 -- a story, no secret
        self.built = 0
        self.ecr = Ecr()
        self.serves: dict[str, str] = {}
        self.released: list[str] = []
        self.held: set[str] = set()
        self.tool = self.build(0)  # an image of a migration step's own, pushed once and never again

    def build(self, day: float) -> str:
        self.built += 1
        made = Image(digest(self.built), day + self.built / 10_000)
        made.tags.add(f"{self.built:040x}")
        self.ecr.images.append(made)
        return made.digest

    def roll_out(self, stack: str, image: str, proves: bool) -> None:
        own = (f"{REPOSITORY}@{self.tool}",)
        tags = InUse(self.ecr, Keep(REPOSITORY, ACCOUNT, stack, own), lambda text, progress: pytest.fail(text))
        tags.begin(f"{REPOSITORY}@{image}")
        if proves:
            tags.proven(f"{REPOSITORY}@{image}")
            self.serves[stack] = image
            self.released.append(image)

    def day(self, day: float) -> None:
        there = {image.digest for image in self.ecr.images}
        for _ in range(self.chance.randrange(4)):
            self.roll_out("sluice-staging", self.build(day), proves=self.chance.random() < 0.6)
        candidates = [one for one in self.released if one in there and one not in self.held]
        for stack in ("sluice-prod", "sluice-prod-eu"):
            if candidates and self.chance.random() < 0.02:  # rarely: prod lags far behind
                self.roll_out(stack, self.chance.choice(candidates), proves=self.chance.random() < 0.9)
        if candidates and self.chance.random() < 0.03:
            held = self.chance.choice(candidates)
            hold.HeldTag(self.ecr, REPOSITORY).put(held)
            self.held.add(held)


@pytest.mark.parametrize("seed", range(5))
def test_an_image_in_use_never_expires(seed: int) -> None:
    company, policy, gone = Company(seed), document(20, 30), 0
    for day in range(365):
        company.day(day)
        wrong = expired(policy, company.ecr.images, day)
        gone += len(wrong)
        assert wrong.isdisjoint({*company.serves.values(), company.tool}), f"day {day}: something that runs"
        assert wrong.isdisjoint(company.held), f"day {day}: something on hold"
        newest = list(dict.fromkeys(sorted(company.released, reverse=True)))[:20]
        assert wrong.isdisjoint(newest), f"day {day}: one of the newest releases"
        company.ecr.images = [image for image in company.ecr.images if image.digest not in wrong]
    assert gone > 100, "what nobody needs goes"
    assert len(company.ecr.images) < 200


def test_without_its_tag_what_runs_would_expire() -> None:
    """The rule for everything else is sharp: only the tags keep an image."""
    old = Image(digest(1), 0, {"0" * 40})
    assert expired(document(20, 30), [old], 31) == {old.digest}
    for kept in (f"{SERVING}sluice-prod-0123456789ab", f"{HELD}0123456789ab", f"{RELEASED}0123456789ab"):
        assert expired(document(20, 30), [Image(digest(1), 0, {"0" * 40, kept})], 3650) == set()


def test_a_signature_stays_as_long_as_its_image() -> None:
    """It is an image of its own, without any of the gate's other tags."""
    image, bill = digest(1), image_attachment.tag(digest(1))
    signatures = [Image(digest(2), 0, {image_signature.tag(image)}), Image(digest(3), 0, {bill})]
    assert expired(document(20, 30), signatures, 3650) == set()
    many = [Image(digest(number), number, {image_signature.tag(digest(number))}) for number in range(1100)]
    assert len(expired(document(20, 30), many, 3650)) == 1100 - 1020, "but not for ever"
    assert image_signature.tag(image).startswith(SIGNATURE)
    assert bill.startswith(SIGNATURE)


def test_program_and_gate_mean_the_same_tags() -> None:
    assert (SERVING, RELEASED) == (in_use.SERVING, in_use.RELEASED)
    assert hold.tag(digest(1)).startswith(HELD)


def test_the_program_asks_for_it(deploy: Deploy) -> None:
    deployed = deploy(registry={"keepReleases": 50, "keepDays": 60})
    policy = deployed.one("lifecyclePolicy:LifecyclePolicy").inputs
    assert policy["repository"] == deployed.one("Repository").name
    assert policy["policy"] == document(50, 60)
    keep = {"repository": "sluice-test", "registry": ACCOUNT, "stack": "sluice-test", "images": []}
    assert deployed.one("Rollout").inputs["keep"] == keep == deployed.outputs["gate"]["keep"]


def test_images_of_single_steps_are_in_use_too(deploy: Deploy) -> None:
    step = {"name": "tool", "command": ["migrate"], "image": digest(7)}
    deployed = deploy(migrations=[step])
    [image] = deployed.one("Rollout").inputs["keep"]["images"]
    assert image.endswith(f"/sluice-test@{digest(7)}")

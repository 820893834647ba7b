"""Holds against moto's SSM, and their tag against ECR's documented answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from sluice.errors import GateError
from sluice.image.digest import hexadecimal
from sluice.release.hold import HeldTag, Hold, Holds, tag

DIGEST, OTHER = "sha256:" + "ab" * 32, "sha256:" + "cd" * 32


@pytest.fixture
def holds() -> Iterator[Holds]:
    with mock_aws():
        yield Holds(boto3.client("ssm", region_name="eu-central-1"), "/sluice/notes/prod/holds/")


def test_a_hold_is_kept_found_and_lifted(holds: Holds) -> None:
    assert holds.held(DIGEST) is None
    holds.add(Hold(DIGEST, "ann@host", 1_700_000_000, "5xx everywhere"))
    holds.add(Hold(OTHER, "bob@host", 1_600_000_000))
    found = holds.held(f"repo@{DIGEST}")
    assert found == Hold(DIGEST, "ann@host", 1_700_000_000, "5xx everywhere")
    assert str(found) == "ann@host rolled it back on 2023-11-14 22:13 UTC (5xx everywhere)"
    assert [hold.digest for hold in holds.all()] == [OTHER, DIGEST]
    assert holds.lift(DIGEST)
    assert not holds.lift(DIGEST)
    assert holds.held(DIGEST) is None
    holds.delete_all()
    assert holds.all() == []


def test_what_names_no_digest_is_refused(holds: Holds) -> None:
    for wrong in ("latest", "sha256:abc", "repo:tag", ""):
        with pytest.raises(GateError, match="is not a digest"):
            holds.held(wrong)
    assert hexadecimal(f"r@{DIGEST}") == "ab" * 32
    assert tag(DIGEST) == "held-abababababab"


def ecr() -> tuple[Any, Stubber]:
    client = boto3.client("ecr", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
    return client, Stubber(client)


IDS = {"repositoryName": "team/notes", "imageIds": [{"imageDigest": DIGEST}]}
MANIFEST = {"imageManifest": "{}", "imageManifestMediaType": "application/vnd.oci.image.index.v1+json"}


def test_the_tag_is_put_on_the_same_manifest_and_taken_off_alone() -> None:
    client, stub = ecr()
    stub.add_response("batch_get_image", {"images": [MANIFEST], "failures": []}, IDS)
    stub.add_response("put_image", {}, {"repositoryName": "team/notes", "imageTag": "held-abababababab", **MANIFEST})
    untag = {"repositoryName": "team/notes", "imageIds": [{"imageTag": "held-abababababab"}]}
    stub.add_response("batch_delete_image", {}, untag)
    with stub:
        held = HeldTag(client, "1.dkr.ecr.eu-central-1.amazonaws.com/team/notes")
        held.put(f"x@{DIGEST}")
        held.remove(DIGEST)
        stub.assert_no_pending_responses()


def test_a_tag_that_is_there_is_no_error_an_image_that_is_not_is_one() -> None:
    client, stub = ecr()
    stub.add_response("batch_get_image", {"images": [MANIFEST]}, IDS)
    stub.add_client_error("put_image", "ImageAlreadyExistsException")
    failure = {"imageId": {"imageDigest": DIGEST}, "failureReason": "gone"}
    stub.add_response("batch_get_image", {"images": [], "failures": [failure]}, IDS)
    with stub:
        HeldTag(client, "team/notes").put(DIGEST)
        with pytest.raises(GateError, match="has no image sha256:abababababab: gone"):
            HeldTag(client, "team/notes").put(DIGEST)

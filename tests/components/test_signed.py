"""What a stack signs, and whose signature it asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.components.program import DIGEST, REGISTRY, Deployed
from tests.components.test_promotion import PROMOTED, promote

__all__ = ["promote"]

Deploy = Callable[..., Deployed]
KEY = "arn:aws:kms:eu-central-1:111122223333:key/1a2b3c4d-1234-1234-1234-1a2b3c4d5e6f"
AFTER = {"name": "contract", "command": ["contract"], "phase": "after"}


def test_nothing_is_signed_unless_said(deploy: Deploy) -> None:
    deployed = deploy(environment="dev")
    assert deployed.all("ImageSignature") == []
    assert "trusted" not in deployed.one("MigrationRun").inputs
    assert deployed.outputs["gate"]["trusted"] == []


def test_what_passed_everything_is_signed(deploy: Deploy, config: dict[str, Any]) -> None:
    deployed = deploy(signing={"key": KEY}, migrations=[*config["migrations"], AFTER])
    signature = deployed.one("gate:index:ImageSignature")
    assert signature.inputs == {"image": f"{REGISTRY}@{DIGEST}", "key": KEY, "by": "sluice/test"}
    needed = {urn.rpartition("::")[2] for urn in signature.needs["image"]}
    assert {"sluice-test", "sluice-test-migration", "sluice-test-after"} <= needed, (
        "rollout, migrations and after-steps"
    )


def test_it_is_offered_only_once_it_is_signed(deploy: Deploy) -> None:
    deployed = deploy(signing={"key": KEY})
    assert deployed.outputs["promotable"]["image"] == f"{REGISTRY}@{DIGEST}"
    written = deployed.one("ssm/parameter:Parameter").needs["insecureValue"]
    assert deployed.one("ImageSignature").urn in written


@pytest.mark.parametrize("settings", [{}, {"promoteFrom": "", "image": PROMOTED}], ids=["promoted", "named"])
def test_a_signature_is_asked_for_before_anything_and_by_the_gate(promote: Deploy, settings: dict[str, Any]) -> None:
    deployed = promote(signing={"trusted": [KEY]}, **settings)
    assert [one["trusted"] for one in deployed.asked] == [[KEY]]
    assert deployed.one("MigrationRun").inputs["trusted"] == [KEY]
    assert deployed.outputs["gate"]["trusted"] == [KEY], "for `sluice preflight`"
    assert deployed.all("ImageSignature") == []


def test_a_release_that_served_before_is_not_asked(promote: Deploy) -> None:
    back = "sha256:" + "cd" * 32
    deployed = promote(signing={"trusted": [KEY]}, rollback=back, admission={"image": f"{REGISTRY}@{back}"})
    assert deployed.one("MigrationRun").inputs["rollback"] is True
    assert deployed.outputs["gate"]["trusted"] == []

"""The key that a stack signs images with, on moto; and who may sign, by its policy and the deployers' grants."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import boto3
import pytest

from bootstrap import signing_key
from bootstrap.run import signing
from bootstrap.settings import check
from tests.unit.bootstrap.grants import SCOPE, statements
from tests.unit.bootstrap.test_bootstrap_account import WHERE, aws
from tests.unit.bootstrap.test_bootstrap_settings import right

__all__ = ["aws"]

KEY = "arn:aws:kms:eu-central-1:111122223333:key/3c4d5e6f-1234-1234-1234-1a2b3c4d5e6f"
THEIRS = KEY.replace("3c4d5e6f-", "5e5e5e5e-")


def prepared(*readers: str) -> tuple[str, dict[str, bool]]:
    said: dict[str, bool] = {}
    kms: Any = boto3.client("kms", region_name=WHERE.region)
    return signing_key.prepare(kms, WHERE, "sluice", "staging", readers, said.__setitem__), said


@pytest.mark.usefixtures("aws")
def test_it_is_made_once_and_mended() -> None:
    key, said = prepared()
    assert said == {"key alias/sluice-staging-signing": True}
    assert prepared() == (key, {"key alias/sluice-staging-signing": False})
    assert prepared("444455556666") == (key, {"key alias/sluice-staging-signing": True}), (
        "another account may verify now"
    )
    kms: Any = boto3.client("kms", region_name=WHERE.region)
    made = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert (made["KeySpec"], made["KeyUsage"]) == ("ECC_NIST_P256", "SIGN_VERIFY")
    assert made["SigningAlgorithms"] == ["ECDSA_SHA_256"]


def test_the_deploy_role_alone_may_sign() -> None:
    said = signing_key.policy(WHERE, "sluice", "staging", ["444455556666", "222233334444"])["Statement"]
    signing_ones = [one for one in said if any(action in ("kms:Sign", "kms:*") for action in listed(one["Action"]))]
    [one] = signing_ones
    role = "arn:aws:iam::123456789012:role/sluice-bootstrap/sluice-staging-deploy"
    assert one["Condition"] == {"ArnEquals": {"aws:PrincipalArn": role}}
    assert one["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert not {"kms:CreateGrant", "kms:Create*"} & {action for one in said for action in listed(one["Action"])}


def test_other_accounts_may_verify_and_nothing_else() -> None:
    [*_, verify] = signing_key.policy(WHERE, "sluice", "staging", ["444455556666", "222233334444"])["Statement"]
    assert verify["Principal"] == {"AWS": ["arn:aws:iam::222233334444:root", "arn:aws:iam::444455556666:root"]}
    assert verify["Action"] == ["kms:DescribeKey", "kms:GetPublicKey", "kms:Verify"]
    without = signing_key.policy(WHERE, "sluice", "staging", [])["Statement"]
    assert [one["Sid"] for one in without] == ["Administration", "Sign"]


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


@pytest.mark.parametrize(
    ("role", "scope", "granted"),
    [
        ("deploy", SCOPE, {}),
        ("deploy", replace(SCOPE, signing_key=KEY), {"kms:Sign": [KEY], "kms:Verify": [KEY]}),
        ("preview", replace(SCOPE, signing_key=KEY), {"kms:Verify": [KEY]}),
        ("deploy", replace(SCOPE, trusted=(THEIRS,)), {"kms:Verify": [THEIRS]}),
        ("preview", replace(SCOPE, trusted=(THEIRS,)), {"kms:Verify": [THEIRS]}),
        ("releases", replace(SCOPE, signing_key=KEY), {}),
        ("boundary", replace(SCOPE, signing_key=KEY, trusted=(THEIRS,)), {}),
    ],
)
def test_who_may_do_what(role: str, scope: Any, granted: dict[str, list[str]]) -> None:
    found = {
        action: list(one.resources)
        for one in statements(role, scope)
        for action in one.actions
        if action in ("kms:Sign", "kms:Verify", "kms:*")
    }
    assert found == granted


def test_what_is_told() -> None:
    assert signing("staging", "") == []
    text = "\n".join(signing("staging", KEY))
    assert f"Say in Pulumi.staging.yaml, to sign what it releases:\n    signing: {{key: '{KEY}'}}" in text
    assert f"signing: {{trusted: ['{KEY}']}}" in text


def test_the_settings() -> None:
    chosen = check("prod", {**right(), "signing": {"key": True, "trusted": [KEY]}})
    assert (chosen.signing.key, chosen.signing.trusted) == (True, [KEY])
    assert json.dumps(check("prod", right()).signing.trusted) == "[]"

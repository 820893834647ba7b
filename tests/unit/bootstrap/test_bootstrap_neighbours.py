"""Stacks that share an account: found on moto, and refused where one could reach into the other."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from bootstrap import neighbours
from bootstrap.neighbours import NeighbourStack

STAGING, PROD = NeighbourStack("sluice", "staging"), NeighbourStack("sluice", "prod", production=True)


@pytest.mark.parametrize(
    ("own", "other"),
    [
        (NeighbourStack("sluice", "prod"), NeighbourStack("sluice", "prod-eu")),
        (NeighbourStack("sluice", "prod-eu"), NeighbourStack("sluice", "prod")),
        (NeighbourStack("sluice", "prod.eu"), NeighbourStack("sluice", "prod")),
        (NeighbourStack("shop", "eu-prod"), NeighbourStack("shop-eu", "prod")),
        (NeighbourStack("shop", "Prod"), NeighbourStack("shop", "prod")),
        # snapshots are called sluice-PROJECT-STACK-run-N: within reach of the project sluice's stack of that name
        (NeighbourStack("sluice", "shop"), NeighbourStack("shop", "prod")),
        (NeighbourStack("shop", "prod"), NeighbourStack("sluice", "shop")),
        (NeighbourStack("a-project-with-a-long-name", "staging"), NeighbourStack("a-project-with-a-long-name", "prod")),
    ],
)
def test_names_that_contain_one_another_are_refused(own: NeighbourStack, other: NeighbourStack) -> None:
    why = neighbours.refusal(own, [other], shared=True)
    assert "begin" in why
    assert why.endswith("  fix: name one of the stacks otherwise, or give it an account of its own")


@pytest.mark.parametrize(
    "other",
    [
        NeighbourStack("sluice", "production"),
        NeighbourStack("sluice", "staging2"),
        NeighbourStack("sluices", "staging"),
    ],
)
def test_names_that_begin_alike_and_go_on_are_no_matter(other: NeighbourStack) -> None:
    assert neighbours.refusal(STAGING, [other], shared=False) == ""


@pytest.mark.parametrize(("own", "other"), [(STAGING, PROD), (PROD, STAGING)])
def test_production_shares_no_account_unless_somebody_accepts_it(own: NeighbourStack, other: NeighbourStack) -> None:
    why = neighbours.refusal(own, [other], shared=False)
    assert f"the account has sluice/{other.stack} already" in why
    assert "write `sharedAccount: true` to accept this" in why
    assert neighbours.refusal(own, [other], shared=True) == ""
    assert neighbours.warning(own, [other])[0].startswith("WARNING: ")


def test_alone_nothing_is_said() -> None:
    assert neighbours.refusal(PROD, [], shared=False) == ""
    assert neighbours.warning(PROD, []) == []


@mock_aws
def test_the_others_are_those_that_bootstrap_made(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    iam = boto3.client("iam", region_name="eu-central-1")
    for path, name, tags in (
        ("/sluice-bootstrap/", "sluice-staging-deploy", ("sluice", "staging", "bootstrap", "false")),
        ("/sluice-bootstrap/", "sluice-prod-deploy", ("sluice", "prod", "bootstrap", "true")),
        ("/sluice-bootstrap/", "sluice-prod-preview", ("sluice", "prod", "bootstrap", "true")),
        ("/shop-bootstrap/", "shop-live-deploy", ("shop", "live", "bootstrap", "true")),
        ("/", "other-deploy", ("x", "y", "bootstrap", "true")),
        ("/our-bootstrap/", "our-thing-deploy", ("x", "y", "ours", "true")),
    ):
        given = [
            {"Key": key, "Value": value}
            for key, value in zip(("Project", "Stack", "Purpose", "Production"), tags, strict=True)
        ]
        iam.create_role(Path=path, RoleName=name, AssumeRolePolicyDocument="{}", Tags=given)
    assert neighbours.others(iam, STAGING) == [NeighbourStack("shop", "live", True), PROD]

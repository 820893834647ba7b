"""Which jobs the roles trust, in both forms of GitHub's subjects."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bootstrap import subject
from infra.policies import Account

ACCOUNT = Account("aws", "eu-central-1", "111122223333")


@pytest.mark.parametrize(
    ("ids", "head"),
    [((None, None), "repo:example/shop"), ((1234, 567890), "repo:example@1234/shop@567890")],
    ids=["classic", "immutable"],
)
def test_a_repository_has_one_form(ids: tuple[int | None, int | None], head: str) -> None:
    assert subject.repository("example/shop", *ids) == head


def test_a_deploying_job_is_known_by_its_environment_alone() -> None:
    assert subject.environment("repo:example/shop", "prod") == "repo:example/shop:environment:prod"
    assert subject.environment("repo:example/shop", "prod:eu") == "repo:example/shop:environment:prod%3Aeu"


@pytest.mark.parametrize(
    ("given", "subjects"),
    [
        ({"pull_requests": True, "branches": []}, ["R:pull_request"]),
        ({"pull_requests": False, "branches": ["main"]}, ["R:ref:refs/heads/main"]),
        ({"pull_requests": True, "branches": ["main", "next"]},
         ["R:pull_request", "R:ref:refs/heads/main", "R:ref:refs/heads/next"]),
        ({"pull_requests": False, "branches": []}, []),
    ],
)  # fmt: skip
def test_previewing_jobs(given: dict[str, Any], subjects: list[str]) -> None:
    assert subject.previews("R", **given) == subjects


def test_trust_compares_exactly() -> None:
    [one] = json.loads(subject.trust(ACCOUNT, ["b", "a"]))["Statement"]
    assert one == {
        "Effect": "Allow",
        "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                "token.actions.githubusercontent.com:sub": ["a", "b"],
            }
        },
    }

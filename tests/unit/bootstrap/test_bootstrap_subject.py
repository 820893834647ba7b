"""Which jobs the roles trust, in both forms of GitHub's subjects, and which they refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bootstrap import project, subject
from bootstrap.settings import check
from bootstrap.subject import Jobs
from infra.policies import AccountRegion
from tests.unit.bootstrap.attacks import BEFORE
from tests.unit.bootstrap.decision import Policy, Request, allowed

ACCOUNT = AccountRegion("aws", "eu-central-1", "111122223333")
PROVIDER = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
MAIN = "refs/heads/main"


@pytest.mark.parametrize(
    ("ids", "head"),
    [((None, None), "repo:example/shop"), ((1234, 567890), "repo:example@1234/shop@567890")],
    ids=["classic", "immutable"],
)
def test_a_repository_has_one_form(ids: tuple[int | None, int | None], head: str) -> None:
    assert subject.repository("example/shop", *ids) == head


def test_an_environment_is_written_as_github_writes_it() -> None:
    assert subject.environment("repo:example/shop", "prod") == "repo:example/shop:environment:prod"
    assert subject.environment("repo:example/shop", "prod:eu") == "repo:example/shop:environment:prod%3Aeu"


@pytest.mark.parametrize(
    ("given", "subjects"),
    [
        ({"pull_requests": True, "branches": []}, [["R:pull_request"]]),
        ({"pull_requests": False, "branches": ["main"]}, [["R:ref:refs/heads/main"]]),
        ({"pull_requests": True, "branches": ["main", "next"]},
         [["R:ref:refs/heads/main", "R:ref:refs/heads/next"], ["R:pull_request"]]),
        ({"pull_requests": False, "branches": []}, []),
    ],
)  # fmt: skip
def test_previewing_jobs(given: dict[str, Any], subjects: list[list[str]]) -> None:
    assert [one.subjects for one in subject.previewing("example/shop", "R", files=["drift.yml"], **given)] == subjects


def test_trust_compares_exactly() -> None:
    jobs = subject.deploying("example/shop", "R", "prod", ["main"], ["deploy.yml"], "567890")
    [one] = json.loads(subject.trust(ACCOUNT, jobs))["Statement"]
    key = "token.actions.githubusercontent.com:"
    assert one == {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                f"{key}aud": ["sts.amazonaws.com"],
                f"{key}sub": ["R:environment:prod"],
                f"{key}ref": [MAIN],
                f"{key}job_workflow_ref": ["example/shop/.github/workflows/deploy.yml@refs/heads/main"],
                f"{key}repository_id": ["567890"],
            }
        },
    }


def test_where_aws_knows_no_more_claims_the_subject_alone_is_compared() -> None:
    """A condition on a key that is never there would refuse every job."""
    china = AccountRegion("aws-cn", "cn-north-1", "111122223333")
    [one] = json.loads(subject.trust(china, [Jobs(["R:environment:prod"], [MAIN], ["w"], "7")]))["Statement"]
    assert [key.rpartition(":")[2] for key in one["Condition"]["StringEquals"]] == ["aud", "sub"]


def job(subject: str, ref: str, file: str, **more: str) -> Request:
    """What STS asks for a job's token."""
    claims = {
        "aud": "sts.amazonaws.com",
        "sub": f"repo:example/shop:{subject}",
        "ref": ref,
        "job_workflow_ref": f"example/shop/.github/workflows/{file}@{ref}",
        **more,
    }
    key = "token.actions.githubusercontent.com:"
    return Request("sts:AssumeRoleWithWebIdentity", "*", {f"{key}{name}": value for name, value in claims.items()})


def trust(role: str, **github: Any) -> list[Policy]:
    settings = check(
        "staging", {"aws": {"region": "eu-central-1"}, "github": {"repository": "example/shop", **github}}
    ).github
    deploying, previewing = project.jobs(settings, "staging")
    return [json.loads(subject.trust(ACCOUNT, deploying if role == "deploy" else previewing))]


BRANCH = "refs/heads/somebodys-branch"
PULL = "refs/pull/7/merge"
OURS = [
    ("deploy", job("environment:staging", MAIN, "deploy.yml"), {}),
    ("deploy", job("environment:staging", MAIN, "rollback.yml"), {}),
    ("preview", job("ref:refs/heads/main", MAIN, "deploy.yml"), {}),
    ("preview", job("ref:refs/heads/main", MAIN, "drift.yml"), {}),
    ("preview", job("pull_request", PULL, "pull-request.yml"), {"pullRequests": True}),
    ("deploy", job("environment:staging", "refs/heads/live", "ship.yml"),
     {"deployBranches": ["live"], "deployWorkflows": ["ship.yml"]}),
]  # fmt: skip
THEIRS = {
    "a branch names an environment that has no rules": ("deploy", job("environment:staging", BRANCH, "deploy.yml")),
    "a pull request names that environment": ("deploy", job("environment:staging", PULL, "pull-request.yml")),
    "a tag names that environment": ("deploy", job("environment:staging", "refs/tags/v1", "deploy.yml")),
    "another file of main names that environment": ("deploy", job("environment:staging", MAIN, "labels.yml")),
    "main calls a file of a branch": (
        "deploy",
        job("environment:staging", MAIN, "", job_workflow_ref=f"example/shop/.github/workflows/deploy.yml@{BRANCH}"),
    ),
    "a pull request previews without being asked to": ("preview", job("pull_request", PULL, "pull-request.yml")),
    "another file of main previews": ("preview", job("ref:refs/heads/main", MAIN, "labels.yml")),
}


@pytest.mark.parametrize(("role", "request_", "github"), OURS)
def test_our_jobs_take_the_roles(role: str, request_: Request, github: dict[str, Any]) -> None:
    assert allowed(request_, trust(role, **github))


@pytest.mark.parametrize(("role", "request_"), THEIRS.values(), ids=THEIRS)
class TestAttacks:
    """By whoever can push a branch; each of them had the role before the review."""

    def test_succeeded_before(self, role: str, request_: Request) -> None:
        assert allowed(request_, BEFORE[f"{role}Trust"])

    def test_is_refused(self, role: str, request_: Request) -> None:
        assert not allowed(request_, trust(role))


@pytest.mark.parametrize(
    "request_",
    [
        job("environment:prod", MAIN, "deploy.yml"),
        job("pull_request", MAIN, "deploy.yml"),
        job("environment:staging", MAIN, "deploy.yml", aud="https://github.com/example"),
        job("environment:staging", MAIN, "deploy.yml", sub="repo:stranger/shop:environment:staging"),
    ],
)
def test_strangers_never_had_it(request_: Request) -> None:
    assert not allowed(request_, BEFORE["deployTrust"])
    assert not allowed(request_, trust("deploy"))


def test_a_repository_of_the_same_name_is_another_one() -> None:
    ids = {"ownerId": 1234, "repositoryId": 567890}
    claims = {"sub": "repo:example@1234/shop@567890:environment:staging"}
    assert allowed(job("", MAIN, "deploy.yml", repository_id="567890", **claims), trust("deploy", **ids))
    assert not allowed(job("", MAIN, "deploy.yml", repository_id="1", **claims), trust("deploy", **ids))

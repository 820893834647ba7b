"""Which GitHub jobs a role trusts, as the `sub` of the tokens that they get.

Sources: "OpenID Connect reference" and "Configuring OpenID Connect in Amazon Web Services" in GitHub's documentation. A
job that names an environment has that environment as its only subject, whatever branch it runs on: which branches may
deploy is said in the environment's own rules. Repositories created, renamed or moved after 2026-07-15 have the ids of
owner and repository in their subjects; older ones may have opted in.
"""

from __future__ import annotations

from collections.abc import Sequence

from infra import policies
from infra.policies import Account

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"


def repository(name: str, owner_id: int | None, repository_id: int | None) -> str:
    """How subjects of a repository (`owner/name`) begin: the classic form, or with ids the immutable one."""
    if owner_id is None or repository_id is None:
        return f"repo:{name}"
    owner, _, short = name.partition("/")
    return f"repo:{owner}@{owner_id}/{short}@{repository_id}"


def environment(head: str, name: str) -> str:
    """Of a job that names this environment. head: see `repository`."""
    return f"{head}:environment:{name.replace(':', '%3A')}"


def previews(head: str, *, pull_requests: bool, branches: Sequence[str]) -> list[str]:
    """Of jobs that name no environment: of pull requests, and of pushes, schedules and manual runs on branches."""
    return [*([f"{head}:pull_request"] if pull_requests else []), *(f"{head}:ref:refs/heads/{one}" for one in branches)]


def provider(account: Account) -> str:
    """ARN of the account's identity provider for GitHub; there is one per account and issuer."""
    return f"arn:{account.partition}:iam::{account.id}:oidc-provider/{ISSUER}"


def trust(account: Account, subjects: Sequence[str]) -> str:
    """Lets exactly these jobs take a role: no pattern, no other audience."""
    return policies.document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": provider(account)},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": sorted(subjects)}},
        }
    )

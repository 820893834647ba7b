"""Which GitHub jobs a role trusts, by the claims of their tokens.

`sub`: a job that names an environment has that environment as its only subject, whatever branch it runs on ("OpenID
Connect reference" in GitHub's documentation). GitHub creates an environment that a job names without any
rule, so the subject alone lets every branch in. Repositories created, renamed or moved after 2026-07-15 have the ids of
owner and repository in their subjects; older ones may have opted in.

`ref` is the branch of the run. `job_workflow_ref` is the file that defines the job, with its own branch: in a job
that calls no reusable workflow, the run's own file (`OWNER/NAME/.github/workflows/deploy.yml@refs/heads/main`). Trust
policies may compare both since January 2026, in AWS's commercial Regions ("AWS STS now supports validation of select
identity provider specific claims" in AWS's What's New; "Available keys for AWS OIDC federation" in the IAM user guide).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from infra import policies
from infra.policies import AccountRegion

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
CLAIMS = ("aws",)
"""Partitions whose trust policies may compare more than audience and subject; elsewhere such a condition refuses every
job."""


@dataclass(frozen=True)
class Jobs:
    """Some of a repository's jobs.

    Attributes:
        subjects: a job has one of them.
        refs, workflows: any of these branches (`refs/heads/main`) and of these `job_workflow_ref`; none: any.
        repository_id: GitHub's number of the repository; empty: not compared.
    """

    subjects: Sequence[str]
    refs: Sequence[str] = ()
    workflows: Sequence[str] = ()
    repository_id: str = ""

    def statement(self, account: AccountRegion) -> dict[str, Any]:
        """Return a statement that lets exactly these jobs assume a role: no pattern, no other audience."""
        claims = {
            "aud": [AUDIENCE],
            "sub": sorted(self.subjects),
            "ref": sorted(self.refs),
            "job_workflow_ref": sorted(self.workflows),
            "repository_id": [self.repository_id] if self.repository_id else [],
        }
        known = claims if account.partition in CLAIMS else {name: claims[name] for name in ("aud", "sub")}
        return {
            "Effect": "Allow",
            "Principal": {"Federated": provider(account)},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{ISSUER}:{name}": values for name, values in known.items() if values}},
        }


def repository(name: str, owner_id: int | None, repository_id: int | None) -> str:
    """Return the prefix of a repository's subjects (`owner/name`): the classic form, or with ids the immutable one."""
    if owner_id is None or repository_id is None:
        return f"repo:{name}"
    owner, _, short = name.partition("/")
    return f"repo:{owner}@{owner_id}/{short}@{repository_id}"


def environment(head: str, name: str) -> str:
    """Return the subject of a job that names this environment.

    Args:
        head: see `repository`.
    """
    return f"{head}:environment:{name.replace(':', '%3A')}"


def branch(name: str) -> str:
    """Return the `ref` of a run on a branch."""
    return f"refs/heads/{name}"


def workflows(repository: str, files: Sequence[str], branches: Sequence[str]) -> list[str]:
    """Return the `job_workflow_ref` of jobs that these files define on these branches.

    Args:
        repository: `owner/name`.
    """
    return [f"{repository}/.github/workflows/{file}@{branch(one)}" for file in files for one in branches]


def deploying(
    name: str, head: str, environment_name: str, branches: Sequence[str], files: Sequence[str], repository_id: str = ""
) -> list[Jobs]:
    """Return the environment's jobs on these branches that these files define.

    Args:
        name: `owner/name` of the repository.
    """
    refs = [branch(one) for one in branches]
    return [Jobs([environment(head, environment_name)], refs, workflows(name, files, branches), repository_id)]


def previewing(
    name: str, head: str, branches: Sequence[str], files: Sequence[str], *, pull_requests: bool, repository_id: str = ""
) -> list[Jobs]:
    """Return jobs without an environment: those of these files on these branches, and optionally of pull requests.

    No file is compared for pull requests: whoever opens one writes the files of its run.
    """
    on_branches = Jobs(
        [f"{head}:ref:{branch(one)}" for one in branches],
        [branch(one) for one in branches],
        workflows(name, files, branches),
        repository_id,
    )
    of_pull_requests = Jobs([f"{head}:pull_request"], repository_id=repository_id)
    return [*([on_branches] if branches else []), *([of_pull_requests] if pull_requests else [])]


def provider(account: AccountRegion) -> str:
    """Return the ARN of the account's identity provider for GitHub; there is one per account and issuer."""
    return f"arn:{account.partition}:iam::{account.id}:oidc-provider/{ISSUER}"


def trust(account: AccountRegion, jobs: Sequence[Jobs]) -> str:
    """Return a trust policy that lets any of these jobs assume a role."""
    return policies.document(*(one.statement(account) for one in jobs))

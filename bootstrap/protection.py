"""Checks that GitHub protects an environment, and says what to click where it does not.

The roles' trust policies name branch and workflow, so even an environment without rules gives no other branch a role.
Only GitHub can make a run of the right branch wait for reviewers, and keep anyone from pushing to that branch alone.

Sources in GitHub's REST API documentation: "Get an environment", "List deployment branch policies", "Get a branch",
"Get the customization template for an OIDC subject claim for a repository". The token needs read access to
Actions, administration and contents of the repository.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

SECONDS = 20.0
API = "https://api.github.com"
TOKENS = ("GH_TOKEN", "GITHUB_TOKEN")


class Unanswered(Exception):
    """GitHub could not be asked; the text says why."""


@dataclass(frozen=True)
class Environment:
    """A GitHub environment and the protection that it should have.

    Attributes:
        branches: the only ones that may deploy.
        reviewed: whether somebody must approve.
    """

    repository: str
    name: str
    branches: Sequence[str]
    reviewed: bool

    @property
    def settings(self) -> str:
        return f"https://github.com/{self.repository}/settings"


@dataclass(frozen=True)
class GitHubApi:
    """GitHub's REST API.

    Attributes:
        token: of somebody who may read the repository's settings.
    """

    token: str
    api: str = API

    def get(self, path: str) -> Any:
        """Return the parsed answer; None for 404. Raises Unanswered."""
        request = urllib.request.Request(  # noqa: S310 - GitHub's address, or a test's
            f"{self.api}{path}",
            headers={"Authorization": f"Bearer {self.token}", "Accept": "application/vnd.github+json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise Unanswered(f"GitHub answers {path} with {error.code}") from None
        except (OSError, ValueError) as error:
            raise Unanswered(f"GitHub does not answer {path}: {error}") from None


def found(github: GitHubApi, wanted: Environment) -> list[str]:
    """Return what is not as it should be, each with its fix. Raises Unanswered."""
    repository = f"/repos/{wanted.repository}"
    here = f"{repository}/environments/{quote(wanted.name, safe='')}"
    environment = github.get(here)
    if environment is None:
        return [
            f"the environment {wanted.name} does not exist, or the token may not see it; GitHub makes it without rules"
            f" when a job names it\n  fix: {clicks(wanted)[0]}"
        ]
    policy = environment.get("deployment_branch_policy") or {}
    listed = github.get(f"{here}/deployment-branch-policies") if policy.get("custom_branch_policies") else None
    answers = [rules(environment, (listed or {}).get("branch_policies", []), wanted)]
    for one in wanted.branches:
        branch = github.get(f"{repository}/branches/{quote(one, safe='')}")
        if branch is not None and not branch.get("protected"):
            answers.append(
                [f"the branch {one} is not protected: whoever may push can deploy\n  fix: {clicks(wanted)[-1]}"]
            )
    form = github.get(f"{repository}/actions/oidc/customization/sub") or {}
    if form.get("use_default") is False:
        answers.append(
            [
                "the repository has subjects of its own form, and the roles trust GitHub's default one\n"
                f"  fix: gh api -X PUT {repository[1:]}/actions/oidc/customization/sub -F use_default=true"
            ]
        )
    return [line for report_lines in answers for line in report_lines]


def rules(environment: Mapping[str, Any], policies: Sequence[Mapping[str, Any]], wanted: Environment) -> list[str]:
    """Return what is not as it should be in an environment's own rules.

    Args:
        policies: its deployment branch policies.
    """
    create, branches, reviewers, *_ = clicks(wanted)
    wrong = []
    policy = environment.get("deployment_branch_policy")
    names = sorted(str(one.get("name")) for one in policies)
    if policy is None:
        wrong.append(f"every branch may deploy to {wanted.name}\n  fix: {branches}")
    elif policy.get("custom_branch_policies") and (
        names != sorted(wanted.branches) or any(one.get("type", "branch") != "branch" for one in policies)
    ):
        wrong.append(f"{', '.join(names) or 'nothing'} may deploy to {wanted.name}\n  fix: {branches}")
    elif policy.get("protected_branches"):
        wrong.append(f"every protected branch may deploy to {wanted.name}\n  fix: {branches}")
    if wanted.reviewed:
        found = [one for one in environment.get("protection_rules", []) if one.get("type") == "required_reviewers"]
        if not any(one.get("reviewers") for one in found):
            wrong.append(f"nobody has to approve a deployment to {wanted.name}\n  fix: {reviewers}")
        elif not all(one.get("prevent_self_review") for one in found):
            wrong.append(f"whoever starts a deployment to {wanted.name} may approve it\n  fix: {reviewers}")
        if environment.get("can_admins_bypass"):
            wrong.append(
                f"administrators may pass by the rules of {wanted.name}\n"
                f"  fix: {create}, clear 'Allow administrators to bypass configured protection rules'"
            )
    return wrong


def clicks(wanted: Environment) -> list[str]:
    """Return what to click, in this order: environment, branches, reviewers, the branch's own rules."""
    names = ", ".join(wanted.branches)
    return [
        f"{wanted.settings}/environments, environment {wanted.name}",
        f"{wanted.settings}/environments, {wanted.name}, 'Deployment branches and tags': 'Selected branches and tags',"
        f" a branch rule for each of: {names}",
        f"{wanted.settings}/environments, {wanted.name}, 'Required reviewers' with at least one, and 'Prevent"
        " self-review'",
        f"{wanted.settings}/rules, a branch ruleset for {names}: 'Require a pull request before merging' with an"
        " approval, 'Require review from Code Owners', 'Block force pushes'",
    ]


def by_hand(wanted: Environment) -> list[str]:
    """Return what to do without a token, and how to test it."""
    create, branches, reviewers, rules = clicks(wanted)
    return [
        f"Protect the environment {wanted.name} (no token in {' or '.join(TOKENS)}: GitHub was not asked):",
        *(f"  - {one}" for one in (create, branches, *([reviewers] if wanted.reviewed else []), rules)),
        "  Test it: on another branch, delete the line `if:` of the job in .github/workflows/rollback.yml, push, and",
        f"  gh workflow run rollback.yml --ref BRANCH -f stack={wanted.name} -f reason=test",
        f'  The run must end with "Branch BRANCH is not allowed to deploy to {wanted.name}". Without the branch rule',
        '  it must end with "Not authorized to perform sts:AssumeRoleWithWebIdentity". Delete the branch afterwards.',
    ]


def protection_report(environment: Mapping[str, str], wanted: Environment, api: str = API) -> list[str]:
    """Return the lines to print about an environment's protection.

    Args:
        environment: environment variables of the process, for the token.
    """
    token = next((environment[name] for name in TOKENS if environment.get(name)), "")
    if not token:
        return by_hand(wanted)
    try:
        wrong = found(GitHubApi(token, environment.get("GITHUB_API_URL") or api), wanted)
    except Unanswered as failure:
        return [f"{failure}", *by_hand(wanted)[1:]]
    if not wrong:
        return [f"GitHub protects the environment {wanted.name} as it should."]
    return [f"WARNING: GitHub does not protect the environment {wanted.name}:", *(f"- {one}" for one in wrong)]

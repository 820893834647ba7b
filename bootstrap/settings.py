"""The settings of `make bootstrap` for a stack's account and repository: bootstrap/Pulumi.STACK.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, ValidationInfo, field_validator

from infra.settings.aws import Aws
from infra.settings.reading.explain import mistake
from infra.settings.reading.mistake import ABSENT, Mistake, SettingsError
from infra.settings.reading.placeholder import placeholders
from infra.settings.reading.read import configured
from infra.settings.reading.refusal import end
from infra.settings.values.arns import AccountId
from infra.settings.values.model import Model, refused

UNFILLED = "is a placeholder; write your own value"
GROUP = "arn:aws:ec2:REGION:ACCOUNT:security-group/sg-…"


def _matching(pattern: str, remedy: str) -> AfterValidator:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise refused(remedy)
        return text

    return AfterValidator(check)


Arn = Annotated[str, _matching(r"arn:aws[a-z-]*:[a-z0-9-]+:[^:]*:[^:]*:.+", "is not an ARN; copy it from AWS whole")]
Action = Annotated[
    str,
    _matching(
        r"(?!iam:|sts:|organizations:|account:)[a-z0-9-]+:[A-Za-z*]+",
        "is not an IAM action that an application may be given; write one like s3:GetObject (never of iam, sts,"
        " organizations or account)",
    ),
]


Workflow = Annotated[
    str,
    _matching(r"[\w.-]+\.ya?ml", "is not the file of a workflow; write its name in .github/workflows, like deploy.yml"),
]


Host = Annotated[
    str,
    _matching(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", "is not a host name; write one like shop.example.com"),
]


def unset(value: Any) -> Any:
    """Return None for an empty value: Pulumi.yaml supports only a text or an empty object as default."""
    return None if value in ("", {}) else value


class GitHubSettings(Model):
    """Which jobs may deploy and preview."""

    repository: str
    """`owner/name`."""
    owner_id: int | None = None
    """GitHub's number of the owner. With `repositoryId` the roles trust the immutable form of subjects, which
    repositories created, renamed or moved after 2026-07-15 have; without both the classic form."""
    repository_id: int | None = None
    """GitHub's number of the repository."""
    environment: str | None = None
    """GitHub environment of the deploying job; the stack's name when unset."""
    pull_requests: bool = False
    """Whether jobs of pull requests may take the preview role. They run the pull request's code, so whoever can push a
    branch then reads what that role reads (docs/security.md)."""
    branches: list[str] = Field(default_factory=lambda: ["main"])
    """Branches whose jobs may take the preview role: for the drift check, and for the preview before an approval."""
    deploy_branches: Annotated[list[str], Field(min_length=1)] = Field(default_factory=lambda: ["main"])
    """Branches whose jobs may take the deploy role, in the environment."""
    preview_workflows: Annotated[list[Workflow], Field(min_length=1)] = Field(
        default_factory=lambda: ["deploy.yml", "drift.yml"]
    )
    """Files in `.github/workflows` whose jobs may take the preview role on those branches."""
    deploy_workflows: Annotated[list[Workflow], Field(min_length=1)] = Field(
        default_factory=lambda: ["deploy.yml", "rollback.yml"]
    )
    """Files in `.github/workflows` whose jobs may take the deploy role."""

    @field_validator("repository")
    @classmethod
    def _repository(cls, name: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9-]+/[\w.-]+", name):
            raise refused("is not a repository; write its owner and name like example/shop")
        return name

    @field_validator("repository_id")
    @classmethod
    def _ids(cls, number: int | None, info: ValidationInfo) -> int | None:
        if "owner_id" in info.data and (number is None) != (info.data["owner_id"] is None):
            raise refused("ownerId and repositoryId belong together; write both, or none for the classic form")
        return number

    @field_validator("branches", "deploy_branches")
    @classmethod
    def _branches(cls, branches: list[str]) -> list[str]:
        for branch in branches:
            if "*" in branch or "?" in branch:
                raise refused(f"{branch} is a pattern, and branches are compared exactly; write each branch")
        return branches


class Releases(Model):
    """Who may read what this stack has released, to promote it."""

    readers: list[AccountId] = Field(default_factory=list)
    """Other accounts: the deployers that `make bootstrap` made there may read which image this stack has released last.
    They read nothing else of it, and write nothing."""


class SigningSettings(Model):
    """Signatures of images (docs/signing.md)."""

    key: bool = False
    """Whether the stack signs what it has released: `make bootstrap` makes the key, with which the deploy role alone
    may sign. Its ARN goes into the setting `signing.key` of the stack, and into `signing.trusted` of those that
    promote."""
    trusted: list[Arn] = Field(default_factory=list)
    """ARNs of the keys that the stack verifies signatures with: its setting `signing.trusted`."""


class PromoteFrom(Model):
    """The stack that this one promotes from: the setting `promoteFrom` of the stack itself."""

    stack: str
    """Its name."""
    account: AccountId | None = None
    """The account that holds it; this one when unset."""


class TaskSettings(Model):
    """The most that the stack's tasks may do beside starting, logging and reading the stack's own secrets."""

    secrets: list[Arn] = Field(default_factory=list)
    """ARNs or patterns of further secrets that they read: those of the setting `app.secrets`."""
    check_keys: bool = False
    """Whether the deploy role may read the values of these secrets, so that a key of a secret's JSON that is missing
    (`ARN:key::`) is found before anything runs. Without it ECS finds that, when a task starts."""
    actions: list[Action] = Field(default_factory=list)
    """IAM actions that the policies of the setting `access.policies` may contain, like s3:GetObject."""


class BootstrapSettings(Model):
    """Everything that `make bootstrap` needs to know about one stack."""

    aws: Aws
    """Region and account."""
    github: GitHubSettings
    """Which jobs may deploy and preview."""
    releases: Releases = Field(default_factory=Releases)
    """Who may read what this stack has released."""
    signing: SigningSettings = Field(default_factory=SigningSettings)
    """Signatures of images."""
    promote_from: Annotated[PromoteFrom | None, BeforeValidator(unset)] = None
    """The stack that this one promotes from."""
    shared_account: bool = False
    """Whether this stack may share its account with other stacks where one of them is production. Two stacks that are
    not production may, with a warning."""
    session_seconds: Annotated[int, Field(ge=3600, le=43_200)] = 7200
    """How long the deploy role's credentials may last: longer than migrations and rollout together."""
    delete_snapshots: Annotated[bool | None, BeforeValidator(unset)] = None
    """Whether the deploy role may delete snapshots of the stack's database, to keep the newest alone. Unset: in every
    stack but production, where an administrator deletes them (docs/restore.md)."""
    snapshot_copies: Annotated[Arn | None, BeforeValidator(unset)] = None
    """ARN of the role in another account that copies the snapshots: `snapshot.copyTo.role` of the stack. The deploy
    role may then take it and share the snapshots of before its migrations; name `database.kmsKey` in `existing`."""
    existing: list[Arn] = Field(default_factory=list)
    """ARNs of what the stack uses and does not make: cluster, listener, VPC, topic; a database (`database.existing`)
    with its first security group, to which the stack adds rules; the repository that it promotes from, for the tag by
    which a rollback holds an image."""
    hosted_zones: list[str] = Field(default_factory=list)
    """Ids of the Route 53 zones that it writes records to."""
    hosts: list[Host] = Field(default_factory=list)
    """Host names that it writes records for: the setting `domain.name` of the stack. In the zones it touches no other
    record."""
    tasks: TaskSettings = Field(default_factory=TaskSettings)
    """The most that the stack's tasks may do."""

    @field_validator("hosts")
    @classmethod
    def _hosts(cls, hosts: list[str], info: ValidationInfo) -> list[str]:
        if bool(hosts) != bool(info.data.get("hosted_zones")):
            raise refused(
                "hostedZones and hosts belong together; write the zone and the names that the stack has in it"
            )
        return hosts

    @field_validator("snapshot_copies")
    @classmethod
    def _snapshot_copies(cls, role: str | None, info: ValidationInfo) -> str | None:
        if role is None:
            return role
        if not re.fullmatch(r"arn:[a-z-]+:iam::\d{12}:role/[\w+=,.@/-]+", role):
            raise refused("is not the ARN of one role; write it whole, like arn:aws:iam::ACCOUNT:role/NAME")
        aws = info.data.get("aws")
        if aws is not None and role.split(":")[4] == aws.account:
            raise refused("is a role of this very account, where a copy is no safer; name one of another account")
        return role

    @field_validator("existing")
    @classmethod
    def _existing(cls, existing: list[str]) -> list[str]:
        groups = [arn for arn in existing if ":security-group/" in arn]
        for arn in groups:
            if not re.fullmatch(r"arn:[a-z-]+:ec2:[a-z0-9-]+:\d{12}:security-group/sg-[0-9a-f]+", arn):
                raise refused(f"{arn} is not one security group; write the whole ARN of each, like {GROUP}")
        if not groups and any(re.match(r"arn:[^:]+:rds:[^:]*:[^:]*:db:", arn) for arn in existing):
            raise refused(f"names a database without the security group that must let tasks in; add it, like {GROUP}")
        return existing


def check(stack: str, given: Mapping[str, Any], encrypted: Set[str] = frozenset()) -> BootstrapSettings:
    """Return the typed settings. Raises SettingsError with every mistake that was found."""
    mistakes = [Mistake(key, ABSENT, "nothing here is secret; write it plainly") for key in sorted(encrypted)]
    empty = dict(placeholders(dict(given)))
    mistakes += [Mistake(key, value, UNFILLED) for key, value in empty.items()]
    try:
        settings = BootstrapSettings.model_validate(dict(given))
    except ValidationError as error:
        found = [mistake(BootstrapSettings, details) for details in error.errors(include_url=False)]
        mistakes += [wrong for wrong in found if wrong.key not in empty]
    if mistakes:
        raise SettingsError(stack, mistakes, f"bootstrap/Pulumi.{stack}.yaml")
    return settings


def load(stack: str) -> BootstrapSettings:
    """Return the settings of the current Pulumi stack; exit with one clear error when any is wrong."""
    try:
        return check(stack, *configured())
    except SettingsError as wrong:
        end(str(wrong))

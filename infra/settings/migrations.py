"""The migration steps, and the snapshot of the database before them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, ValidationInfo, field_validator

from infra.settings.values.arns import KeyArn, account_of
from infra.settings.values.container import Command
from infra.settings.values.environment import PROTECTED, Environment
from infra.settings.values.images import TaskImage
from infra.settings.values.model import Model, hidden, refused, repeated
from infra.settings.values.secrets import Asked
from infra.settings.values.variables import Variables
from sluice import sdk as gate

BOOTSTRAP = "bootstrap"
"""Name of the step that the program adds itself, to create the database's roles."""

PENDING = gate.PENDING_STEP

Seconds: TypeAlias = Annotated[int, Field(ge=1, le=86_400)]


class Step(Model):
    """A migration step: a one-off Fargate task of the new image. Steps run in the order of the list."""

    name: Annotated[str, Field(pattern=gate.STEP_NAME)]
    """Unique name, shown in logs and outputs."""
    command: Command
    """Replaces the image's CMD. The image's ENTRYPOINT stays, unless `app.stepEntryPoint` replaces it."""
    phase: gate.Phase = gate.Step.phase
    """`before`: runs before any task of the new version starts. `after`: runs once no task of the previous version is
    left."""
    timeout: Seconds = gate.Step.timeout
    """Seconds until the step's tasks are stopped and the step fails."""
    attempts: Annotated[int, Field(ge=1, le=10)] = gate.Step.attempts
    """How often a task that cannot be started is tried. A migration that ran and failed is not repeated."""
    shards: Annotated[int, Field(ge=1, le=gate.STEP_SHARDS)] = gate.Step.shards
    """Number of parallel tasks that share the step. They read SHARD_INDEX and SHARD_COUNT; all must exit 0."""
    environment: Variables = Field(default_factory=dict)
    """Plain variables of this step, in addition to `app.environment`."""
    secrets: Asked = Field(default_factory=list)
    """Secrets of the service that this step gets: names from `app.secrets`, or `all`. A change runs the steps again."""
    image: TaskImage = None
    """Another image for this step, by digest: `REPOSITORY@sha256:…`, or `sha256:…` for one in the stack's own
    repository. Unset: the new image."""


def check_steps(steps: Sequence[Step], *, roles: bool) -> None:
    """Refuse steps that are not possible together. roles: whether the program adds the bootstrap step."""
    names = [step.name for step in steps]
    if twice := repeated(names):
        raise hidden(f"more than one step is named {twice}; give every step its own name")
    if roles and BOOTSTRAP in names:
        raise hidden(
            f"a step is named {BOOTSTRAP}, like the step that the program adds; remove it (database.bootstrap is its"
            " command), rename it, or set database.roles to false"
        )
    if not any(step.phase == "before" for step in steps):
        raise hidden("no step has phase before, so nothing migrates the database before the rollout; add one")


class CopyTo(Model):
    """Role and key of another account, which copies every snapshot. docs/snapshot-copies.md describes how to create
    them and what a copy costs."""

    role: Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$")]
    """ARN of the role in the other account that copies. It trusts this stack's deploy role and cannot delete
    snapshots."""
    key: KeyArn
    """ARN of that account's KMS key, in the stack's Region, which encrypts the copy."""

    @field_validator("key")
    @classmethod
    def _check_key(cls, key: str, info: ValidationInfo) -> str:
        role = info.data.get("role")
        if role is not None and account_of(key) != account_of(role):
            raise refused(f"is not in the account of snapshot.copyTo.role ({account_of(role)}); name a key in it")
        return key

    @property
    def account(self) -> str:
        """The account that copies."""
        return account_of(self.role)


class Snapshot(Model):
    """An RDS snapshot before the first step of a run. docs/restore.md describes how to restore it."""

    before: bool | None = None
    """Whether a snapshot is taken. Unset: in environment `prod` only."""
    keep: Annotated[int, Field(ge=1, le=gate.MOST_SNAPSHOTS)] = gate.SnapshotRequest.keep
    """Number of this stack's snapshots to keep. The first snapshot for the current image is always kept."""
    timeout: Seconds = gate.SnapshotRequest.timeout
    """Seconds until the snapshot must be available. Otherwise no step runs."""
    pending: Command | None = None
    """Command of the image that exits 0 when no migration is pending; then no snapshot is taken. Unset: a snapshot is
    always taken."""
    secrets: Asked = Field(default_factory=list)
    """Secrets of the service that `pending` gets: names from `app.secrets`, or `all`."""
    copy_to: CopyTo | None = None
    """Another account that copies each snapshot. The run does not wait for the copy. A copy that fails is logged and
    sent to `notify`, and does not fail the run. Needs `database.kmsKey`."""

    @field_validator("pending")
    @classmethod
    def _check_pending(cls, command: list[str] | None, info: ValidationInfo) -> list[str] | None:
        if command is not None and info.data.get("before") is False:
            raise refused("does not run while snapshot.before is false; remove it, or set before to true")
        return command

    @field_validator("secrets")
    @classmethod
    def _check_secrets(cls, secrets: Literal["all"] | list[str], info: ValidationInfo) -> Literal["all"] | list[str]:
        if secrets and info.data.get("pending", "") is None:
            raise hidden("have no effect without snapshot.pending; remove them")
        return secrets

    @field_validator("copy_to")
    @classmethod
    def _check_copy_to(cls, copy_to: CopyTo | None, info: ValidationInfo) -> CopyTo | None:
        if copy_to is not None and info.data.get("before") is False:
            raise hidden("has no effect while snapshot.before is false; remove it, or set before to true")
        return copy_to

    def taken_in(self, environment: Environment) -> bool:
        """Whether a snapshot is taken; the setting, or the environment's default."""
        return environment in PROTECTED if self.before is None else self.before

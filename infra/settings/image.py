"""The image that is deployed: its repository, its scan, its signature, and the stack that it is promoted from."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, ValidationInfo, field_validator

from infra.settings.values.arns import AccountId, KeyArn, Region
from infra.settings.values.environment import KEEPING, Environment
from infra.settings.values.model import Model, hidden, refused, repeated

Severity: TypeAlias = Literal["critical", "high", "off"]

SHORTEST_REASON = 10
"""Characters of the reason for an exception."""

LONGEST_EXCEPTION = timedelta(days=366)
"""Time until an exception ends, so that somebody reviews it."""

MOST_TRUSTED_KEYS = 5
"""Trusted signing keys: verification costs one call per key and signature."""


class Promotion(Model):
    """Account and Region of the stack in `promoteFrom`. This stack reads there which image was released, and nothing
    else. The two stacks share no Pulumi state and no encryption key."""

    account: AccountId | None = None
    """AWS account of that stack and its image, twelve digits. Unset: this stack's account."""
    region: Region | None = None
    """AWS Region of that stack. Unset: this stack's Region."""


class Registry(Model):
    """The ECR repository of a stack that builds its image. Images that a stack runs, and images on hold, are never
    deleted (docs/images.md)."""

    pullers: list[AccountId] = Field(default_factory=list)
    """Other AWS accounts that pull images from here because their stacks promote this one's; twelve digits in quotes
    each."""
    keep: bool | None = None
    """Whether `pulumi destroy` keeps the repository and its images, because other stacks run them. Unset: kept in
    staging and prod."""
    keep_releases: Annotated[int, Field(ge=10, le=10_000)] = 500
    """Number of released images to keep, newest first. Stacks in another AWS account usually cannot tag the image that
    they run, so keep more releases than they are behind."""
    keep_days: Annotated[int, Field(ge=7, le=3650)] = 30
    """Days that an image which was never released is kept."""

    @field_validator("pullers")
    @classmethod
    def _check_pullers(cls, pullers: list[str]) -> list[str]:
        if twice := repeated(pullers):
            raise refused(f"{twice} is listed more than once; list every account once")
        return pullers

    def kept_in(self, environment: Environment) -> bool:
        """Whether `pulumi destroy` keeps the images; the setting, or the environment's default."""
        return environment in KEEPING if self.keep is None else self.keep


class Accepted(Model):
    """A vulnerability that is accepted until a date."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9:._-]{2,63}$")]
    """Id in the scan's findings, like CVE-2024-3094."""
    reason: str
    """Why it does no harm here."""
    until: str
    """Last day on which it is accepted, like `"2026-12-31"` in quotes, at most one year from today. From the next day
    on, an image that has it is refused."""

    @field_validator("reason")
    @classmethod
    def _check_reason(cls, text: str) -> str:
        if len(text.strip()) < SHORTEST_REASON:
            raise refused(f"is too short; write in at least {SHORTEST_REASON} characters why it does no harm here")
        return text

    @field_validator("until")
    @classmethod
    def _check_until(cls, day: str) -> str:
        try:
            last = date.fromisoformat(day)
        except ValueError as error:
            raise refused('is not a date; write one like "2026-12-31", in quotes') from error
        if last - datetime.now(UTC).date() > LONGEST_EXCEPTION:
            raise refused("is more than one year from today; write an earlier date, on which somebody reviews it")
        return day


class Scan(Model):
    """ECR scans an image for vulnerabilities when it is pushed. The gate waits for the result of a new image and judges
    it before the migrations run (docs/scan.md)."""

    severity: Severity | None = None
    """Lowest severity that refuses an image; `off` accepts every image. Unset: `critical` in staging and prod, `off`
    elsewhere."""
    unscanned: Literal["warn", "refuse"] = "warn"
    """What to do with an image that has no scan result: its registry is not ECR, scanning is off, or ECR cannot scan
    its operating system."""
    timeout: Annotated[int, Field(ge=60, le=7200)] = 900
    """Seconds to wait for the scan."""
    exceptions: list[Accepted] = Field(default_factory=list)
    """Vulnerabilities that are accepted until a date."""

    @field_validator("exceptions")
    @classmethod
    def _check_exceptions(cls, exceptions: list[Accepted], info: ValidationInfo) -> list[Accepted]:
        if twice := repeated([exception.id.upper() for exception in exceptions]):
            raise hidden(f"{twice} is listed more than once; list every vulnerability once")
        if exceptions and info.data.get("severity") == "off":
            raise hidden("have no effect with scan.severity off; remove them, or set severity to critical or high")
        return exceptions

    def severity_in(self, environment: Environment) -> Severity:
        """Lowest severity that refuses an image; the setting, or the environment's default."""
        return self.severity or ("critical" if environment in KEEPING else "off")


class Signing(Model):
    """A stack that builds its image signs it after the release. A stack that takes an image from elsewhere verifies the
    signature before it changes anything. Signatures are in cosign's format, stored beside the image
    (docs/signing.md)."""

    key: KeyArn | None = None
    """ARN of the KMS key that signs (key spec ECC_NIST_P256, key usage SIGN_VERIFY); `make bootstrap` creates one with
    its setting `signing`. Unset: images are not signed. Only for a stack that builds its image."""
    trusted: Annotated[list[KeyArn], Field(max_length=MOST_TRUSTED_KEYS)] = Field(default_factory=list)
    """ARNs of KMS keys, one of which must have signed the image. Empty: no signature is needed. Only for a stack with
    `promoteFrom` or `image`."""

    @field_validator("trusted")
    @classmethod
    def _check_trusted(cls, trusted: list[str]) -> list[str]:
        if twice := repeated(trusted):
            raise refused(f"{twice} is listed more than once; list every key once")
        return trusted

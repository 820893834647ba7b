"""Which known weaknesses an image may be deployed with."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, ValidationInfo, field_validator

from infra.settings.values.environment import KEEPING, Environment
from infra.settings.values.model import Model, hidden, refused

Severity: TypeAlias = Literal["critical", "high", "off"]

REASON = 10
"""Characters of the shortest reason."""

LONGEST = timedelta(days=366)
"""How far ahead an exception may end: what nobody looks at again is no exception."""


class Accepted(Model):
    """A weakness that an image may be deployed with for a while."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9:._-]{2,63}$")]
    """As the scan calls it, like CVE-2024-3094."""
    reason: str
    """Why it does no harm here, for whoever reads it later."""
    until: str
    """The last day on which it is accepted, like `"2026-12-31"`, in quotes, at most a year from today. An image that
    still has it afterwards is refused."""

    @field_validator("reason")
    @classmethod
    def _reason(cls, text: str) -> str:
        if len(text.strip()) < REASON:
            raise refused(f"says too little; write in {REASON} characters or more why it does no harm here")
        return text

    @field_validator("until")
    @classmethod
    def _until(cls, day: str) -> str:
        try:
            last = date.fromisoformat(day)
        except ValueError as error:
            raise refused('is not a day; write one like "2026-12-31", in quotes') from error
        if last - datetime.now(UTC).date() > LONGEST:
            raise refused("is more than a year away; write a day within a year, on which somebody looks at it again")
        return day


class Scan(Model):
    """ECR scans an image for known weaknesses when it is pushed. A new image's result is awaited and judged before its
    migrations run (docs/scan.md)."""

    severity: Severity | None = None
    """The mildest weakness that refuses an image; `off` judges nothing. Unset: `critical` in staging and prod, `off`
    elsewhere."""
    unscanned: Literal["warn", "refuse"] = "warn"
    """What happens to an image without a result: its registry is not ECR, scanning is off, or ECR cannot scan its
    operating system."""
    timeout: Annotated[int, Field(ge=60, le=7200)] = 900
    """Seconds that the scan may take."""
    exceptions: list[Accepted] = Field(default_factory=list)
    """Weaknesses that are accepted for a while."""

    @field_validator("exceptions")
    @classmethod
    def _exceptions(cls, exceptions: list[Accepted], info: ValidationInfo) -> list[Accepted]:
        ids = [one.id.upper() for one in exceptions]
        if twice := sorted({one for one in ids if ids.count(one) > 1}):
            raise hidden(f"{', '.join(twice)} is named more than once; name every weakness once")
        if exceptions and info.data.get("severity") == "off":
            raise hidden("are of no use with scan.severity off; remove them, or set severity to critical or high")
        return exceptions

    def severity_in(self, environment: Environment) -> Severity:
        """The severity in an environment, where the settings leave it open."""
        return self.severity or ("critical" if environment in KEEPING else "off")

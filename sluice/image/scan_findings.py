"""What a scan found in an image, and whether it may be deployed with that. Pure.

Sources: DescribeImageScanFindings in the ECR API reference (ImageScanFinding of basic, EnhancedImageScanFinding of
enhanced scanning).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

Severity = Literal["critical", "high", "off"]

ORDER = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNTRIAGED", "UNDEFINED")
"""ECR's words, the worst first."""

REFUSED: Mapping[str, tuple[str, ...]] = {"critical": ("CRITICAL",), "high": ("CRITICAL", "HIGH"), "off": ()}
"""Which of them refuse an image, by the setting `scan.severity`."""

SOON = timedelta(days=14)
"""How long before an exception ends people hear of it."""

LISTED = 20
"""Findings that a refusal lists; the log has the others."""


@dataclass(frozen=True)
class ImageFinding:
    """A known weakness in an image.

    Attributes:
        id: like CVE-2024-3094.
        severity: ECR's word, in capitals.
        package, version: what has it, as installed; empty where the scan does not say.
        fixed: the version without it; empty where none is known.
        uri: a page about it.
    """

    id: str
    severity: str
    package: str = ""
    version: str = ""
    fixed: str = ""
    uri: str = ""

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> ImageFinding:
        """From an element of `findings` or of `enhancedFindings`."""
        severity = str(found.get("severity") or "UNDEFINED")
        details = found.get("packageVulnerabilityDetails")
        if details is not None:
            package: Mapping[str, Any] = next(iter(details.get("vulnerablePackages") or []), {})
            fixed = str(package.get("fixedInVersion") or "")
            return cls(
                id=str(details.get("vulnerabilityId") or found.get("title") or "unknown"),
                severity=severity,
                package=str(package.get("name") or ""),
                version=str(package.get("version") or ""),
                fixed="" if fixed == "NotAvailable" else fixed,
                uri=str(details.get("sourceUrl") or ""),
            )
        attributes = {str(one.get("key")): str(one.get("value")) for one in found.get("attributes") or []}
        return cls(
            id=str(found.get("name") or "unknown"),
            severity=severity,
            package=attributes.get("package_name", ""),
            version=attributes.get("package_version", ""),
            uri=str(found.get("uri") or ""),
        )

    def __str__(self) -> str:
        where = f" in {self.package} {self.version}".rstrip() if self.package else ""
        fixed = f", fixed in {self.fixed}" if self.fixed else ""
        return f"{self.id} ({self.severity}){where}{fixed}" + (f": {self.uri}" if self.uri else "")


@dataclass(frozen=True)
class Accepted:
    """A finding that is accepted for a while.

    Attributes:
        id: of the finding.
        reason: why, for whoever reads it later.
        until: the last day.
    """

    id: str
    reason: str
    until: date

    @classmethod
    def parse(cls, said: Mapping[str, Any]) -> Accepted:
        """From the inputs. Raises ValueError naming what is wrong."""
        unknown = sorted(set(said) - {"id", "reason", "until"})
        missing = [key for key in ("id", "reason", "until") if not said.get(key)]
        if unknown or missing:
            raise ValueError(f"an exception has id, reason and until; wrong: {', '.join(unknown + missing)}")
        try:
            until = date.fromisoformat(str(said["until"]))
        except ValueError:
            raise ValueError(f"{said['id']}: until is {said['until']!r}; write a day like 2026-12-31") from None
        return cls(str(said["id"]), str(said["reason"]), until)

    def covers(self, finding: ImageFinding) -> bool:
        """Return whether it is about a finding."""
        return self.id.upper() == finding.id.upper()


@dataclass(frozen=True)
class ScanSettings:
    """Which findings refuse an image.

    Attributes:
        severity: of the findings that refuse an image.
        exceptions: those that are accepted.
    """

    severity: Severity
    exceptions: Sequence[Accepted] = ()


@dataclass(frozen=True)
class ScanVerdict:
    """What the findings of a scan mean for the image.

    Attributes:
        refused: findings that nothing covers.
        expired: exceptions that would cover some of them, had they not ended.
        accepted: findings that one covers.
        warnings: for people.
    """

    refused: Sequence[ImageFinding]
    expired: Sequence[Accepted]
    accepted: Sequence[ImageFinding]
    warnings: Sequence[str]

    @property
    def passes(self) -> bool:
        """Return whether the image may be deployed."""
        return not self.refused


def judge_findings(findings: Sequence[ImageFinding], settings: ScanSettings, today: date) -> ScanVerdict:
    """Return whether an image with these findings may be deployed. An exception covers its finding up to its last
    day."""
    bad = [one for one in findings if one.severity in REFUSED[settings.severity]]
    current = [one for one in settings.exceptions if one.until >= today]
    ended = [one for one in settings.exceptions if one.until < today]
    accepted = [one for one in bad if any(each.covers(one) for each in current)]
    refused = sorted(
        {one for one in bad if one not in accepted}, key=lambda one: (ORDER.index(one.severity), one.id, one.package)
    )
    expired = [each for each in ended if any(each.covers(one) for one in refused)]
    return ScanVerdict(refused, expired, accepted, list(_warnings(findings, settings.exceptions, today)))


def _warnings(findings: Sequence[ImageFinding], exceptions: Sequence[Accepted], today: date) -> list[str]:
    said = []
    for one in exceptions:
        if not any(one.covers(finding) for finding in findings):
            said.append(f"scan.exceptions: the image has no {one.id}; remove the exception")
        elif today <= one.until <= today + SOON:
            said.append(f"scan.exceptions: the one for {one.id} ends on {one.until}; images with it are refused then")
    return said


def counts(findings: Sequence[ImageFinding]) -> dict[str, int]:
    """Return how many there are of each severity, the worst first."""
    found = {severity: sum(one.severity == severity for one in findings) for severity in ORDER}
    return {severity: number for severity, number in found.items() if number}


def refusal(image: str, verdict: ScanVerdict, look: str) -> str:
    """Return why an image is refused, for people.

    Args:
        look: the command that shows all findings.
    """
    number = len(verdict.refused)
    lines = [
        f"the image {image} has {number} known weakness{'es' if number != 1 else ''} that no exception covers, so no"
        " migration was started and nothing was deployed; what served goes on serving"
    ]
    lines += [f"  {one}" for one in verdict.refused[:LISTED]]
    if number > LISTED:
        lines.append(f"  and {number - LISTED} more")
    lines.append("cause: " + _cause(verdict))
    fixable = sorted({one.id for one in verdict.refused if one.fixed})
    update = f" (a fixed version is known of {', '.join(fixable[:5])})" if fixable else ""
    lines.append(
        f"fix: build it on a newer base image with newer packages{update}; what cannot be fixed yet goes into"
        " scan.exceptions with id, reason and until"
    )
    lines.append(f"log: {look}")
    return "\n".join(lines)


def _cause(verdict: ScanVerdict) -> str:
    if not verdict.expired:
        return "ECR's scan of the image found them"
    ended = ", ".join(f"{one.id} on {one.until} ({one.reason})" for one in verdict.expired)
    return f"exceptions in scan.exceptions have expired: {ended}; fix the finding, or decide anew and write a later day"

"""Decides whether an image may be deployed with the findings of its scan. Pure.

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
"""ECR's severities, the worst first."""

REFUSED: Mapping[str, tuple[str, ...]] = {"critical": ("CRITICAL",), "high": ("CRITICAL", "HIGH"), "off": ()}
"""The severities that refuse an image, by the setting `scan.severity`."""

SOON = timedelta(days=14)
"""Time before the end of an exception when warnings begin."""

LISTED = 20
"""Findings that a refusal lists; the log has the others."""


@dataclass(frozen=True)
class ImageFinding:
    """A known vulnerability in an image.

    Attributes:
        id: like CVE-2024-3094.
        severity: ECR's severity, in capitals.
        package, version: the affected package; empty where the scan names none.
        fixed: the version that fixes it; empty where none is known.
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
        """Parse an element of `findings` or of `enhancedFindings`."""
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
class ScanException:
    """A finding that is accepted until a day.

    Attributes:
        id: of the finding.
        reason: why it is accepted.
        until: the last day.
    """

    id: str
    reason: str
    until: date

    @classmethod
    def parse(cls, said: Mapping[str, Any]) -> ScanException:
        """Parse the inputs. Raises ValueError that names what is wrong."""
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
        """Return whether it accepts a finding."""
        return self.id.upper() == finding.id.upper()


@dataclass(frozen=True)
class ScanSettings:
    """Which findings refuse an image.

    Attributes:
        severity: of the findings that refuse an image.
        exceptions: those that are accepted.
    """

    severity: Severity
    exceptions: Sequence[ScanException] = ()


@dataclass(frozen=True)
class ScanVerdict:
    """The verdict on the findings of a scan.

    Attributes:
        refused: findings without an exception.
        expired: expired exceptions for some of them.
        accepted: findings with an exception.
        warnings: texts for the user.
    """

    refused: Sequence[ImageFinding]
    expired: Sequence[ScanException]
    accepted: Sequence[ImageFinding]
    warnings: Sequence[str]

    @property
    def passes(self) -> bool:
        """Return whether the image may be deployed."""
        return not self.refused


def judge_findings(findings: Sequence[ImageFinding], settings: ScanSettings, today: date) -> ScanVerdict:
    """Decide whether an image with these findings may be deployed. An exception is valid up to its last day."""
    bad = [one for one in findings if one.severity in REFUSED[settings.severity]]
    current = [one for one in settings.exceptions if one.until >= today]
    ended = [one for one in settings.exceptions if one.until < today]
    accepted = [one for one in bad if any(each.covers(one) for each in current)]
    refused = sorted(
        {one for one in bad if one not in accepted}, key=lambda one: (ORDER.index(one.severity), one.id, one.package)
    )
    expired = [each for each in ended if any(each.covers(one) for one in refused)]
    return ScanVerdict(refused, expired, accepted, list(_warnings(findings, settings.exceptions, today)))


def _warnings(findings: Sequence[ImageFinding], exceptions: Sequence[ScanException], today: date) -> list[str]:
    said = []
    for one in exceptions:
        if not any(one.covers(finding) for finding in findings):
            said.append(f"scan.exceptions: the image has no {one.id}; remove the exception")
        elif today <= one.until <= today + SOON:
            said.append(f"scan.exceptions: {one.id} expires on {one.until}; images with it are refused after that")
    return said


def counts(findings: Sequence[ImageFinding]) -> dict[str, int]:
    """Return the number of findings of each severity, the worst first."""
    found = {severity: sum(one.severity == severity for one in findings) for severity in ORDER}
    return {severity: number for severity, number in found.items() if number}


def refusal(image: str, verdict: ScanVerdict, command: str) -> str:
    """Return the error text of a refused image.

    Args:
        command: the AWS CLI command that shows all findings.
    """
    number = len(verdict.refused)
    text = [
        f"the image {image} has {number} known vulnerabilit{'ies' if number != 1 else 'y'} without an exception. No"
        " migration ran and the service was not changed."
    ]
    text += [f"  {one}" for one in verdict.refused[:LISTED]]
    if number > LISTED:
        text.append(f"  and {number - LISTED} more")
    text.append("cause: " + _cause(verdict))
    fixable = sorted({one.id for one in verdict.refused if one.fixed})
    update = f" (a fixed version is known of {', '.join(fixable[:5])})" if fixable else ""
    text.append(
        f"fix: build it on a newer base image with newer packages{update}; add what cannot be fixed yet to"
        " scan.exceptions with id, reason and until"
    )
    text.append(f"log: {command}")
    return "\n".join(text)


def _cause(verdict: ScanVerdict) -> str:
    if not verdict.expired:
        return "ECR's image scan found them"
    ended = ", ".join(f"{one.id} on {one.until} ({one.reason})" for one in verdict.expired)
    return f"exceptions in scan.exceptions have expired: {ended}; fix the finding, or extend its exception"

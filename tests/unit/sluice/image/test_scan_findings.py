"""Whether an image may be deployed with what a scan found: every case as plain data."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from sluice.image.scan_findings import (
    LISTED,
    ImageFinding,
    ScanException,
    ScanSettings,
    Severity,
    counts,
    judge_findings,
    refusal,
)

TODAY = date(2026, 3, 10)
XZ = ImageFinding("CVE-2024-3094", "CRITICAL", "xz-utils", "5.6.0", "5.6.2", "https://nvd.example/CVE-2024-3094")
ZLIB = ImageFinding("CVE-2023-45853", "CRITICAL", "zlib1g", "1.2.13")
CURL = ImageFinding("CVE-2023-38545", "HIGH", "curl", "7.88.1", "8.4.0")
TAR = ImageFinding("CVE-2005-2541", "LOW", "tar", "1.34")
IMAGE = "shop@sha256:" + "ab" * 32


def until(day: str, finding: ImageFinding = XZ) -> ScanException:
    return ScanException(finding.id, "not reachable from outside", date.fromisoformat(day))


CASES: list[tuple[str, list[ImageFinding], Severity, list[ScanException], list[ImageFinding], list[str]]] = [
    # what, findings, severity, exceptions; refused, ids of expired exceptions
    ("nothing found", [], "critical", [], [], []),
    ("nothing that matters", [TAR], "high", [], [], []),
    ("high where critical counts", [CURL, TAR], "critical", [], [], []),
    ("high where high counts", [CURL], "high", [], [CURL], []),
    ("critical where high counts", [XZ], "high", [], [XZ], []),
    ("the worst first", [CURL, XZ, TAR], "high", [], [XZ, CURL], []),
    ("switched off", [XZ, CURL], "off", [], [], []),
    ("accepted", [XZ], "critical", [until("2026-12-31")], [], []),
    ("accepted in other letters", [XZ], "critical", [ScanException("cve-2024-3094", "r", TODAY)], [], []),
    ("on the last day", [XZ], "critical", [until("2026-03-10")], [], []),
    ("on the day after", [XZ], "critical", [until("2026-03-09")], [XZ], ["CVE-2024-3094"]),
    ("expired, and not in the image any more", [TAR], "critical", [until("2026-03-09")], [], []),
    ("expired, and too mild to matter", [CURL], "critical", [until("2026-03-09", CURL)], [], []),
    ("one of two accepted", [XZ, ZLIB], "critical", [until("2026-12-31")], [ZLIB], []),
    ("one accepted, one expired", [XZ, ZLIB], "critical", [until("2026-12-31"), until("2026-01-01", ZLIB)], [ZLIB],
     ["CVE-2023-45853"]),
    ("another finding's exception", [XZ], "critical", [until("2026-12-31", ZLIB)], [XZ], []),
    ("the same in two packages", [XZ, ImageFinding(XZ.id, "CRITICAL", "liblzma5")], "critical", [until("2026-12-31")],
     [], []),
    ("found twice", [XZ, XZ], "critical", [], [XZ], []),
    ("a severity that nobody has decided", [ImageFinding("CVE-1", "UNTRIAGED")], "high", [], [], []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("findings", "severity", "exceptions", "refused", "expired"),
    [case[1:] for case in CASES],
    ids=[c[0] for c in CASES],
)
def test_what_refuses_an_image(
    findings: list[ImageFinding],
    severity: Severity,
    exceptions: list[ScanException],
    refused: list[ImageFinding],
    expired: list[str],
) -> None:
    verdict = judge_findings(findings, ScanSettings(severity, exceptions), TODAY)
    assert list(verdict.refused) == refused
    assert [one.id for one in verdict.expired] == expired
    assert verdict.passes is (not refused)


@pytest.mark.parametrize(
    ("findings", "exceptions", "said"),
    [
        ([XZ], [until("2026-12-31")], []),
        ([XZ], [until("2026-03-20")], ["CVE-2024-3094 expires on 2026-03-20"]),
        ([TAR], [until("2026-12-31")], ["has no CVE-2024-3094; remove the exception"]),
        ([TAR], [until("2025-12-31")], ["has no CVE-2024-3094; remove the exception"]),
    ],
)
def test_what_people_hear_of_exceptions(
    findings: list[ImageFinding], exceptions: list[ScanException], said: list[str]
) -> None:
    warnings = judge_findings(findings, ScanSettings("critical", exceptions), TODAY).warnings
    assert len(warnings) == len(said)
    assert all(part in text for part, text in zip(said, warnings, strict=True))


def refused(findings: list[ImageFinding], *exceptions: ScanException) -> str:
    return refusal(IMAGE, judge_findings(findings, ScanSettings("high", exceptions), TODAY), "aws ecr look")


def test_a_refusal_says_what_why_and_what_to_do() -> None:
    lines = refused([XZ, CURL]).splitlines()
    assert lines[0].startswith(f"the image {IMAGE} has 2 known vulnerabilities without an exception")
    assert "the service was not changed" in lines[0]
    assert lines[1] == (
        "  CVE-2024-3094 (CRITICAL) in xz-utils 5.6.0, fixed in 5.6.2: https://nvd.example/CVE-2024-3094"
    )
    assert lines[3] == "cause: ECR's image scan found them"
    assert lines[4].startswith("fix: build it on a newer base")
    assert "CVE-2023-38545, CVE-2024-3094" in lines[4]
    assert "scan.exceptions" in lines[4]
    assert lines[5] == "log: aws ecr look"


def test_an_expired_exception_is_named_with_its_day_and_reason() -> None:
    [cause] = [line for line in refused([XZ], until("2026-03-09")).splitlines() if line.startswith("cause:")]
    assert "CVE-2024-3094 on 2026-03-09 (not reachable from outside)" in cause


def test_a_long_list_is_cut() -> None:
    text = refused([ImageFinding(f"CVE-2026-{number:04}", "HIGH") for number in range(LISTED + 3)])
    assert "  and 3 more" in text
    assert text.count("CVE-2026-") == LISTED


def test_findings_are_counted_the_worst_first() -> None:
    assert list(counts([TAR, XZ, CURL, ZLIB]).items()) == [("CRITICAL", 2), ("HIGH", 1), ("LOW", 1)]


BASIC = {
    "name": "CVE-2024-3094",
    "severity": "CRITICAL",
    "uri": "https://nvd.example/CVE-2024-3094",
    "attributes": [{"key": "package_version", "value": "5.6.0"}, {"key": "package_name", "value": "xz-utils"}],
}
ENHANCED = {
    "severity": "CRITICAL",
    "title": "CVE-2024-3094 - xz-utils",
    "packageVulnerabilityDetails": {
        "vulnerabilityId": "CVE-2024-3094",
        "sourceUrl": "https://nvd.example/CVE-2024-3094",
        "vulnerablePackages": [{"name": "xz-utils", "version": "5.6.0", "fixedInVersion": "5.6.2"}],
    },
}


@pytest.mark.parametrize(
    ("said", "finding"),
    [
        (BASIC, ImageFinding(XZ.id, "CRITICAL", "xz-utils", "5.6.0", "", XZ.uri)),
        (ENHANCED, XZ),
        ({"severity": "HIGH"}, ImageFinding("unknown", "HIGH")),
        (
            {"severity": "HIGH", "packageVulnerabilityDetails": {"vulnerabilityId": "A-1", "vulnerablePackages": []}},
            ImageFinding("A-1", "HIGH"),
        ),
        (
            {"packageVulnerabilityDetails": {"vulnerablePackages": [{"fixedInVersion": "NotAvailable"}]}},
            ImageFinding("unknown", "UNDEFINED"),
        ),
    ],
)
def test_both_kinds_of_scanning_are_read(said: dict[str, Any], finding: ImageFinding) -> None:
    assert ImageFinding.of(said) == finding


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"id": "CVE-1", "reason": "r"}, "until"),
        ({"id": "CVE-1", "reason": "r", "until": "soon"}, "CVE-1: until is 'soon'"),
        ({"id": "CVE-1", "reason": "", "until": "2026-01-01"}, "reason"),
        ({"id": "CVE-1", "reason": "r", "until": "2026-01-01", "why": "x"}, "why"),
    ],
)
def test_an_exception_is_whole(said: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        ScanException.parse(said)

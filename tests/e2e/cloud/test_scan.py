"""ECR's scan of an image, as the gate waits for it and reads it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sluice.aws.repository import EcrRepository
from sluice.clock import SystemClock
from sluice.image.image_scan import Scanned, ScanResult, Unscanned, await_scan
from tests.e2e.cloud.stage import Stage

FILE = "scan-findings.json"  # emulator.cloud.ecr.scan.FILE, which only MiniStack's environment can import


@pytest.fixture(scope="module")
def digest(stage: Stage) -> str:
    return stage.push("scanned").rpartition("@")[2]


@pytest.fixture
def told(stage: Stage) -> Iterator[Path]:
    """The file that says what is found."""
    file = stage.cloud.local_dir / FILE
    yield file
    file.unlink(missing_ok=True)


def on_push(stage: Stage, on: bool) -> None:
    stage.ecr.put_image_scanning_configuration(repositoryName="app", imageScanningConfiguration={"scanOnPush": on})


def awaited(stage: Stage, digest: str, deadline: float = 30) -> ScanResult | Unscanned:
    image, clock = Scanned(EcrRepository("", "", "app"), digest, "linux/amd64"), SystemClock(threading.Event())
    return await_scan(stage.ecr, clock, lambda text: None, image, deadline)


def found(severity: str, number: int) -> list[dict[str, Any]]:
    return [{"name": f"CVE-2026-{place:04}", "severity": severity} for place in range(number)]


def test_what_is_pushed_has_a_result_without_findings(stage: Stage, digest: str) -> None:
    on_push(stage, True)
    scan = awaited(stage, digest)
    assert isinstance(scan, ScanResult)
    assert (scan.findings, bool(scan.completed)) == ((), True)


def test_where_nothing_scans_there_is_none(stage: Stage, digest: str) -> None:
    on_push(stage, False)
    with pytest.raises(ClientError, match="ScanNotFoundException"):
        stage.ecr.describe_image_scan_findings(repositoryName="app", imageId={"imageDigest": digest})
    with pytest.raises(ClientError, match="ImageNotFoundException"):
        stage.ecr.describe_image_scan_findings(repositoryName="app", imageId={"imageDigest": "sha256:" + "0" * 64})


def test_findings_are_read_page_by_page(stage: Stage, digest: str, told: Path) -> None:
    on_push(stage, True)
    told.write_text(json.dumps({digest: {"findings": found("CRITICAL", 2) + found("LOW", 120)}, "*": {"findings": []}}))
    scan = awaited(stage, digest)
    assert isinstance(scan, ScanResult)
    assert [one.severity for one in scan.findings].count("CRITICAL") == 2
    assert len(scan.findings) == 122


def test_a_scan_that_cannot_be_says_why(stage: Stage, digest: str, told: Path) -> None:
    told.write_text(json.dumps({"*": {"status": "UNSUPPORTED_IMAGE", "description": "no such system"}}))
    assert awaited(stage, digest) == Unscanned("UNSUPPORTED_IMAGE, no such system")


def test_one_that_goes_on_is_waited_for(stage: Stage, digest: str, told: Path) -> None:
    told.write_text(json.dumps({"*": {"status": "IN_PROGRESS"}}))
    threading.Timer(2, lambda: told.write_text(json.dumps({"*": {"findings": found("HIGH", 1)}}))).start()
    scan = awaited(stage, digest)
    assert isinstance(scan, ScanResult)
    assert [one.severity for one in scan.findings] == ["HIGH"]

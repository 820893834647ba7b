"""Waiting for ECR's scan, and the resource that judges it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sluice.aws.repository import EcrRepository
from sluice.clock import Halt
from sluice.errors import GateError, Interrupted
from sluice.image.image_scan import Scanned, ScanResult, Unscanned, await_scan
from sluice.protocol.resource import Properties, Refused, ResourceState
from sluice.protocol.values import UNKNOWN
from sluice.provider.image_scan import ImageScan
from tests.unit.sluice.migration.simulation import Clock, client_error
from tests.unit.sluice.provider.resources import Account, Lines, call, no_account, run

DIGEST, PART = "sha256:" + "ab" * 32, "sha256:" + "cd" * 32
IMAGE = Scanned(EcrRepository("", "", "shop"), DIGEST, "linux/amd64")
XZ = {"name": "CVE-2024-3094", "severity": "CRITICAL"}
INDEX = {
    "manifests": [
        {"digest": PART, "platform": {"os": "linux", "architecture": "amd64"}},
        {"digest": "sha256:" + "ef" * 32, "platform": {"os": "unknown", "architecture": "unknown"}},
    ]
}


class Ecr:
    """Answers with one status after the other; the last one stays. Findings come in pages of one."""

    def __init__(
        self, *statuses: str, findings: Sequence[dict[str, Any]] = (), index: bool = False, enhanced: bool = False
    ) -> None:
        self.statuses, self.findings, self.index = list(statuses), list(findings), index
        self.kind = "enhancedFindings" if enhanced else "findings"
        self.asked: list[str] = []

    def describe_image_scan_findings(self, **request: Any) -> dict[str, Any]:
        digest = request["imageId"]["imageDigest"]
        if "nextToken" not in request:
            self.asked.append(digest)
        if self.index and digest != PART:
            raise client_error("ScanNotFoundException", "DescribeImageScanFindings")
        first = "nextToken" not in request
        status = self.statuses.pop(0) if first and len(self.statuses) > 1 else self.statuses[0]
        if status.endswith("Exception"):
            raise client_error(status, "DescribeImageScanFindings")
        at = int(request.get("nextToken", 0))
        page = {self.kind: self.findings[at : at + 1], "imageScanCompletedAt": datetime(2026, 3, 10, tzinfo=UTC)}
        more = {"nextToken": str(at + 1)} if at + 1 < len(self.findings) else {}
        return {"imageScanStatus": {"status": status, "description": "why"}, "imageScanFindings": page, **more}

    def batch_get_image(self, **request: Any) -> dict[str, Any]:
        manifest = INDEX if self.index else {"config": {"digest": DIGEST}}
        return {"images": [{"imageManifest": json.dumps(manifest)}]}

    def get_paginator(self, name: str) -> Pages:
        assert name == "describe_image_scan_findings"
        return Pages(self)


class Pages:
    def __init__(self, ecr: Ecr) -> None:
        self.ecr = ecr

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        page = self.ecr.describe_image_scan_findings(**request)
        yield page
        while "nextToken" in page:
            page = self.ecr.describe_image_scan_findings(**request, nextToken=page["nextToken"])
            yield page


def awaited(ecr: Ecr, clock: Clock | None = None, deadline: float = 600) -> ScanResult | Unscanned:
    return await_scan(ecr, clock or Clock(), lambda text: None, IMAGE, deadline)


class TestWaiting:
    """Until there is a result of this very digest, and no longer than the deadline."""

    @pytest.mark.parametrize("status", ["COMPLETE", "ACTIVE"])
    def test_a_result_that_is_there_is_taken_at_once(self, status: str) -> None:
        clock = Clock()
        scan = awaited(Ecr(status, findings=[XZ]), clock)
        assert isinstance(scan, ScanResult)
        assert ([one.id for one in scan.findings], scan.completed, clock.elapsed) == (
            ["CVE-2024-3094"], "2026-03-10T00:00:00+00:00", 0,
        )  # fmt: skip

    def test_one_that_begins_and_goes_on_is_waited_for(self) -> None:
        clock = Clock()
        scan = awaited(Ecr("ScanNotFoundException", "PENDING", "IN_PROGRESS", "COMPLETE", findings=[XZ]), clock)
        assert isinstance(scan, ScanResult)
        assert clock.elapsed == 15

    def test_every_page_is_read(self) -> None:
        scan = awaited(Ecr("COMPLETE", findings=[{"name": f"CVE-{number}", "severity": "LOW"} for number in range(7)]))
        assert isinstance(scan, ScanResult)
        assert len(scan.findings) == 7

    def test_what_enhanced_scanning_has_closed_does_not_count(self) -> None:
        details = {"packageVulnerabilityDetails": {"vulnerabilityId": "CVE-1"}, "severity": "HIGH"}
        scan = awaited(Ecr("ACTIVE", findings=[details | {"status": "CLOSED"}, details], enhanced=True))
        assert isinstance(scan, ScanResult)
        assert len(scan.findings) == 1

    def test_of_an_index_the_tasks_image_is_looked_at(self) -> None:
        ecr = Ecr("COMPLETE", findings=[XZ], index=True)
        scan = awaited(ecr)
        assert isinstance(scan, ScanResult)
        assert ecr.asked == [DIGEST, PART, PART]
        assert f"--image-id imageDigest={PART}" in scan.command

    def test_none_that_begins_is_no_scan(self) -> None:
        clock = Clock()
        result = awaited(Ecr("ScanNotFoundException"), clock)
        assert isinstance(result, Unscanned)
        assert "does not scan on push" in result.why
        assert 60 <= clock.elapsed < 70

    @pytest.mark.parametrize("status", ["FAILED", "UNSUPPORTED_IMAGE", "SCAN_ELIGIBILITY_EXPIRED", "LIMIT_EXCEEDED"])
    def test_one_that_cannot_be_is_said_with_its_reason(self, status: str) -> None:
        assert awaited(Ecr(status)) == Unscanned(f"{status}, why")

    def test_there_is_a_deadline(self) -> None:
        clock = Clock()
        with pytest.raises(GateError, match=r"not done after 2 min 00 s \(it is IN_PROGRESS\)") as refusal:
            awaited(Ecr("IN_PROGRESS"), clock, deadline=120)
        assert clock.elapsed == 120
        for label in ("cause: ", "fix:   run `pulumi up` again", "log: aws ecr describe-image-scan-findings"):
            assert label in str(refusal.value)

    def test_ctrl_c_ends_it(self) -> None:
        with pytest.raises(Interrupted, match="nothing was started"):
            awaited(Ecr("IN_PROGRESS"), Clock({7: Halt.STOP}))

    @pytest.mark.parametrize("code", ["ImageNotFoundException", "RepositoryNotFoundException"])
    def test_an_image_that_is_gone_is_an_error(self, code: str) -> None:
        with pytest.raises(GateError, match="repository shop no longer has it"):
            awaited(Ecr(code))

    def test_another_account_that_does_not_tell_is_named(self) -> None:
        ecr = Ecr("AccessDeniedException")
        theirs = Scanned(EcrRepository("999988887777", "eu-central-1", "shop"), DIGEST, "linux/amd64")
        with pytest.raises(GateError, match=r"999988887777 does not allow.*registry\.pullers"):
            await_scan(ecr, Clock(), lambda text: None, theirs, 60)
        with pytest.raises(ClientError):
            awaited(ecr)


INPUTS: Properties = {
    "image": f"111122223333.dkr.ecr.eu-central-1.amazonaws.com/shop@{DIGEST}",
    "severity": "critical",
    "unscanned": "warn",
    "timeout": 600,
    "platform": "linux/amd64",
}
ENDED = {"id": "CVE-2024-3094", "reason": "not reachable", "until": "1970-01-01"}
ACCEPTED = ENDED | {"until": "2999-12-31"}


class Deployer(Account):
    elsewhere = False


def scan(ecr: Ecr) -> ImageScan:
    account = Deployer({"ecr in eu-central-1": ecr})
    return ImageScan(lambda: account)  # type: ignore[arg-type, return-value]


class TestResource:
    """An image comes out of it only when it may be deployed."""

    def judged(self, ecr: Ecr, **changes: Any) -> tuple[Properties, Lines]:
        lines = Lines()
        created = run(scan(ecr).create(call(lines, preview=False), INPUTS | changes))
        return created.outputs, lines

    def test_a_good_image_comes_out(self) -> None:
        outputs, lines = self.judged(Ecr("COMPLETE", findings=[{"name": "CVE-1", "severity": "LOW"}]))
        assert outputs["image"] == INPUTS["image"]
        assert (outputs["findings"], outputs["accepted"]) == ({"LOW": 1}, [])
        assert "info: ECR's image scan found 1 low; the image is accepted" in lines

    def test_a_bad_one_does_not(self) -> None:
        with pytest.raises(Refused, match=r"CVE-2024-3094 \(CRITICAL\)"):
            self.judged(Ecr("COMPLETE", findings=[XZ]))

    def test_an_exception_lets_it_out(self) -> None:
        outputs, _ = self.judged(Ecr("COMPLETE", findings=[XZ]), exceptions=[ACCEPTED])
        assert outputs["accepted"] == ["CVE-2024-3094"]

    def test_an_expired_one_does_not(self) -> None:
        with pytest.raises(Refused, match="expired: CVE-2024-3094 on 1970-01-01"):
            self.judged(Ecr("COMPLETE", findings=[XZ]), exceptions=[ENDED])

    def test_an_unscanned_image_is_warned_of_or_refused(self) -> None:
        outputs, lines = self.judged(Ecr("UNSUPPORTED_IMAGE"))
        assert outputs["image"] == INPUTS["image"]
        assert any(line.startswith("warning: ECR has no scan result") and "UNSUPPORTED_IMAGE" in line for line in lines)
        with pytest.raises(Refused, match=r"UNSUPPORTED_IMAGE(.|\n)*cause: scan\.unscanned is refuse"):
            self.judged(Ecr("UNSUPPORTED_IMAGE"), unscanned="refuse")

    def test_another_registry_has_no_result(self) -> None:
        with pytest.raises(Refused, match="its registry is not ECR"):
            self.judged(Ecr("COMPLETE"), image=f"ghcr.example/shop@{DIGEST}", unscanned="refuse")

    def test_a_release_that_served_before_is_not_judged_again(self) -> None:
        ecr = Ecr("COMPLETE", findings=[XZ])
        outputs, _ = self.judged(ecr, rollback=True)
        assert (outputs["image"], ecr.asked) == (INPUTS["image"], [])

    def test_a_preview_asks_nobody(self) -> None:
        resource = ImageScan(no_account)
        outputs = run(resource.create(call(Lines()), INPUTS)).outputs
        assert (outputs["image"], outputs["findings"]) == (INPUTS["image"], UNKNOWN)

    def test_another_image_or_exception_is_judged_anew_and_nothing_else(self) -> None:
        resource, state = ImageScan(no_account), ResourceState(INPUTS, INPUTS)
        for change in ({"image": "b"}, {"exceptions": [ACCEPTED]}, {"severity": "high"}):
            assert run(resource.diff(call(Lines()), "i", state, INPUTS | change)).changes
        assert not run(resource.diff(call(Lines()), "i", state, dict(INPUTS))).changes
        bad = scan(Ecr("COMPLETE", findings=[XZ]))
        with pytest.raises(Refused, match="CVE-2024-3094"):
            run(bad.update(call(Lines(), preview=False), "i", state, INPUTS))

    @pytest.mark.parametrize(
        ("change", "key"),
        [
            ({"image": None}, "image"),
            ({"severity": "low"}, "severity"),
            ({"unscanned": "ignore"}, "unscanned"),
            ({"exceptions": [{"id": "CVE-1"}]}, "exceptions"),
            ({"extra": 1}, "extra"),
        ],
    )
    def test_inputs_are_checked(self, change: Properties, key: str) -> None:
        checked = run(ImageScan(no_account).check(call(Lines()), {}, INPUTS | change))
        assert [failure.property for failure in checked.failures] == [key]
        unknown = run(ImageScan(no_account).check(call(Lines()), {}, INPUTS | {"image": UNKNOWN}))
        assert unknown.failures == []

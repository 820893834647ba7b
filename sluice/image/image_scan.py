"""Waits for ECR's scan of an image, and reads its findings. It changes nothing and starts no scan.

IAM: ecr:DescribeImageScanFindings and ecr:BatchGetImage on the image's repository (in another account: by that
repository's policy too).

Sources: DescribeImageScanFindings and ScanStatus in the ECR API reference; "Scan images for software vulnerabilities in
Amazon ECR" in its user guide: a scan on push begins within moments, an index is not scanned but its images are.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from sluice.aws.patience import Patience
from sluice.aws.repository import EcrRepository
from sluice.clock import Clock
from sluice.duration import short_time
from sluice.errors import GateError, Interrupted
from sluice.image.image_configuration import MEDIA_TYPES, NotFit, leads_to
from sluice.image.scan_findings import ImageFinding

DONE = ("COMPLETE", "ACTIVE")
"""Basic scanning is complete; enhanced scanning has a result and continues."""

WAITING = ("PENDING", "IN_PROGRESS")

BEGIN_SECONDS = 60.0
"""Seconds until a scan on push must have started; after that there is none."""

POLL_SECONDS = 5.0


@dataclass(frozen=True)
class ScanResult:
    """The result of one image scan.

    Attributes:
        findings: all of them.
        completed: when, ISO 8601; empty where ECR does not show it.
        command: the AWS CLI command that shows them.
    """

    findings: tuple[ImageFinding, ...]
    completed: str
    command: str


@dataclass(frozen=True)
class Unscanned:
    """There is no result.

    Attributes:
        why: continues "ECR has no scan result of it: ".
    """

    why: str


@dataclass(frozen=True)
class Scanned:
    """The image to scan.

    Attributes:
        platform: of the tasks (``linux/arm64``), where the image is an index.
    """

    repository: EcrRepository
    digest: str
    platform: str

    def command(self, digest: str) -> str:
        """Return the AWS CLI command that shows its findings."""
        where = f" --registry-id {self.repository.account}" if self.repository.account else ""
        return (
            f"aws ecr describe-image-scan-findings{where} --repository-name {self.repository.name}"
            f" --image-id imageDigest={digest}"
        )


def await_scan(
    ecr: Any, clock: Clock, log: Callable[[str], None], image: Scanned, deadline: float
) -> ScanResult | Unscanned:
    """Wait for ECR's scan of an image and return its result.

    Args:
        deadline: seconds that the scan may take.

    Raises:
        GateError: the scan exceeds the deadline, the image was deleted, or access is denied.
        Interrupted: Ctrl-C, or the deployer is dying.
    """
    patience = Patience(clock, "waiting for the image scan")
    digest, begun, said, index = image.digest, clock.now(), False, False
    while True:
        found = patience.ask(_first_page, ecr, image.repository, digest)
        status = str(found.get("imageScanStatus", {}).get("status") or "") if found else ""
        if status in DONE:
            return patience.ask(_whole, ecr, image, digest)
        if status and status not in WAITING:
            described = str(found.get("imageScanStatus", {}).get("description") or "") if found else ""
            return Unscanned(f"{status}" + (f", {described}" if described else ""))
        if found is None and not index:
            digest, index = patience.ask(_scannable, ecr, image), True
            if digest != image.digest:
                continue
        elapsed = clock.now() - begun
        if found is None and elapsed >= BEGIN_SECONDS:
            return Unscanned("no scan has started; the repository does not scan on push, or did not at the push")
        if elapsed >= deadline:
            raise GateError(
                f"ECR's scan of {image.digest} is not done after {short_time(elapsed)} (it is "
                f"{status or 'not started'}). No migration ran and the service was not changed.\n"
                "  cause: the scan takes longer than scan.timeout allows\n"
                "  fix:   run `pulumi up` again, which waits again, or raise scan.timeout\n"
                f"log: {image.command(digest)}"
            )
        if clock.halted():
            raise Interrupted("cancelled during the image scan: nothing was started or changed")
        if not said:
            log("waiting for ECR's image scan")
            said = True
        clock.wait(min(POLL_SECONDS, max(deadline - elapsed, 0.1)))


def _first_page(ecr: Any, repository: EcrRepository, digest: str) -> dict[str, Any] | None:
    """Return the first page of the findings, which has the status; None without a scan."""
    try:
        return dict(ecr.describe_image_scan_findings(**repository.where, imageId={"imageDigest": digest}))
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ScanNotFoundException":
            return None
        if code in ("ImageNotFoundException", "RepositoryNotFoundException"):
            raise GateError(
                f"the scan of the image {digest} cannot be read: the repository {repository.name} no longer has it. No "
                "migration ran and the service was not changed"
            ) from error
        if code == "AccessDeniedException" and repository.account:
            raise GateError(
                f"account {repository.account} does not allow this one to read the scan of {repository.name} "
                f"({error.response['Error'].get('Message')}). Fix: add this account to `registry.pullers` of the stack "
                "that builds and deploy it; or set scan.severity to off here"
            ) from error
        raise


def _whole(ecr: Any, image: Scanned, digest: str) -> ScanResult:
    findings: list[ImageFinding] = []
    completed = ""
    pages = ecr.get_paginator("describe_image_scan_findings")
    for page in pages.paginate(**image.repository.where, imageId={"imageDigest": digest}):
        part = page.get("imageScanFindings") or {}
        found = [*(part.get("findings") or []), *(part.get("enhancedFindings") or [])]
        findings += [ImageFinding.of(one) for one in found if one.get("status") != "CLOSED"]
        if part.get("imageScanCompletedAt"):
            completed = part["imageScanCompletedAt"].isoformat()
    return ScanResult(tuple(findings), completed, image.command(digest))


def _scannable(ecr: Any, image: Scanned) -> str:
    """Return the digest that ECR scans: the image's own, or for an index that of the platform's image."""
    answer = ecr.batch_get_image(
        **image.repository.where,
        imageIds=[{"imageDigest": image.digest}],
        acceptedMediaTypes=list(MEDIA_TYPES),
    )
    for one in answer.get("images") or []:
        try:
            part = leads_to(json.loads(one["imageManifest"]), image.platform)
        except NotFit:
            return image.digest
        return part.digest if part.kind == "manifest" else image.digest
    return image.digest

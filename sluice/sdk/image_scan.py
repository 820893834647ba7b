"""The acceptance of ECR's image scan as a Pulumi resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from sluice.sdk.definition import properties


class ImageScan(pulumi.CustomResource):
    """Waits for ECR's scan of an image, and outputs the image when its findings are accepted.

    Pass :attr:`image`, never the input, to the resources that run it: then no partial update (``--target``) skips the
    scan.

    Args:
        image: ``repository@sha256:…``.
        severity: lowest severity of a finding that refuses an image: ``critical``, ``high`` or ``off``.
        unscanned: ``warn`` or ``refuse`` an image without a scan result.
        timeout: seconds that the scan may take.
        platform: ``OS/ARCHITECTURE`` of the tasks, where the image is an index.
        exceptions: ``{"id", "reason", "until" (YYYY-MM-DD)}`` each: findings that are accepted until that day.
        rollback: roll back to an earlier release, whose scan is not checked again.

    Attributes:
        image: the input, once it is accepted.
        findings: number of findings by severity.
        accepted: ids of findings that an exception covers.
        scanned_at: when ECR scanned it, ISO 8601; empty where ECR does not show it.
    """

    def __init__(
        self,
        name: str,
        *,
        image: pulumi.Input[str],
        severity: str,
        unscanned: str,
        timeout: int,
        platform: str,
        exceptions: Sequence[Mapping[str, str]] = (),
        rollback: bool = False,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        given = locals() | {
            "exceptions": list(exceptions) or None,
            "rollback": rollback or None,
        }
        props = properties(ImageScan, given, ("findings", "accepted", "scannedAt"))
        super().__init__("gate:index:ImageScan", name, props, opts)
        self.image: pulumi.Output[str] = pulumi.get(self, "image")
        self.findings: pulumi.Output[Mapping[str, int]] = pulumi.get(self, "findings")
        self.accepted: pulumi.Output[Sequence[str]] = pulumi.get(self, "accepted")
        self.scanned_at: pulumi.Output[str] = pulumi.get(self, "scannedAt")

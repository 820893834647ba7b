"""The judgement on ECR's scan of an image, as a Pulumi resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from sluice.sdk.definition import properties


class ImageScan(pulumi.CustomResource):
    """Waits for ECR's scan of an image, and lets the image through when what was found may be deployed.

    Give :attr:`image`, never the input, to whatever runs it: then no partial update (``--target``) can go around it.

    Args:
        image: ``repository@sha256:…``.
        severity: ``critical``, ``high`` or ``off``: of the findings that refuse an image.
        unscanned: ``warn`` or ``refuse``: what happens when there is no result.
        timeout: seconds that the scan may take.
        platform: ``OS/ARCHITECTURE`` of the tasks, where the image is an index.
        exceptions: ``{"id", "reason", "until" (YYYY-MM-DD)}`` each: findings that are accepted up to that day.
        rollback: an earlier release is to serve again, which is not judged.

    Attributes:
        image: as given, once it may be deployed.
        findings: severity to number of findings.
        accepted: ids of findings that an exception covered.
        scanned_at: when ECR scanned it, ISO 8601; empty where it does not say.
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

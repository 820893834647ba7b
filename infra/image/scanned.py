"""Waits for the verdict on ECR's image scan: after build or promotion, before the migrations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import pulumi

from components.image.image import PLATFORMS
from components.image.origin import Origin
from infra.settings.image import Accepted
from infra.settings.settings import Settings
from sluice import sdk as gate


def scanned(name: str, stack: Settings, origin: Origin, opts: pulumi.ResourceOptions) -> Origin:
    """Return the same image, known only once its scan was accepted; unchanged where scans are not checked."""
    scan = stack.scan
    severity = scan.severity_in(stack.environment)
    if severity == "off":
        return origin
    for text in ending(scan.exceptions, datetime.now(UTC).date()):
        pulumi.log.warn(text)
    judged = AcceptedScan(name, ScanArgs(origin.reference, severity, stack), opts)
    return replace(origin, reference=judged.image)


@dataclass(frozen=True)
class ScanArgs:
    """Inputs of the image scan.

    Attributes:
        image: by digest.
        severity: of the findings that refuse it.
        stack: the settings.
    """

    image: pulumi.Input[str]
    severity: str
    stack: Settings


class AcceptedScan(pulumi.ComponentResource):
    """The acceptance of the image scan.

    Outputs: image, once its scan is accepted.
    """

    image: pulumi.Output[str]

    def __init__(self, name: str, args: ScanArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:infra:Scan", name, None, opts)
        scan = args.stack.scan
        self.image = gate.ImageScan(
            name,
            image=args.image,
            severity=args.severity,
            unscanned=scan.unscanned,
            timeout=scan.timeout,
            platform=PLATFORMS[args.stack.app.architecture],
            exceptions=[{"id": one.id, "reason": one.reason, "until": one.until} for one in scan.exceptions],
            rollback=args.stack.rollback is not None,
            opts=pulumi.ResourceOptions(parent=self),
        ).image
        self.register_outputs({"image": self.image})


def ending(exceptions: Sequence[Accepted], today: date) -> list[str]:
    """Return what people should hear of exceptions whose last day is over, in previews too."""
    return [
        f"scan.exceptions: the one for {one.id} ended on {one.until}: the next image that has it is refused. Fix it, or"
        " decide anew and write a later day"
        for one in exceptions
        if date.fromisoformat(one.until) < today
    ]

"""The judgement on what ECR's scan found in the image: between its build or promotion, and its migrations."""

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
    """The same image, known to whatever runs it only once its scan was judged; as it is where nothing is judged."""
    wish = stack.scan
    severity = wish.severity_in(stack.environment)
    if severity == "off":
        return origin
    for text in ending(wish.exceptions, datetime.now(UTC).date()):
        pulumi.log.warn(text)
    judged = Scan(name, ScanArgs(origin.reference, severity, stack), opts)
    return replace(origin, reference=judged.image)


@dataclass(frozen=True)
class ScanArgs:
    """Inputs of the image scan.

    Attributes:
        image: by digest.
        severity: of the weaknesses that refuse it.
        stack: the settings.
    """

    image: pulumi.Input[str]
    severity: str
    stack: Settings


class Scan(pulumi.ComponentResource):
    """The judgement.

    Outputs: image, once it may be deployed.
    """

    image: pulumi.Output[str]

    def __init__(self, name: str, args: ScanArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:infra:Scan", name, None, opts)
        wish = args.stack.scan
        self.image = gate.ImageScan(
            name,
            image=args.image,
            severity=args.severity,
            unscanned=wish.unscanned,
            timeout=wish.timeout,
            platform=PLATFORMS[args.stack.app.architecture],
            exceptions=[{"id": one.id, "reason": one.reason, "until": one.until} for one in wish.exceptions],
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

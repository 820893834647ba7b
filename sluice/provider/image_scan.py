"""``gate:index:ImageScan``: outputs an image once ECR's scan of it was accepted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sluice import sdk
from sluice.aws.repository import parse
from sluice.errors import GateError
from sluice.image.image_scan import Scanned, Unscanned, await_scan
from sluice.image.scan_findings import REFUSED, ScanException, ScanSettings, counts, judge_findings, refusal
from sluice.protocol.resource import Call, Checked, CheckFailure, Created, Properties, Resource, ResourceState
from sluice.protocol.values import UNKNOWN, contains_unknown
from sluice.provider.boundary import Account, clock, in_thread
from sluice.sdk.definition import inputs_of

_INPUTS = inputs_of(sdk.ImageScan)
_OUTPUTS = ("findings", "accepted", "scannedAt")


class ImageScan(Resource):
    """Judges the scan whenever the image, the severity or the exceptions change."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def check(self, call: Call, old: Properties, new: Properties) -> Checked:
        failures = [CheckFailure(key, "is missing") for key in _INPUTS.required if new.get(key) is None]
        failures += [CheckFailure(key, "is not an input of ImageScan") for key in sorted(new.keys() - _INPUTS.all)]
        for key, allowed in (("severity", sorted(REFUSED)), ("unscanned", ["refuse", "warn"])):
            if new.get(key) not in (None, UNKNOWN, *allowed):
                failures.append(CheckFailure(key, f"is {new[key]!r}; write one of {', '.join(allowed)}"))
        try:
            _accepted(new)
        except ValueError as error:
            failures.append(CheckFailure("exceptions", str(error)))
        return Checked(new, failures)

    async def create(self, call: Call, new: Properties) -> Created:
        if call.preview:
            return Created("", new | dict.fromkeys(_OUTPUTS, UNKNOWN))
        return Created(call.name, await in_thread(self._judged, call, new))

    async def update(self, call: Call, id: str, old: ResourceState, new: Properties) -> Properties:
        if call.preview:
            return new | dict.fromkeys(_OUTPUTS, UNKNOWN)
        return await in_thread(self._judged, call, new)

    def _judged(self, call: Call, new: Properties) -> Properties:
        """Return the outputs of an accepted image. Raises GateError."""
        nothing: Properties = {"findings": {}, "accepted": [], "scannedAt": ""}
        image, severity = str(new["image"]), new["severity"]
        if severity == "off" or new.get("rollback"):
            call.log("the image scan is skipped: " + ("scan.severity is off" if severity == "off" else "a rollback"))
            return new | nothing
        clients = self._account()
        clients.verify()
        repository, digest = parse(image, clients.elsewhere), image.partition("@")[2]
        if repository is None or not digest:
            self._unscanned(call, new, Unscanned("its registry is not ECR"))
            return new | nothing
        where, time = Scanned(repository, digest, new["platform"]), clock(call, clients)
        ecr = clients.in_region("ecr", repository.region)
        scan = await_scan(ecr, time, lambda text: call.log(text, ephemeral=True), where, float(new["timeout"]))
        if isinstance(scan, Unscanned):
            self._unscanned(call, new, scan)
            return new | nothing
        today = datetime.fromtimestamp(time.now(), UTC).date()
        verdict = judge_findings(scan.findings, ScanSettings(severity, _accepted(new)), today)
        for text in verdict.warnings:
            call.log(text, "warning")
        if not verdict.passes:
            raise GateError(refusal(image, verdict, scan.command))
        found = counts(scan.findings)
        known = ", ".join(f"{number} {word.lower()}" for word, number in found.items()) or "nothing"
        call.log(f"ECR's image scan found {known}; the image is accepted")
        return new | {
            "findings": found,
            "accepted": sorted({one.id for one in verdict.accepted}),
            "scannedAt": scan.completed,
        }

    def _unscanned(self, call: Call, new: Properties, result: Unscanned) -> None:
        """Refuse an image without a scan result, or warn of it. Raises GateError."""
        said = f"ECR has no scan result of {new['image']}: {result.why}"
        if new["unscanned"] == "refuse":
            raise GateError(
                f"{said}. No migration ran and the service was not changed.\n"
                "  cause: scan.unscanned is refuse\n"
                "  fix:   enable scanning for the repository and push the image again, or set scan.unscanned to warn"
            )
        call.log(f"{said}; it is deployed without one (scan.unscanned: warn)", "warning")


def _accepted(inputs: Properties) -> list[ScanException]:
    said: Any = inputs.get("exceptions") or []
    return [] if contains_unknown(said) else [ScanException.parse(one) for one in said]

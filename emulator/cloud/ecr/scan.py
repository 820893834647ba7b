"""An image in a repository that scans on push has a scan result.

AWS, "Scan images for software vulnerabilities in Amazon ECR" (user guide), DescribeImageScanFindings (API reference):
basic scanning looks at an image once, when it is pushed; an image that was never scanned is ScanNotFoundException, and
an index is none. MiniStack has no scans.

Nothing is looked at here: an image has no findings, unless `scan-findings.json` in the cloud's local folder says
otherwise. It maps a digest, or `*` for all others, to `{"status", "description", "findings": [ImageScanFinding]}`.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from ministack.core.responses import error_response_json, get_account_id
from ministack.services import ecr

from emulator.cloud.correction import Correction
from emulator.cloud.replace import replace
from emulator.cloud.settings import Settings

FILE = "scan-findings.json"
PAGE = 100
"""Findings on a page, where the call does not say; AWS's own number is the same."""


def install(settings: Settings) -> None:
    """Answer DescribeImageScanFindings."""
    handle = ecr.handle_request
    file = settings.local_dir / FILE

    async def handle_request(method: str, path: str, headers: Any, body: Any, query: Any) -> Any:
        if headers.get("x-amz-target", "").rpartition(".")[2] != "DescribeImageScanFindings":
            return await handle(method, path, headers, body, query)
        data = json.loads(body or b"{}")
        # Through DescribeImages, which reads the registry first: also a push of a moment ago is there.
        wanted = {"repositoryName": data.get("repositoryName", ""), "imageIds": [data.get("imageId") or {}]}
        status, answered, text = ecr._describe_images(wanted)
        if status != 200:
            return status, answered, text
        return answer(data, json.loads(text)["imageDetails"][0]["imageDigest"], findings(file))

    replace(ecr, "handle_request", handle_request)


CORRECTION = Correction(
    rule="An image in a repository that scans on push has a scan result.",
    fault="DescribeImageScanFindings is unknown.",
    ministack="1.5.33",
    install=install,
)


def findings(file: Path) -> dict[str, Any]:
    """What the file says, by digest; nothing where there is none."""
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return said if isinstance(said, dict) else {}


def answer(data: dict[str, Any], digest: str, results: dict[str, Any]) -> Any:
    """The answer about an image that is there. data: the request; results: of scans, by digest."""
    name = data["repositoryName"]
    image = {"imageDigest": digest}
    said = results.get(digest, results.get("*"))
    scans_on_push = ecr._repositories[name].get("imageScanningConfiguration", {}).get("scanOnPush")
    if said is None and (not scans_on_push or _index(name, digest)):
        return error_response_json(
            "ScanNotFoundException",
            f"Image scan does not exist for the image with '{image}' in the repository with name '{name}' in the "
            f"registry with id '{get_account_id()}'",
            400,
        )
    found = list((said or {}).get("findings", []))
    begin = int(data.get("nextToken") or 0)
    end = begin + int(data.get("maxResults") or PAGE)
    counts: dict[str, int] = {}
    for one in found:
        counts[one["severity"]] = counts.get(one["severity"], 0) + 1
    status = {"status": (said or {}).get("status", "COMPLETE"), "description": (said or {}).get("description", "")}
    shown = {
        "findings": found[begin:end],
        "findingSeverityCounts": counts,
        "imageScanCompletedAt": time.time(),
        "vulnerabilitySourceUpdatedAt": time.time(),
    }
    about = {"registryId": get_account_id(), "repositoryName": name, "imageId": image, "imageScanStatus": status}
    return ecr.json_response(
        about
        | ({"imageScanFindings": shown} if status["status"] in ("COMPLETE", "ACTIVE") else {})
        | ({"nextToken": str(end)} if end < len(found) else {})
    )


def _index(name: str, digest: str) -> bool:
    """Whether an image is an index of several."""
    found = ecr._find_image(name, {"imageDigest": digest}) or {}
    return "list" in str(found.get("imageManifestMediaType")) or "index" in str(found.get("imageManifestMediaType"))

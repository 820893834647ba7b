"""ECR's lifecycle policy evaluator, after its documented rules.

"Lifecycle policies" in the Amazon ECR user guide: an image is expired by one rule or none; one that matches a rule's
tags cannot be expired by a rule of a lower priority; images expire in the order of their push, oldest first; of several
prefixes or patterns in a rule all must be found among the image's tags.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any


@dataclass
class Image:
    """pushed: in days since the first push."""

    digest: str
    pushed: float
    tags: set[str] = field(default_factory=set)


def expired(policy: str, images: list[Image], today: float) -> set[str]:
    """The digests that this policy expires today."""
    gone: set[str] = set()
    shielded: set[str] = set()
    for rule in sorted(json.loads(policy)["rules"], key=lambda rule: int(rule["rulePriority"])):
        selection = rule["selection"]
        assert rule["action"] == {"type": "expire"}
        matched = [image for image in images if matches(selection, image)]
        # A rule finds also what a higher one expires or shields, and counts it; it expires neither.
        found = sorted(matched, key=lambda image: image.pushed, reverse=True)
        if selection["countType"] == "imageCountMoreThan":
            surplus = found[selection["countNumber"] :]
        else:
            assert (selection["countType"], selection["countUnit"]) == ("sinceImagePushed", "days")
            surplus = [image for image in found if today - image.pushed > selection["countNumber"]]
        gone |= {image.digest for image in surplus} - shielded
        shielded |= {image.digest for image in matched}
    return gone


def matches(selection: dict[str, Any], image: Image) -> bool:
    if selection["tagStatus"] == "untagged":
        return not image.tags
    if selection["tagStatus"] == "any":
        return True
    patterns = [*selection.get("tagPatternList", []), *(f"{prefix}*" for prefix in selection.get("tagPrefixList", []))]
    return bool(image.tags) and all(any(fnmatchcase(tag, one) for tag in image.tags) for one in patterns)

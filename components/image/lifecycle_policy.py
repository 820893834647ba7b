"""The lifecycle policy of an image repository. Pure."""

from __future__ import annotations

import json
from typing import Any

SERVING, HELD, RELEASED = "serving-", "held-", "released-"
"""Prefixes of the tags that the gate puts on images (sluice/release/in_use.py, sluice/release/hold.py)."""

SIGNATURE = "sha256-"
"""Prefix of the tags of signatures (sluice/image/image_signature.py), which are artifacts in the image's repository."""

EVERY_STACK = 1000
"""A number above any number of stacks and holds of a repository, so that these rules never expire an image. Every stack
has one tag `serving-…` for each image that its tasks start from."""

UNTAGGED_DAYS = 14


def document(keep_releases: int, keep_days: int) -> str:
    """Return the policy as JSON for ECR.

    ECR does not know which images tasks run. But an image that matches the tags of a rule can be expired by that rule
    only, never by one of a lower priority ("Lifecycle policies" in the Amazon ECR user guide). Therefore the tags of
    running and held images come first, in rules that match too few images to expire any. The gate puts these tags.
    """
    return json.dumps(
        {
            "rules": [
                _newest(1, "What a stack runs", SERVING, EVERY_STACK),
                _newest(2, "What is on hold", HELD, EVERY_STACK),
                _newest(3, f"The newest {keep_releases} that were rolled out", RELEASED, keep_releases),
                _newest(4, "Signatures of what runs or was rolled out", SIGNATURE, keep_releases + EVERY_STACK),
                _since(
                    5,
                    f"Built {keep_days} days ago and never rolled out",
                    {"tagStatus": "tagged", "tagPatternList": ["*"]},
                    keep_days,
                ),
                _since(6, f"Without a tag for {UNTAGGED_DAYS} days", {"tagStatus": "untagged"}, UNTAGGED_DAYS),
            ]
        }
    )


def _newest(priority: int, description: str, prefix: str, count: int) -> dict[str, Any]:
    selection = {"tagStatus": "tagged", "tagPrefixList": [prefix], "countType": "imageCountMoreThan"}
    return _rule(priority, description, selection | {"countNumber": count})


def _since(priority: int, description: str, images: dict[str, Any], days: int) -> dict[str, Any]:
    age = {"countType": "sinceImagePushed", "countUnit": "days", "countNumber": days}
    return _rule(priority, description, images | age)


def _rule(priority: int, description: str, selection: dict[str, Any]) -> dict[str, Any]:
    return {
        "rulePriority": priority,
        "description": description,
        "selection": selection,
        "action": {"type": "expire"},
    }

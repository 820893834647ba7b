"""Publishes this stack's latest release for the stacks that promote from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from infra import naming

LIMIT = 4096
"""Characters of a standard parameter ("Managing parameter tiers" in the Systems Manager user guide)."""


def published(
    name: str, promotable: pulumi.Input[Mapping[str, Any] | None], opts: pulumi.ResourceOptions
) -> aws.ssm.Parameter:
    """Return the parameter with the release, written once migrations, rollout and after-steps have passed.

    It contains no secret. It is in Parameter Store, so that another stack can read it and nothing else of this stack.
    """
    return aws.ssm.Parameter(
        f"{name}-promotable",
        name=naming.promotable(pulumi.get_project(), pulumi.get_stack()),
        type="String",
        description="What this stack has released last",
        insecure_value=pulumi.Output.from_input(promotable).apply(written),
        opts=opts,
    )


def written(promotable: Mapping[str, Any] | None) -> str:
    """Return the release as text, without the steps' durations if they do not fit into one parameter."""
    text = json.dumps(promotable, separators=(",", ":"), sort_keys=True)
    if len(text) <= LIMIT or promotable is None:
        return text
    short = {key: value for key, value in promotable.items() if key != "migrations"}
    return json.dumps(short, separators=(",", ":"), sort_keys=True)

"""A statement of an IAM policy, with the reason for any wildcard."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.policies import VERSION

LIMIT = 6144
"""Characters of a managed policy, white space not counted ("IAM and AWS STS quotas" in the IAM user guide)."""

ATTACHED = 10
"""Managed policies that a role can have, unless AWS raises that quota (the same page)."""


@dataclass(frozen=True)
class IamStatement:
    """Allows actions on resources.

    Attributes:
        sid: letters and digits, unique in its policy.
        conditions: operator to key to values.
        why: for a resource `*` or a pattern of actions, the reason; a test refuses one without.
    """

    sid: str
    actions: Sequence[str]
    resources: Sequence[str]
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    why: str = ""

    @property
    def wide(self) -> bool:
        """Return whether it covers every resource, or actions that it does not name one by one."""
        return "*" in self.resources or any("*" in action for action in self.actions)

    def written(self) -> dict[str, Any]:
        """Return it as IAM reads it; sorted, so that an unchanged grant has an unchanged text."""
        condition = {"Condition": {operator: dict(keys) for operator, keys in self.conditions.items()}}
        return {
            "Sid": self.sid,
            "Effect": "Allow",
            "Action": sorted(set(self.actions)),
            "Resource": sorted(set(self.resources)),
        } | (condition if self.conditions else {})


def document(statements: Sequence[IamStatement]) -> str:
    """Return the policy's text without white space, which IAM does not count."""
    return json.dumps({"Version": VERSION, "Statement": [one.written() for one in statements]}, separators=(",", ":"))

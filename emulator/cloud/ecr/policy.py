"""What a repository's own policy allows. No MiniStack here.

AWS, "Private repository policies" (ECR user guide), "Policy evaluation logic" (IAM user guide): an Allow for every
action and no Deny. A statement with a condition allows nothing here: none of those that a stack writes has one.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Collection, Mapping
from typing import Any

PULL = ("ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage")
"""What a pull needs ("Amazon ECR private repository policy examples")."""


def callers(account: str) -> set[str]:
    """What a policy calls an account as a whole."""
    return {account, f"arn:aws:iam::{account}:root"}


def allowed(policy: str | None, actions: Collection[str], names: Collection[str]) -> bool:
    """Whether a repository's policy allows all of these actions to a caller that goes by any of these names."""
    statements = _list(json.loads(policy).get("Statement", [])) if policy else []

    def said(effect: str, action: str) -> bool:
        return any(one.get("Effect") == effect and _about(one, action, names) for one in statements)

    return all(said("Allow", action) and not said("Deny", action) for action in actions)


def _about(statement: Mapping[str, Any], action: str, names: Collection[str]) -> bool:
    principal = statement.get("Principal", {})
    given = _list(principal.get("AWS", [])) if isinstance(principal, dict) else _list(principal)
    if "*" not in given and not set(given) & set(names):
        return False
    if statement.get("Condition") and statement.get("Effect") == "Allow":
        return False
    return any(fnmatch.fnmatchcase(action.lower(), str(one).lower()) for one in _list(statement.get("Action", [])))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]

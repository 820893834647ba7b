"""Who may assume a role. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote

TASKS = "ecs-tasks.amazonaws.com"


def trusts_tasks(role: Mapping[str, Any]) -> bool:
    """Return whether ECS tasks may assume a role. Source: IAM GetRole (URL-encoded JSON, which boto3 decodes)."""
    policy = role.get("AssumeRolePolicyDocument") or {}
    if isinstance(policy, str):
        policy = json.loads(unquote(policy))
    statements = policy.get("Statement") or []
    for one in statements if isinstance(statements, list) else [statements]:
        principal = one.get("Principal") or {}
        services = principal.get("Service", []) if isinstance(principal, Mapping) else []
        if (
            one.get("Effect") == "Allow"
            and TASKS in _listed(services)
            and any(fnmatchcase("sts:AssumeRole", pattern) for pattern in _listed(one.get("Action") or []))
        ):
            return True
    return False


def _listed(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]

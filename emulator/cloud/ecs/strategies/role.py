"""Whether ECS may shift traffic by the role that the service names for it.

AWS, "Troubleshooting Amazon ECS blue/green deployments", "Amazon ECS infrastructure IAM role for load balancers"
(developer guide): the role trusts ecs.amazonaws.com, and its policies allow ModifyRule on both rules; where they do
not, the deployment is rolled back when it is about to write the rule. The role's other rights are not looked at here. A
policy of AWS's own whose text the emulator does not have counts as enough.
"""

from __future__ import annotations

import json
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id
from ministack.services import iam

from emulator.cloud.iam import simulation

_MODIFY_RULE = "elasticloadbalancing:ModifyRule"


def mistrust(role: str) -> str | None:
    """Why ECS cannot take the role, in AWS's words after "because"; None when it can."""
    record = _record(role)
    if record is not None and _trusts(record.get("AssumeRolePolicyDocument")):
        return None
    return (
        "of invalid networking configuration. ECS was unable to manage the ELB resources due to missing permissions on "
        f"ECS Infrastructure Role '{role}'."
    )


def denial(role: str, rule: str, stage: str) -> str | None:
    """Why ECS may not write a rule at a stage, in AWS's words after "because"; None when it may."""
    record = _record(role)
    if record is None or _unknown_policy(record) or simulation.allows(record, _MODIFY_RULE, rule):
        return None
    return (
        f"{stage} lifecycle hook(s) failed. User: arn:aws:sts::{get_account_id()}:assumed-role/{record['RoleName']}/"
        f"ECSNetworkingWithELB is not authorized to perform: {_MODIFY_RULE} on resource: {rule} because no "
        f"identity-based policy allows the {_MODIFY_RULE} action"
    )


def _record(role: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = iam._roles.get(role.rpartition("/")[2])
    return found if found is not None and found["Arn"] == role else None


def _trusts(document: Any) -> bool:
    parsed = json.loads(document) if isinstance(document, str) else document or {}
    for statement in _listed(parsed.get("Statement")):
        principal = statement.get("Principal")
        services = _listed(principal.get("Service")) if isinstance(principal, dict) else []
        if (
            statement.get("Effect") == "Allow"
            and "ecs.amazonaws.com" in services
            and "sts:AssumeRole" in _listed(statement.get("Action"))
        ):
            return True
    return False


def _unknown_policy(record: dict[str, Any]) -> bool:
    attached = record.get("AttachedPolicies") or []
    account = get_account_id()
    return any(
        arn.startswith("arn:aws:iam::aws:") and not iam_evaluator._resolve_managed_policy_document(arn, account)
        for arn in attached
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]

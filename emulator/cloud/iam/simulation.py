"""A simulation evaluates every action with every resource, for the role that is named, within its boundary.

AWS, SimulatePrincipalPolicy (IAM API reference): `PolicySourceArn` may be a role with a path; a principal that does not
exist is NoSuchEntity; each action is simulated against each of `ResourceArns`, and a permissions boundary counts.
MiniStack looks at the first resource alone, and does not find a role by an ARN with a path.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam

from emulator.cloud.correction import Correction
from emulator.cloud.settings import Settings

OPERATION = "SimulatePrincipalPolicy"
DECISIONS = {"Allow": "allowed", "Deny": "explicitDeny"}


def install(settings: Settings) -> None:
    """Take the place of the operation for roles; other principals stay MiniStack's."""
    before = iam._IAM_HANDLERS[OPERATION]

    def simulate(params: dict[str, Any]) -> Any:
        source = iam._p(params, "PolicySourceArn") or ""
        kind, _, name = source.rpartition(":")[2].partition("/")
        if kind != "role":
            return before(params)
        role = iam._roles.get(name.rpartition("/")[2])
        if role is None or role["Arn"] != source:
            return iam._error(404, "NoSuchEntity", f"The role {source} cannot be found.", ns="iam")
        members = "".join(
            _member(action, resource, DECISIONS.get(_decision(source, role, action, resource), "implicitDeny"))
            for action in _listed(params, "ActionNames")
            for resource in _listed(params, "ResourceArns") or ["*"]
        )
        return iam._xml(
            200,
            f"{OPERATION}Response",
            f"<{OPERATION}Result><EvaluationResults>{members}</EvaluationResults><IsTruncated>false</IsTruncated>"
            f"</{OPERATION}Result>",
            ns="iam",
        )

    iam._IAM_HANDLERS[OPERATION] = simulate


CORRECTION = Correction(
    rule="A simulation evaluates every action with every resource, within the role's boundary.",
    fault="The first resource alone counts, a role with a path is not found, and a boundary is ignored.",
    ministack="1.5.33",
    install=install,
)


def allows(role: dict[str, Any], action: str, resource: str) -> bool:
    """Whether a role's policies allow an action on a resource. role: MiniStack's record of it."""
    return _decision(role["Arn"], role, action, resource) == "Allow"


def _decision(source: str, role: dict[str, Any], action: str, resource: str) -> str:
    account = get_account_id()
    context = iam_evaluator.EvalContext(
        principal_arn=source,
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
        source_ip="127.0.0.1",
        secure_transport=True,
    )
    limits = []
    boundary = role.get("PermissionsBoundary")
    if boundary:
        arn = boundary.get("PermissionsBoundaryArn") if isinstance(boundary, dict) else boundary
        document = iam_evaluator._resolve_managed_policy_document(arn, account)
        limits = [[iam_evaluator.parse_policy_document(document)]] if document else []
    policies = iam_evaluator._gather_role_policies(role["RoleName"], account)
    return str(iam_evaluator.evaluate(context, policies, *limits).decision)


def _member(action: str, resource: str, decision: str) -> str:
    return (
        f"<member><EvalActionName>{action}</EvalActionName><EvalResourceName>{resource}</EvalResourceName>"
        f"<EvalDecision>{decision}</EvalDecision></member>"
    )


def _listed(params: dict[str, Any], name: str) -> list[str]:
    """A list of the query protocol: ``NAME.member.1``, ``NAME.member.2``, …"""
    found: list[str] = []
    read: Callable[[dict[str, Any], str], str] = iam._p
    while value := read(params, f"{name}.member.{len(found) + 1}"):
        found.append(value)
    return found

"""What a promoting stack may read of the releasing stack: one parameter."""

from __future__ import annotations

from bootstrap.scope import Scope
from bootstrap.statement import IamStatement
from infra import naming


def released(scope: Scope) -> list[IamStatement]:
    """For the role that other accounts' deployers assume: reads what this stack has released, and nothing else."""
    return [IamStatement("Released", ["ssm:GetParameter"], [scope.arn("ssm", f"parameter{scope.records}/promotable")])]


def promote(scope: Scope) -> list[IamStatement]:
    """For the deployers of a promoting stack: assume that role, or in the same account read that parameter."""
    source = scope.upstream
    if source is None:
        return []
    if source.account in ("", scope.account.id):
        name = naming.promotable(scope.project, source.stack)
        return [IamStatement("Promote", ["ssm:GetParameter"], [scope.arn("ssm", f"parameter{name}")])]
    role = naming.releases_role(scope.project, source.stack)
    return [
        IamStatement(
            "Promote", ["sts:AssumeRole"], [scope.arn("iam", f"role{role}", region="", account=source.account)]
        )
    ]

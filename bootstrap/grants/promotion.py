"""What crosses from the stack that releases to the stack that promotes: one parameter, to be read."""

from __future__ import annotations

from bootstrap.scope import Scope
from bootstrap.statement import IamStatement
from infra import naming


def released(scope: Scope) -> list[IamStatement]:
    """For the role that other accounts' deployers take: what this stack has released, and nothing else of it."""
    return [IamStatement("Released", ["ssm:GetParameter"], [scope.arn("ssm", f"parameter{scope.records}/promotable")])]


def promote(scope: Scope) -> list[IamStatement]:
    """For the deployers of a stack that promotes: to take that role, or in the same account to read that parameter."""
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

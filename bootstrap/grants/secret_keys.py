"""The values of the application's secrets, read only to check the keys of their JSON."""

from __future__ import annotations

from bootstrap.scope import Scope
from bootstrap.statement import IamStatement


def secret_keys(scope: Scope) -> list[IamStatement]:
    """For the deploy role, where the settings say so. A preview, which may run a pull request's code, reads none."""
    if not scope.check_keys or not scope.secrets:
        return []
    why = "whether a secret's JSON has the key that a task takes, before anything runs: tasks.checkKeys"
    return [IamStatement("SecretKeys", ["secretsmanager:GetSecretValue"], list(scope.secrets), why=why)]

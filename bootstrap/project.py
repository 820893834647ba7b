"""The project whose stacks are deployed; its name is in Pulumi.yaml beside this folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from bootstrap import account, subject
from bootstrap.scope import Scope, Upstream
from bootstrap.settings import BootstrapSettings, GitHubSettings
from bootstrap.subject import Jobs
from infra.policies import AccountRegion
from infra.settings.reading.read import decoded

ROOT = Path(__file__).resolve().parents[1]


def name() -> str:
    """Return the project's name."""
    return str(yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["name"])


def given(stack: str) -> dict[str, Any]:
    """Return what the settings file of a stack says. Raises FileNotFoundError when there is none.

    Where Pulumi has written the file, keys have a namespace and numbers are text.
    """
    text = (ROOT / "bootstrap" / f"Pulumi.{stack}.yaml").read_text()
    config = (yaml.safe_load(text) or {}).get("config") or {}
    return {
        key.rpartition(":")[2]: decoded(value) if isinstance(value, str) else value for key, value in config.items()
    }


def is_production(stack: str) -> bool:
    """Return whether the stack's own settings say `environment: prod`; False when there are none yet."""
    file = ROOT / f"Pulumi.{stack}.yaml"
    if not file.is_file():
        return False
    config = (yaml.safe_load(file.read_text()) or {}).get("config") or {}
    return any(key.rpartition(":")[2] == "environment" and value == "prod" for key, value in config.items())


def scope(
    settings: BootstrapSettings,
    where: AccountRegion,
    project: str,
    stack: str,
    bucket_key: str,
    key: str,
    signing_key: str = "",
) -> Scope:
    """Return the limits of the stack's deployers.

    Args:
        bucket_key, key: ARNs of the bucket's key and of the stack's own.
        signing_key: ARN of the key that the stack signs images with; empty: none.
    """
    source = settings.promote_from
    return Scope(
        account=where,
        project=project,
        stack=stack,
        bucket=account.bucket_name(project, where),
        bucket_key=bucket_key,
        key=key,
        upstream=Upstream(source.stack, source.account or "") if source else None,
        existing=tuple(settings.existing),
        zones=tuple(settings.hosted_zones),
        hosts=tuple(settings.hosts),
        secrets=tuple(settings.tasks.secrets),
        check_keys=settings.tasks.check_keys,
        app=tuple(settings.tasks.actions),
        signing_key=signing_key,
        trusted=tuple(settings.signing.trusted),
        deletes_snapshots=not is_production(stack) if settings.delete_snapshots is None else settings.delete_snapshots,
        snapshot_copies=settings.snapshot_copies or "",
    )


def jobs(github: GitHubSettings, stack: str) -> tuple[list[Jobs], list[Jobs]]:
    """Return the GitHub jobs that may deploy a stack, and those that may preview it."""
    head = subject.repository(github.repository, github.owner_id, github.repository_id)
    number = str(github.repository_id or "")
    deploying = subject.deploying(
        github.repository,
        head,
        github.environment or stack,
        github.deploy_branches,
        github.deploy_workflows,
        number,
    )
    previewing = subject.previewing(
        github.repository,
        head,
        github.branches,
        github.preview_workflows,
        pull_requests=github.pull_requests,
        repository_id=number,
    )
    return deploying, previewing

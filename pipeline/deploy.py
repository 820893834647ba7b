"""Deploys a stack; on GitHub from the main branch only.

IAM: the deploy role.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline import promoted
from pipeline.engine import Engine
from pipeline.failed import Failed

MAIN = "refs/heads/main"


def deploy(engine: Engine, environment: Mapping[str, str]) -> int:
    """`pulumi up`. APPROVED in the environment: the image that somebody saw in the preview and approved; without such a
    variable, whatever is promoted now. Raises Failed before anything is changed."""
    if why := refused(environment):
        raise Failed(why)
    approved = environment.get("APPROVED")
    if approved is not None and (why := promoted.complaint(approved, promoted.image(engine) if approved else None)):
        raise Failed(why)
    if not engine.exists():
        engine.create(environment.get("PULUMI_SECRETS_PROVIDER", ""))
    return engine.update(message(environment))


def refused(environment: Mapping[str, str]) -> str:
    """Why this run may not deploy; empty when it may. On a person's own machine the credentials decide."""
    ref = environment.get("GITHUB_REF", "")
    if environment.get("GITHUB_ACTIONS") == "true" and ref != MAIN:
        return f"only {MAIN} is deployed, and this run is of {ref or 'no branch'}; merge it first"
    return ""


def message(environment: Mapping[str, str]) -> str:
    """What Pulumi's history says of this update: the run it belongs to."""
    run = environment.get("GITHUB_RUN_ID")
    where = f"{environment.get('GITHUB_SERVER_URL')}/{environment.get('GITHUB_REPOSITORY')}/actions/runs/{run}"
    return f"{environment.get('GITHUB_SHA', '')[:12]} {where}" if run else ""

"""Deploys a stack; on GitHub from the main branch only.

IAM: the deploy role.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pipeline import promoted
from pipeline.engine.engine import Engine
from pipeline.failed import Failed
from pipeline.preview import changes

MAIN = "refs/heads/main"


def deploy(engine: Engine, environment: Mapping[str, str]) -> int:
    """`pulumi up`. In the environment, what somebody saw in the preview and approved: APPROVED, the image, and
    APPROVED_PLAN, the digest of the changes; without them, whatever is promoted now. Raises Failed before anything is
    changed."""
    if why := refused(environment):
        raise Failed(why)
    approved = environment.get("APPROVED")
    if approved is not None and (why := promoted.complaint(approved, promoted.image(engine) if approved else None)):
        raise Failed(why)
    plan, said = environment.get("APPROVED_PLAN"), message(environment)
    if not engine.exists():
        if plan is not None and (why := changes.complaint(plan, changes.FIRST, {})):
            raise Failed(why)
        engine.create(environment.get("PULUMI_SECRETS_PROVIDER", ""))
        return engine.update(said)
    return engine.update(said) if plan is None else planned(engine, plan, said)


def planned(engine: Engine, approved: str, said: str) -> int:
    """`pulumi up` of the changes that were approved, by their digest. The engine is held to them besides. Raises
    Failed."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan.json"
        if engine.plan(file)[0] != 0:
            raise Failed("the preview before the update failed; see above. Nothing was changed")
        plan = json.loads(file.read_text(encoding="utf-8"))
        if why := changes.complaint(approved, changes.digest(plan), changes.changed(plan)):
            raise Failed(why)
        return engine.update(said, file)


def refused(environment: Mapping[str, str]) -> str:
    """Return why this run may not deploy; empty when it may. On a person's own machine the credentials decide."""
    ref = environment.get("GITHUB_REF", "")
    if environment.get("GITHUB_ACTIONS") == "true" and ref != MAIN:
        return f"only {MAIN} is deployed, and this run is of {ref or 'no branch'}; merge it first"
    return ""


def message(environment: Mapping[str, str]) -> str:
    """Return the message of this update in Pulumi's history: the run it belongs to."""
    run = environment.get("GITHUB_RUN_ID")
    where = f"{environment.get('GITHUB_SERVER_URL')}/{environment.get('GITHUB_REPOSITORY')}/actions/runs/{run}"
    return f"{environment.get('GITHUB_SHA', '')[:12]} {where}" if run else ""

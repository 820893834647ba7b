"""A container gets credentials of its task's role, which end with the task; without a role it gets none.

AWS, "Amazon ECS task IAM role" (developer guide): the container asks 169.254.170.2 for them, at a path that is in its
AWS_CONTAINER_CREDENTIALS_RELATIVE_URI. No such address leads to us from a container, and SDKs take credentials from no
other one without TLS ("Container credential provider" in the AWS SDKs and Tools Reference Guide), so they are in the
container's environment here, where every SDK looks first. MiniStack names an address that the SDKs refuse.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ministack.services import sts

_REPLACED = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN")
_LIFE_SECONDS = 30 * 24 * 3600.0
"""They are not renewed, and no task of the local cloud lives as long."""


def role(task: Mapping[str, Any], definition: Mapping[str, Any]) -> str:
    """The ARN of the task's role; empty for none."""
    return str((task.get("overrides") or {}).get("taskRoleArn") or definition.get("taskRoleArn") or "")


def give(task: dict[str, Any], definition: Mapping[str, Any], environment: dict[str, str]) -> None:
    """Put credentials into a container's environment, unless its definition brings some of its own."""
    for name in _REPLACED:
        environment.pop(name, None)
    arn = role(task, definition)
    if not arn or "AWS_ACCESS_KEY_ID" in environment:
        return
    session = _session(task, arn)
    environment.update(
        AWS_ACCESS_KEY_ID=session["AccessKeyId"],
        AWS_SECRET_ACCESS_KEY=session["SecretAccessKey"],
        AWS_SESSION_TOKEN=session["SessionToken"],
    )


def end(task: dict[str, Any]) -> None:
    """Credentials of a task that has ended open nothing any more."""
    sts._sessions.pop(task.pop("_credentials", {}).get("AccessKeyId"), None)


def _session(task: dict[str, Any], arn: str) -> dict[str, str]:
    """The task's one session, made with its first container."""
    if "_credentials" not in task:
        account, name, identity = arn.split(":")[4], arn.rpartition("/")[2], task["taskArn"].rpartition("/")[2]
        made = {
            "AccessKeyId": sts._gen_session_access_key(),
            "SecretAccessKey": sts._gen_secret(),
            "SessionToken": sts._gen_session_token(),
        }
        sts.register_session(
            made["AccessKeyId"],
            {
                **made,
                "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{identity}",
                "UserId": f"{sts._role_id(arn)}:{identity}",
                "Expiration": time.time() + _LIFE_SECONDS,
                "AccountId": account,
                "PrincipalType": "AssumedRole",
            },
        )
        task["_credentials"] = made
    found: dict[str, str] = task["_credentials"]
    return found

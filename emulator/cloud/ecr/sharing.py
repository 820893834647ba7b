"""A repository belongs to one account; another one reaches it only where the repository's policy lets it.

AWS, "Private repository policies" (ECR user guide): a call that names another account's registry by `registryId`, and a
pull by a task of another account, need an Allow in the repository's own policy; without one the API answers
AccessDeniedException, a task CannotPullContainerError with 403. MiniStack answers every such call from the caller's own
account.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, get_region, request_scope
from ministack.services import ecr

from emulator.cloud.correction import Correction
from emulator.cloud.ecr.policy import PULL, allowed, callers
from emulator.cloud.replace import replace
from emulator.cloud.settings import Settings


def install(settings: Settings) -> None:
    """Let calls with a foreign `registryId` through to that registry, or refuse them."""
    handle = ecr.handle_request

    async def handle_request(method: str, path: str, headers: Any, body: Any, query: Any) -> Any:
        owner, name, action = _asked(headers, body)
        caller, region = get_account_id(), get_region()
        if owner in ("", caller) or not name:  # a token is for every registry that its owner may reach
            return await handle(method, path, headers, body, query)
        with request_scope(owner, region):
            # A repository that is not there is not told apart from one that is closed.
            if not allowed(ecr._repo_policies.get(name), [action], callers(caller)):
                return _refused(caller, action, f"arn:aws:ecr:{region}:{owner}:repository/{name}")
            return await handle(method, path, headers, body, query)

    replace(ecr, "handle_request", handle_request)


CORRECTION = Correction(
    rule="Another account reaches a repository only where the repository's policy allows it.",
    fault="`registryId` is ignored: every call is answered from the caller's own account.",
    ministack="1.5.33",
    install=install,
)


def may_pull(account: str, name: str, role: str) -> bool:
    """Whether a task of the current account, whose execution role is `role`, may pull from this repository.

    Args:
        account: that holds the repository; it must be in the current Region here.
        name: the repository's.
        role: an ARN.
    """
    caller = get_account_id()
    if account == caller:
        return True
    with request_scope(account, get_region()):
        return allowed(ecr._repo_policies.get(name), PULL, {*callers(caller), role})


def _asked(headers: Mapping[str, str], body: Any) -> tuple[str, str, str]:
    """Whose registry, which repository and which action a request is about; empty where it names none."""
    try:
        data = json.loads(body) if body else {}
    except ValueError:
        data = {}
    if not isinstance(data, dict):
        return "", "", ""
    names = data.get("repositoryNames") or [""]
    action = headers.get("x-amz-target", "").rpartition(".")[2]
    return str(data.get("registryId") or ""), str(data.get("repositoryName") or names[0]), f"ecr:{action}"


def _refused(caller: str, action: str, resource: str) -> Any:
    return error_response_json(
        "AccessDeniedException",
        f"User: arn:aws:iam::{caller}:root is not authorized to perform: {action} on resource: {resource} because no "
        f"resource-based policy allows the {action} action",
        400,
    )

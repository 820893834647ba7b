"""A key belongs to one account; another one uses it by its ARN, where the key's policy lets it.

AWS, "Allowing users in other accounts to use a KMS key" (KMS developer guide): Verify, Sign, GetPublicKey, DescribeKey
and others take the ARN of another account's key; without an Allow in the key's policy they answer
AccessDeniedException. MiniStack finds keys of the caller's own account alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ministack.core.responses import error_response_json, get_account_id, get_region, request_scope
from ministack.services import kms

from emulator.cloud.correction import Correction
from emulator.cloud.ecr.policy import allowed, callers
from emulator.cloud.replace import replace
from emulator.cloud.settings import Settings

ACROSS = {"DescribeKey", "GetPublicKey", "Sign", "Verify"}
"""Of the operations that AWS lets other accounts call, those that are called here."""


def install(settings: Settings) -> None:
    """Let calls with the ARN of a foreign key through to its account, or refuse them."""
    handle = kms.handle_request

    async def handle_request(method: str, path: str, headers: Any, body: Any, query: Any) -> Any:
        owner, key, operation = _asked(headers, body)
        caller, region = get_account_id(), get_region()
        if owner in ("", caller) or operation not in ACROSS:
            return await handle(method, path, headers, body, query)
        with request_scope(owner, region):
            found = kms.key_policy_for_arn(key)
            # A key that is not there is not told apart from one that is closed.
            if found is None or not allowed(found[0], [f"kms:{operation}"], callers(caller)):
                return error_response_json(
                    "AccessDeniedException",
                    f"User: arn:aws:iam::{caller}:root is not authorized to perform: kms:{operation} on resource: "
                    f"{key} because no resource-based policy allows the kms:{operation} action",
                    400,
                )
            return await handle(method, path, headers, body, query)

    replace(kms, "handle_request", handle_request)


CORRECTION = Correction(
    rule="Another account uses a key by its ARN where the key's policy allows it.",
    fault="Only keys of the caller's own account are found.",
    ministack="1.5.33",
    install=install,
)


def _asked(headers: Mapping[str, str], body: Any) -> tuple[str, str, str]:
    """Whose key, its ARN, and which operation a request is about; empty where it names none by its ARN."""
    try:
        data = json.loads(body) if body else {}
    except ValueError:
        data = {}
    key = str(data.get("KeyId") or "") if isinstance(data, dict) else ""
    parts = key.split(":")
    operation = headers.get("x-amz-target", "").rpartition(".")[2]
    return (parts[4] if len(parts) == 6 and parts[2] == "kms" else ""), key, operation

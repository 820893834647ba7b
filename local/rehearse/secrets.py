"""The secrets that a stack's settings refer to, made up in its emulated account: a task cannot start without them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from typing import Any

from local.rehearse.changes import Difference

WHY = "it exists on AWS and not here: a random value stands for it"


def made_up(config: dict[str, Any], client: Any) -> Iterator[Difference]:
    """Points `app.secrets` at secrets of the emulated account, which are made when they are missing.

    Args:
        config: is changed.
        client: Secrets Manager's, of the emulated account.
    """
    given: dict[str, str] = (config.get("app") or {}).get("secrets") or {}
    for variable, reference in given.items():
        key = reference.split(":")[7] if reference.count(":") > 6 else ""
        found = _secret(client, f"rehearsal-{variable}", key)
        given[variable] = f"{found}:{key}::" if key else found
        yield Difference(f"app.secrets.{variable}", reference, given[variable], WHY)


def _secret(client: Any, name: str, key: str) -> str:
    """The ARN of the secret of this name."""
    try:
        return str(client.describe_secret(SecretId=name)["ARN"])
    except client.exceptions.ResourceNotFoundException:
        value = secrets.token_hex(16)
        made = client.create_secret(Name=name, SecretString=json.dumps({key: value}) if key else value)
        return str(made["ARN"])

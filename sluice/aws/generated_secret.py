"""A random password that is stored in Secrets Manager and nowhere else.

IAM: secretsmanager:PutSecretValue and secretsmanager:DescribeSecret on the secret; secretsmanager:GetSecretValue only
to change other keys of the secret and keep the password.
"""

from __future__ import annotations

import json
import re
import secrets
import string
import uuid
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

ALPHABET = string.ascii_letters + string.digits
"""No punctuation, because programs put passwords into URLs and shells. 40 of these characters are 238 bits."""

_PART = re.compile(r"\{(username|password)\}")


def put_random_password(
    client: Any, secret_arn: str, username: str, length: int, texts: Mapping[str, str] | None = None
) -> str:
    """Store ``{"username", "password"}`` as the secret's current value; return the version's id.

    Args:
        texts: further keys; `{username}` and `{password}` in their values are replaced.
    """
    password = "".join(secrets.choice(ALPHABET) for _ in range(length))
    return _put(client, secret_arn, username, password, texts or {})


def put_beside(client: Any, secret_arn: str, texts: Mapping[str, str]) -> str:
    """Store other texts and keep user and password; return the version's id.

    A new password would lock out the serving tasks. Raises KeyError when the value has no user or password.
    """
    value = json.loads(client.get_secret_value(SecretId=secret_arn)["SecretString"])
    return _put(client, secret_arn, value["username"], value["password"], texts)


def _put(client: Any, secret_arn: str, username: str, password: str, texts: Mapping[str, str]) -> str:
    login = {"username": username, "password": password}
    filled = {key: _PART.sub(lambda found: login[found[1]], text) for key, text in texts.items()}
    answer = client.put_secret_value(
        SecretId=secret_arn, SecretString=json.dumps(filled | login), ClientRequestToken=str(uuid.uuid4())
    )
    return str(answer["VersionId"])


def current_version(client: Any, secret_arn: str) -> str:
    """Return the id of the secret's AWSCURRENT version; empty without the secret or without a value."""
    try:
        answer = client.describe_secret(SecretId=secret_arn)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return ""
        raise
    stages: dict[str, list[str]] = answer.get("VersionIdsToStages") or {}
    return next((version for version, labels in stages.items() if "AWSCURRENT" in labels), "")

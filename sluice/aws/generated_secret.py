"""A random password that goes straight into Secrets Manager and nowhere else.

IAM: secretsmanager:PutSecretValue and secretsmanager:DescribeSecret on the secret; secretsmanager:GetSecretValue only
to change what stands beside a password that must stay the same.
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
"""No punctuation: programs put passwords into URLs and shells, and 40 of these are 238 bits."""

_PART = re.compile(r"\{(username|password)\}")


def put_random_password(
    client: Any, secret_arn: str, username: str, length: int, texts: Mapping[str, str] | None = None
) -> str:
    """Put ``{"username", "password"}`` as the secret's current value; return the version's id.

    Args:
        texts: further keys, whose values have `{username}` and `{password}` where user and password belong.
    """
    password = "".join(secrets.choice(ALPHABET) for _ in range(length))
    return _put(client, secret_arn, username, password, texts or {})


def put_beside(client: Any, secret_arn: str, texts: Mapping[str, str]) -> str:
    """Put other texts beside the user and password that are there; return the version's id.

    A new password would lock out the tasks that still serve. Raises KeyError when the value is not one of ours.
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
    """Id of the secret's AWSCURRENT version; empty when there is no such secret, or no value in it."""
    try:
        answer = client.describe_secret(SecretId=secret_arn)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return ""
        raise
    stages: dict[str, list[str]] = answer.get("VersionIdsToStages") or {}
    return next((version for version, labels in stages.items() if "AWSCURRENT" in labels), "")

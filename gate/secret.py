"""A random password that goes straight into Secrets Manager and nowhere else.

IAM: secretsmanager:PutSecretValue and secretsmanager:DescribeSecret on the secret. No right to read it is needed.
"""

from __future__ import annotations

import json
import secrets
import string
import uuid
from typing import Any

from botocore.exceptions import ClientError

ALPHABET = string.ascii_letters + string.digits
"""No punctuation: programs put passwords into URLs and shells, and 40 of these are 238 bits."""


def put_random_password(client: Any, secret_arn: str, username: str, length: int) -> str:
    """Puts ``{"username", "password"}`` as the secret's current value; returns the version's id."""
    password = "".join(secrets.choice(ALPHABET) for _ in range(length))
    answer = client.put_secret_value(
        SecretId=secret_arn,
        SecretString=json.dumps({"username": username, "password": password}),
        ClientRequestToken=str(uuid.uuid4()),
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

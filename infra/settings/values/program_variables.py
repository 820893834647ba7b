"""The variables that the program itself sets in the application's containers.

The database's host, port, name and TLS rules are plain. Users and passwords are references to secrets, so no task
definition and no state contains their values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

DATABASE = ("DB_HOST", "DB_PORT", "DB_NAME", "DB_SSL", "DB_SSL_REJECT_UNAUTHORIZED", "DB_SSL_CERT_PATH", "DB_USER")
ROLES = ("DB", "OWNER", "APP")
"""Prefixes of a login's variables: the task's own login, and the two roles that the bootstrap step creates."""

RESERVED = frozenset(
    {*DATABASE, "PORT", "SHARD_INDEX", "SHARD_COUNT"}
    | {f"{role}_{part}" for role in ROLES for part in ("USER", "PASSWORD", "SECRET_VERSION")}
)
"""Names that settings cannot define."""

SERVICE = ("host", "url")
"""Placeholders of the service: `${service.host}` is the Host header that users send, without a port; `${service.url}`
is its URL, without a slash at the end."""

PLACEHOLDER = re.compile(r"\$\{service\.([^{}]*)\}")


def places(text: str) -> set[str]:
    """The placeholders of the service in a text, known or not."""
    return set(PLACEHOLDER.findall(text))


def filled(variables: Mapping[str, str], service: Mapping[str, str]) -> dict[str, str]:
    """The variables with the values of the service's placeholders. service: values by the names in SERVICE."""
    return {name: PLACEHOLDER.sub(lambda found: service[found[1]], text) for name, text in variables.items()}


def plain(
    *,
    host: str,
    port: int,
    database: str,
    verify_tls: bool,
    ca_bundle: str | None,
    app_port: int,
    extra: Mapping[str, str],
) -> dict[str, str]:
    """The plain variables that all tasks have in common.

    Args:
        host: address of the database.
        port: TCP port of the database.
        database: name of the database.
        verify_tls: whether the application must verify the server's certificate.
        ca_bundle: path of the CA bundle; None for the default of the image.
        app_port: TCP port that the application listens on.
        extra: setting app.environment, which has no reserved name.
    """
    bundle = {"DB_SSL_CERT_PATH": ca_bundle} if ca_bundle else {}
    return {
        **extra,
        **bundle,
        "DB_HOST": host,
        "DB_PORT": str(port),
        "DB_NAME": database,
        "DB_SSL": "true",
        "DB_SSL_REJECT_UNAUTHORIZED": "true" if verify_tls else "false",
        "PORT": str(app_port),
    }


def login(secret_arn: str, role: str = "DB") -> dict[str, str]:
    """`valueFrom` of a login's variables: keys of the JSON in the current version of a secret.

    ECS needs all three colons once a key is named ("Pass Secrets Manager secrets through Amazon ECS environment
    variables" in the Amazon ECS developer guide).
    """
    return {f"{role}_USER": f"{secret_arn}:username::", f"{role}_PASSWORD": f"{secret_arn}:password::"}


def version(version_id: str, role: str = "DB") -> dict[str, str]:
    """The variable that changes with the password, so that a new password replaces the tasks; empty without a version.

    The reference to the secret stays the same, and tasks read secrets only when they start.
    """
    return {f"{role}_SECRET_VERSION": version_id} if version_id else {}

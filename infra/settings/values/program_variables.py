"""The variables that the program itself gives to the application's containers.

The database's host, port, name and TLS rules are plain; users and passwords come from secrets, so that their values
appear in no task definition and no state.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

DATABASE = ("DB_HOST", "DB_PORT", "DB_NAME", "DB_SSL", "DB_SSL_REJECT_UNAUTHORIZED", "DB_SSL_CERT_PATH", "DB_USER")
ROLES = ("DB", "OWNER", "APP")
"""What the names of a login's variables begin with: the task's own, and those of the users that bootstrap creates."""

RESERVED = frozenset(
    {*DATABASE, "PORT", "SHARD_INDEX", "SHARD_COUNT"}
    | {f"{role}_{part}" for role in ROLES for part in ("USER", "PASSWORD", "SECRET_VERSION")}
)
"""Names that no setting may give a value to."""

SERVICE = ("host", "url")
"""What a value may name of the service, as `${service.host}` and `${service.url}`: the name that its users send as Host
header, without a port, and its address, without a slash at the end."""

_PLACE = re.compile(r"\$\{service\.([^{}]*)\}")


def places(text: str) -> set[str]:
    """What a text names of the service, known or not."""
    return set(_PLACE.findall(text))


def filled(variables: Mapping[str, str], service: Mapping[str, str]) -> dict[str, str]:
    """The variables with what they name of the service in them. service: by the names in SERVICE."""
    return {name: _PLACE.sub(lambda found: service[found[1]], text) for name, text in variables.items()}


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
    """Every plain variable that all tasks have in common, `extra` (settings app.environment, of other names)
    included."""
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
    """`valueFrom` of a login's variables: keys of the JSON in a secret, in its current version.

    All three colons are needed once a key is named ("Pass Secrets Manager secrets through Amazon ECS environment
    variables" in the Amazon ECS developer guide).
    """
    return {f"{role}_USER": f"{secret_arn}:username::", f"{role}_PASSWORD": f"{secret_arn}:password::"}


def version(version_id: str, role: str = "DB") -> dict[str, str]:
    """Says which password is meant, where the reference to it stays the same: a new one has to reach every task, and
    tasks read secrets only when they start."""
    return {f"{role}_SECRET_VERSION": version_id} if version_id else {}

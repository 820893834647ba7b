"""The variables that the program itself gives to the application's containers.

The database's host, port, name and TLS rules are plain; user and password come from the secret that RDS manages, so
that their values appear in no task definition and no state.
"""

from __future__ import annotations

from collections.abc import Mapping

PLAIN = ("DB_HOST", "DB_PORT", "DB_NAME", "DB_SSL", "DB_SSL_REJECT_UNAUTHORIZED", "PORT")
SECRET = ("DB_USER", "DB_PASSWORD")
RESERVED = frozenset({*PLAIN, *SECRET})


def plain(
    *, host: str, port: int, database: str, verify_tls: bool, app_port: int, extra: Mapping[str, str]
) -> dict[str, str]:
    """Every plain variable, `extra` (settings app.environment, of other names) included."""
    return {
        **extra,
        "DB_HOST": host,
        "DB_PORT": str(port),
        "DB_NAME": database,
        "DB_SSL": "true",
        "DB_SSL_REJECT_UNAUTHORIZED": "true" if verify_tls else "false",
        "PORT": str(app_port),
    }


def secret(secret_arn: str) -> dict[str, str]:
    """`valueFrom` of every secret variable: a key of the JSON in RDS' managed master secret, in its current version.

    All three colons are needed once a key is named ("Pass Secrets Manager secrets through Amazon ECS environment
    variables" in the Amazon ECS developer guide).
    """
    return {"DB_USER": f"{secret_arn}:username::", "DB_PASSWORD": f"{secret_arn}:password::"}

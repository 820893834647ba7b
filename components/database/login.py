"""The database user of a task."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class Login:
    """The secret that holds a database user's name and password.

    Attributes:
        secret_arn: a secret of Secrets Manager, JSON with `username` and `password`.
        version: id of the version that every task must have; empty where AWS rotates the password, so that a rotation
            is not a change.
        managed: whether AWS manages the secret, which then has no further keys.
    """

    secret_arn: pulumi.Output[str]
    version: pulumi.Output[str]
    managed: bool = False

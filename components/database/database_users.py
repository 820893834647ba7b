"""Names and passwords of the database users of migrations and service; the bootstrap step grants their privileges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.database.login import Login
from sluice import sdk as gate

PASSWORD_LENGTH = 40
RECOVERY_DAYS = 30


@dataclass(frozen=True)
class DatabaseUsersArgs:
    """Inputs of DatabaseUsers.

    Attributes:
        owner: owns the tables.
        app: the service's.
        protected: whether a deleted secret can be restored for RECOVERY_DAYS; else its name is free at once.
        texts: further keys of both secrets; `{username}` and `{password}` in them are replaced; None for none.
    """

    owner: str
    app: str
    protected: bool
    texts: pulumi.Input[Mapping[str, str]] | None = None


class DatabaseUsers(pulumi.ComponentResource):
    """Two secrets with random passwords, which are never in this program or its state.

    The bootstrap step creates the users in the database.

    Outputs: owner, app. Their secrets' ARNs are known only once the values are stored, so no task starts before.
    """

    owner: Login
    app: Login

    def __init__(self, name: str, args: DatabaseUsersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:components:DatabaseUsers", name, None, opts)
        self._days, self._texts = RECOVERY_DAYS if args.protected else 0, args.texts
        self.owner = self._login(f"{name}-owner", args.owner, "owns the tables, used by migrations")
        self.app = self._login(f"{name}-app", args.app, "reads and writes rows, used by the service")
        self.register_outputs({"owner": self.owner.secret_arn, "app": self.app.secret_arn})

    def _login(self, name: str, username: str, purpose: str) -> Login:
        child = pulumi.ResourceOptions(parent=self)
        secret = aws.secretsmanager.Secret(
            name,
            description=f"Database user {username}: {purpose}",
            recovery_window_in_days=self._days,
            opts=child,
        )
        value = gate.GeneratedSecret(
            name, secret_arn=secret.arn, username=username, length=PASSWORD_LENGTH, texts=self._texts, opts=child
        )
        arn = pulumi.Output.all(secret.arn, value.version_id).apply(lambda known: str(known[0]))
        return Login(arn, value.version_id)

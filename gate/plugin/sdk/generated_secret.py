"""A password that only Secrets Manager knows."""

from __future__ import annotations

import pulumi


class GeneratedSecret(pulumi.CustomResource):
    """Puts ``{"username", "password"}`` with a random password into a secret; the program sees only the version's id.

    Args:
        secret_arn: the secret, made elsewhere.
        username: goes beside the password.
        length: of the password, 16 to 128 letters and digits.

    Attributes:
        version_id: changes when a new password was put.
    """

    def __init__(
        self,
        name: str,
        *,
        secret_arn: pulumi.Input[str],
        username: pulumi.Input[str],
        length: int = 40,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {"secretArn": secret_arn, "username": username, "length": length, "versionId": None}
        super().__init__("gate:index:GeneratedSecret", name, props, opts)
        self.version_id: pulumi.Output[str] = pulumi.get(self, "versionId")

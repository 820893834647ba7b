"""A random password that is stored in Secrets Manager only."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from sluice.sdk.definition import properties


class GeneratedSecret(pulumi.CustomResource):
    """Stores ``{"username", "password"}`` with a random password in a secret; the program gets only the version's id.

    Args:
        secret_arn: an existing secret.
        username: stored with the password.
        length: of the password, 16 to 128 letters and digits.
        texts: further keys of the secret; `{username}` and `{password}` in their values are replaced. Changing them
            keeps the password.

    Attributes:
        version_id: changes with every new password.
    """

    def __init__(
        self,
        name: str,
        *,
        secret_arn: pulumi.Input[str],
        username: pulumi.Input[str],
        length: int = 40,
        texts: pulumi.Input[Mapping[str, str]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = properties(GeneratedSecret, locals(), ("versionId",))
        super().__init__("gate:index:GeneratedSecret", name, props, opts)
        self.version_id: pulumi.Output[str] = pulumi.get(self, "versionId")

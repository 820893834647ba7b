"""A password that only Secrets Manager knows."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from sluice.sdk.definition import properties


class GeneratedSecret(pulumi.CustomResource):
    """Puts ``{"username", "password"}`` with a random password into a secret; the program sees only the version's id.

    Args:
        secret_arn: the secret, made elsewhere.
        username: goes beside the password.
        length: of the password, 16 to 128 letters and digits.
        texts: further keys of the secret; `{username}` and `{password}` in their values are filled in. Other texts
            leave the password as it is.

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
        texts: pulumi.Input[Mapping[str, str]] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = properties(GeneratedSecret, locals(), ("versionId",))
        super().__init__("gate:index:GeneratedSecret", name, props, opts)
        self.version_id: pulumi.Output[str] = pulumi.get(self, "versionId")

"""The gate's provider: AWS account, Region and credentials."""

from __future__ import annotations

import pulumi

from sluice.sdk.definition import properties


class Provider(pulumi.ProviderResource):
    """The gate's provider.

    Args:
        region: AWS Region.
        profile: named profile; unset: boto3's default credentials.
        assume_role: ARN of a role to assume first.
        endpoint: URL of an emulator to use instead of AWS.
        account: 12-digit id; credentials of another account are refused before anything is changed.
    """

    def __init__(
        self,
        name: str,
        *,
        region: pulumi.Input[str],
        profile: pulumi.Input[str] | None = None,
        assume_role: pulumi.Input[str] | None = None,
        endpoint: pulumi.Input[str] | None = None,
        account: pulumi.Input[str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = properties(Provider, locals())
        super().__init__("gate", name, props, opts)

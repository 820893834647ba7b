"""Which AWS account the gate works in."""

from __future__ import annotations

import pulumi

from sluice.sdk.definition import properties


class Provider(pulumi.ProviderResource):
    """The gate's provider.

    Args:
        region: AWS region.
        profile: named profile; unset: boto3's own search.
        assume_role: ARN of a role to take on first.
        endpoint: URL that answers instead of AWS (an emulator).
        account: 12-digit id; credentials of any other account end the update before anything is done.
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

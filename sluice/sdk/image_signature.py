"""The signature of an image as a Pulumi resource."""

from __future__ import annotations

import pulumi

from sluice.sdk.definition import properties


class ImageSignature(pulumi.CustomResource):
    """Signs an image with a KMS key, in cosign's format, and stores the signature beside it in ECR.

    Args:
        image: ``repository@sha256:…``; give it what comes out of the Rollout, so that nothing unproven is signed.
        key: ARN of a KMS key of the spec ECC_NIST_P256 for SIGN_VERIFY.
        by: who says so, for people: ``PROJECT/STACK``.

    Attributes:
        image: as given, once it is signed.
    """

    def __init__(
        self,
        name: str,
        *,
        image: pulumi.Input[str],
        key: str,
        by: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("gate:index:ImageSignature", name, properties(ImageSignature, locals()), opts)
        self.image: pulumi.Output[str] = pulumi.get(self, "image")

"""The signature of an image as a Pulumi resource."""

from __future__ import annotations

import pulumi

from sluice.sdk.definition import properties


class ImageSignature(pulumi.CustomResource):
    """Signs an image with a KMS key, in cosign's format, and stores the signature in the image's ECR repository.

    Args:
        image: ``repository@sha256:…``; pass the Rollout's output, so that only a proven image is signed.
        key: ARN of a KMS key with the spec ECC_NIST_P256 and the usage SIGN_VERIFY.
        by: the signer's name, ``PROJECT/STACK``.

    Attributes:
        image: the input, once it is signed.
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

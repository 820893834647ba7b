"""An image repository, of the stack or existing."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class Repository:
    """An image repository, in ECR or elsewhere.

    Attributes:
        url: `HOST/NAME`.
        name: without the host.
        arn: empty where it is not in ECR.
        account, region: of the repository; empty where it is not in ECR.
    """

    url: pulumi.Output[str]
    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    account: pulumi.Output[str]
    region: str

    def reference(self, image: str) -> pulumi.Output[str]:
        """Return an image's whole reference: as given, or for `sha256:…` the image in this repository."""
        if image.startswith("sha256:"):
            return pulumi.Output.concat(self.url, "@", image)
        return pulumi.Output.from_input(image)

"""A repository of images, whoever made it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class Repository:
    """An image repository, in ECR or elsewhere.

    Attributes:
        url: `HOST/NAME`.
        arn: empty where IAM knows nothing of it.
        account: that holds it, and region; both empty where it is not in ECR.
    """

    url: pulumi.Output[str]
    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    account: pulumi.Output[str]
    region: str

    def reference(self, image: str) -> pulumi.Output[str]:
        """An image's whole reference: as given, or `sha256:…` in this repository."""
        if image.startswith("sha256:"):
            return pulumi.Output.concat(self.url, "@", image)
        return pulumi.Output.from_input(image)

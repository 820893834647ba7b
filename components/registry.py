"""Where the image is kept."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True)
class RegistryArgs:
    """protected: whether destroying the stack must fail while images are left."""

    protected: bool


class Registry(pulumi.ComponentResource):
    """An ECR repository whose tags never change their image, scanned on push.

    Outputs: name, arn, url (`HOST/NAME`), registry_id (the account that holds it).
    """

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    url: pulumi.Output[str]
    registry_id: pulumi.Output[str]

    def __init__(self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:components:Registry", name, None, opts)
        repository = aws.ecr.Repository(
            name,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "AES256"}],
            force_delete=not args.protected,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.name = repository.name
        self.arn = repository.arn
        self.url = repository.repository_url
        self.registry_id = repository.registry_id
        self.register_outputs({"name": self.name, "arn": self.arn, "url": self.url, "registryId": self.registry_id})

    def reference(self, image: str) -> pulumi.Output[str]:
        """An image's whole reference: as given, or `sha256:…` in this repository."""
        if image.startswith("sha256:"):
            return pulumi.Output.concat(self.url, "@", image)
        return pulumi.Output.from_input(image)

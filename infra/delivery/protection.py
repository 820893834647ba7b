"""Makes `pulumi destroy` of a protected stack fail before it changes anything."""

from __future__ import annotations

import pulumi


class Protection(pulumi.ComponentResource):
    """A resource that depends on all others, and that a protected stack refuses to delete.

    `protect` on the database alone would stop a destroy too late: the service and everything else that depends on the
    database would be deleted first. A destroy starts with the resource that depends on all others, so it fails there,
    with one error and no change, also without a preview. Unprotected stacks have the resource, too, without `protect`:
    changing the settings and one `pulumi up` remove a stack's protection.
    """

    def __init__(self, name: str, resources: AllResources, protected: bool) -> None:
        options = pulumi.ResourceOptions(protect=protected, depends_on=resources.resources)
        super().__init__("sluice:infra:Protection", name, None, options)
        self.register_outputs({})


class AllResources:
    """Collects every resource that the program declares from now on."""

    def __init__(self) -> None:
        self.resources: list[pulumi.Resource] = []
        pulumi.runtime.register_stack_transformation(self._seen)

    def _seen(self, args: pulumi.ResourceTransformationArgs) -> None:
        # Components are left out: they are deleted after their children, which are collected.
        if isinstance(args.resource, pulumi.CustomResource) and not isinstance(args.resource, pulumi.ProviderResource):
            self.resources.append(args.resource)

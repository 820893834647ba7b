"""Why `pulumi destroy` of a protected stack changes nothing at all."""

from __future__ import annotations

import pulumi


class Protection(pulumi.ComponentResource):
    """The one resource that stands on all others, and that a protected stack refuses to delete.

    `protect` on a database alone would stop a destroy only when it gets there: everything that stands on the database,
    the service first of all, is deleted by then. What stands on everything else is what a destroy begins with, so it
    ends there too, with one error and nothing changed, also without a preview. On other stacks it is there as well and
    keeps nobody from anything: so settings alone, and one `pulumi up`, take a stack's protection away.
    """

    def __init__(self, name: str, resources: AllResources, protected: bool) -> None:
        options = pulumi.ResourceOptions(protect=protected, depends_on=resources.resources)
        super().__init__("sluice:infra:Protection", name, None, options)
        self.register_outputs({})


class AllResources:
    """Every resource that the program makes from now on."""

    def __init__(self) -> None:
        self.resources: list[pulumi.Resource] = []
        pulumi.runtime.register_stack_transformation(self._seen)

    def _seen(self, args: pulumi.ResourceTransformationArgs) -> None:
        # Components are left out: they are deleted after their children, and these are here.
        if isinstance(args.resource, pulumi.CustomResource) and not isinstance(args.resource, pulumi.ProviderResource):
            self.resources.append(args.resource)

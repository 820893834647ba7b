"""What a plugin is: its name, its resource types, its functions and its configuration."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from sluice.protocol.resource import Call, Checked, Difference, Properties, Resource

Function = Callable[[Call, Properties], Awaitable[Properties]]


class Provider:
    """A plugin's provider. Override what differs.

    Attributes:
        name: the package's name, as in ``pulumi-resource-NAME``.
        version: semantic version that the plugin answers with.
        resources: resource type token to its handler.
        functions: function token to its coroutine.
    """

    name: str
    version: str
    resources: Mapping[str, Resource]
    functions: Mapping[str, Function]

    async def check_config(self, old: Properties, new: Properties) -> Checked:
        """Check the provider's own inputs; by default all are taken."""
        return Checked(new)

    async def diff_config(self, old: Properties, new: Properties) -> Difference:
        """A changed configuration is a change of the provider, never a replacement of its resources."""
        keys = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
        return Difference(changes=bool(keys), diffs=keys)

    async def configure(self, args: Properties) -> None:
        """Take the configuration. Nested values arrive as JSON text. Called once, before any resource call."""

    def secret_outputs(self, token: str) -> frozenset[str]:
        """Outputs of a type that are secret whatever the inputs were."""
        return frozenset()

"""The definition of a plugin: name, resource types, functions and configuration."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from sluice.protocol.resource import Call, Checked, Difference, Properties, Resource

Function = Callable[[Call, Properties], Awaitable[Properties]]


class Provider:
    """A plugin's provider. Subclasses override what differs.

    Attributes:
        name: the package's name, as in ``pulumi-resource-NAME``.
        version: the plugin's semantic version.
        resources: handlers by resource type token.
        functions: coroutines by function token.
    """

    name: str
    version: str
    resources: Mapping[str, Resource]
    functions: Mapping[str, Function]

    async def check_config(self, old: Properties, new: Properties) -> Checked:
        """Check the provider's own inputs; by default all are accepted."""
        return Checked(new)

    async def diff_config(self, old: Properties, new: Properties) -> Difference:
        """Report a changed configuration as a change of the provider, never as a replacement of its resources."""
        keys = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
        return Difference(changes=bool(keys), diffs=keys)

    async def configure(self, args: Properties) -> None:
        """Receive the configuration, once, before any resource call. Nested values arrive as JSON text."""

    def secret_outputs(self, token: str) -> frozenset[str]:
        """Return the outputs of a type that are always secret."""
        return frozenset()

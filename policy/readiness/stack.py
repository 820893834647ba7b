"""A stack as the rules see it: its resources with their properties, before or after they exist."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

PRODUCTION = "prod"
"""The environment that every rule is about. A stack that does not say its environment is taken for it."""


@dataclass(frozen=True)
class Resource:
    """One resource.

    type: its token without the module's file, `aws:rds:Instance`. props: as Pulumi spells them, camelCase; None where
    nothing was said. needs: property to URNs of the resources that its value comes from. ignored: properties whose
    changes are ignored.
    """

    type: str
    name: str
    urn: str
    props: Mapping[str, Any] = field(default_factory=dict)
    needs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ignored: Sequence[str] = ()

    def get(self, path: str) -> Any:
        """A property by its dotted path, the first element of lists on the way; None where nothing is."""
        found: Any = self.props
        for part in path.split("."):
            if isinstance(found, Sequence) and not isinstance(found, str):
                found = found[0] if len(found) else None
            if not isinstance(found, Mapping) or part not in found:
                return None
            found = found[part]
        return found


@dataclass(frozen=True)
class Stack:
    """All resources of a stack."""

    resources: Sequence[Resource]

    def of(self, *types: str) -> list[Resource]:
        """The resources of these types."""
        return [one for one in self.resources if one.type in types]

    def behind(self, one: Resource, prop: str, kind: str) -> set[str]:
        """URNs of the resources of a type that a property's value comes from."""
        wanted = {other.urn for other in self.of(kind)}
        return {urn for urn in one.needs.get(prop, ()) if urn in wanted}

    @property
    def environment(self) -> str:
        """What the stack is for: the tag that the AWS provider gives to everything."""
        for provider in self.of("pulumi:providers:aws"):
            tags = decoded(provider.get("defaultTags"))
            if isinstance(tags, Mapping) and isinstance(tags.get("tags"), Mapping):
                return str(tags["tags"].get("Environment", PRODUCTION))
        return PRODUCTION


def decoded(value: Any) -> Any:
    """A provider's setting: the engine hands nested ones over as JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value


def token(written: str) -> str:
    """`aws:rds/instance:Instance` without the file of its module: `aws:rds:Instance`."""
    package, _, rest = written.partition(":")
    module, _, name = rest.partition(":")
    return f"{package}:{module.split('/')[0]}:{name}" if name and package != "pulumi" else written


def listed(value: Any) -> list[Any]:
    """A list, also where a single value is allowed."""
    if value is None:
        return []
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]


def mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    """Those of a list that are mappings."""
    yield from (one for one in listed(value) if isinstance(one, Mapping))

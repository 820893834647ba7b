"""A stack as the rules see it: its resources with their properties, before or after they exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MODULES = {
    "alb": "lb",
    "applicationloadbalancing": "lb",
    "elasticloadbalancingv2": "lb",
    "elasticloadbalancing": "elb",
}
"""Pulumi's alternative module names: `aws:alb/listener:Listener` is the same as `aws:lb/listener:Listener`."""

VERSIONED = re.compile(r"(aws:s3:Bucket\w*?)(?:V2)?$")
"""Types of the module `s3` whose names end in their schema version: `aws:s3/bucketV2:BucketV2`."""

PROVIDER = "pulumi:providers:aws"

URN = re.compile(r"urn:pulumi:([^:]+)::")


@dataclass(frozen=True)
class StackResource:
    """One resource.

    Attributes:
        type: its token without the module's file, `aws:rds:Instance`.
        props: properties in camelCase, as Pulumi spells them; None when unset.
        needs: property to the URNs of the resources that its value comes from.
        ignored: properties whose changes are ignored.
    """

    type: str
    name: str
    urn: str
    props: Mapping[str, Any] = field(default_factory=dict)
    needs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    ignored: Sequence[str] = ()

    def get(self, path: str) -> Any:
        """Return a property by its dotted path, with the first element of any list; None when unset."""
        found: Any = self.props
        for part in path.split("."):
            if isinstance(found, Sequence) and not isinstance(found, str):
                found = found[0] if len(found) else None
            if not isinstance(found, Mapping) or part not in found:
                return None
            found = found[part]
        return found


@dataclass(frozen=True)
class StackGraph:
    """All resources of a stack."""

    resources: Sequence[StackResource]

    def of(self, *types: str) -> list[StackResource]:
        """Return the resources of these types."""
        return [one for one in self.resources if one.type in types]

    def behind(self, one: StackResource, prop: str, *kinds: str) -> set[str]:
        """Return URNs of the resources of these types that a property's value comes from."""
        wanted = {other.urn for other in self.of(*kinds)}
        return {urn for urn in one.needs.get(prop, ()) if urn in wanted}

    @property
    def name(self) -> str:
        """Return the stack's name, from the URNs; empty without resources."""
        found = (URN.match(one.urn) for one in self.resources)
        return next((match[1] for match in found if match), "")

    @property
    def accounts(self) -> set[str]:
        """Return ids of the accounts that its AWS providers are limited to, or that its resources' ARNs name."""
        said = {str(one) for each in self.of(PROVIDER) for one in listed(decoded(each.get("allowedAccountIds")))}
        arns = (str(one.get("arn") or "").split(":") for one in self.resources)
        return said | {parts[4] for parts in arns if len(parts) > 5 and parts[4].isdigit()}


def tags(provider: StackResource) -> Mapping[str, Any]:
    """Return the default tags of an AWS provider."""
    said = decoded(provider.get("defaultTags"))
    found = said.get("tags") if isinstance(said, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def decoded(value: Any) -> Any:
    """Return a provider's setting; the engine passes nested ones as JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value


def token(written: str) -> str:
    """Return `aws:rds:Instance` for `aws:rds/instance:Instance`: no file, and the module's usual name."""
    package, _, rest = written.partition(":")
    module, _, name = rest.partition(":")
    if not name or package == "pulumi":
        return written
    module = module.split("/")[0]
    short = f"{package}:{MODULES.get(module, module) if package == 'aws' else module}:{name}"
    match = VERSIONED.fullmatch(short)
    return match[1] if match else short


def listed(value: Any) -> list[Any]:
    """Return a list, also for a single value."""
    if value is None:
        return []
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]


def mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the items of a list that are mappings."""
    yield from (one for one in listed(value) if isinstance(one, Mapping))

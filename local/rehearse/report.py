"""The report of a rehearsal: the stack's resources by service, and whether the image was promoted unchanged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any


def by_service(urns: Iterable[str]) -> dict[str, int]:
    """Return how many resources a stack has of each service (`aws:ecs`) or package (`gate`); components are not
    counted.

    A URN's type may be a chain of parents' types; the last one is the resource's own.
    """
    types = [urn.split("::")[2].rpartition("$")[2] for urn in urns]
    counted = Counter(service(one) for one in types if not one.startswith("sluice:"))
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def service(kind: str) -> str:
    """The service of a resource's type: `aws:ecs` of `aws:ecs/service:Service`, `gate` of `gate:index:Rollout`."""
    package, module, _ = kind.split(":")
    return f"{package}:{module.split('/')[0]}" if package == "aws" else package


def resources(urns: Iterable[str]) -> str:
    """One line for people."""
    counted = by_service(urns)
    parts = ", ".join(f"{number} {name.removeprefix('aws:')}" for name, number in counted.items())
    return f"{sum(counted.values())} resources: {parts}"


def same_image(outputs: Mapping[str, Any], upstream: Mapping[str, Any]) -> str:
    """Return whether this stack runs the digest of the one that it promotes from."""
    ours, theirs = (str(one.get("image", "")).rpartition("@")[2] for one in (outputs, upstream))
    return f"the same image, {ours[:19]}…" if ours and ours == theirs else f"another image: {ours} and {theirs}"

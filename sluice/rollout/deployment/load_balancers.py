"""The port of a revision that the load balancer uses. Pure.

UpdateService refuses a port that the revision does not have, so a move to a revision with another port must say both.
Source: LoadBalancer.containerPort in the Amazon ECS API reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def fitting(entries: Sequence[Mapping[str, Any]], definition: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The entries of ``loadBalancers`` as they go with a revision.

    An entry whose container and port the revision has stays as it is; else the revision's only mapped port takes its
    place. Of several ports none can be chosen: the entry stays, and UpdateService returns an error.

    Args:
        entries: as DescribeServices shows them.
        definition: of the revision, as DescribeTaskDefinition shows it.
    """
    mapped = [
        (str(container["name"]), int(mapping["containerPort"]))
        for container in definition.get("containerDefinitions") or ()
        for mapping in container.get("portMappings") or ()
        if mapping.get("containerPort") and mapping.get("protocol", "tcp") == "tcp"
    ]
    return tuple(_fitting(one, mapped) for one in entries)


def _fitting(entry: Mapping[str, Any], mapped: Sequence[tuple[str, int]]) -> Mapping[str, Any]:
    name, port = entry.get("containerName"), entry.get("containerPort")
    own = [one for one in mapped if one[0] == name] or list(mapped)
    if (name, port) in mapped or len(own) != 1:
        return entry
    return {**entry, "containerName": own[0][0], "containerPort": own[0][1]}

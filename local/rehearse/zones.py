"""The hosted zone that a stack's own name is in, made up in its emulated account: its certificate is issued there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from local.rehearse.changes import SettingChange

WHY = "it exists on AWS and not here: an empty one of the emulated account stands for it"


def made_up(config: dict[str, Any], client: Any) -> Iterator[SettingChange]:
    """Points `domain.zone` at a zone of the emulated account, which is made when it is missing.

    Args:
        config: is changed.
        client: Route 53's, of the emulated account.
    """
    domain = config.get("domain") or {}
    if not domain.get("name"):
        return
    name = str(domain["name"]).partition(".")[2]
    was, domain["zone"] = domain.get("zone"), _zone(client, f"{name}.")
    yield SettingChange("domain.zone", was, domain["zone"], WHY)


def _zone(client: Any, name: str) -> str:
    """The id of the zone of this name."""
    found = client.list_hosted_zones_by_name(DNSName=name, MaxItems="1")["HostedZones"]
    if not found or found[0]["Name"] != name:
        found = [client.create_hosted_zone(Name=name, CallerReference=f"rehearsal of {name}")["HostedZone"]]
    return str(found[0]["Id"]).rpartition("/")[2]

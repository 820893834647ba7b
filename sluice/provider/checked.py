"""Checks of inputs that several resources share. Pure."""

from __future__ import annotations

from typing import Any

from sluice.errors import GateError
from sluice.inputs.keys import refuse_unknown
from sluice.inputs.network import Network
from sluice.protocol.resource import CheckFailure
from sluice.protocol.values import contains_unknown
from sluice.release.names import Names


def wrong_names(names: Any) -> list[CheckFailure]:
    """Return the failures of an image's names."""
    if names is None or contains_unknown(names):
        return []
    if not isinstance(names, dict):
        return [CheckFailure("names", f"is {names!r}; it must be an object with version and revision")]
    try:
        Names.parse(names)
    except GateError as error:
        return [CheckFailure("names", str(error))]
    return []


def wrong_network(network: object) -> list[CheckFailure]:
    """Return the failures of a network; unknown values are skipped."""
    if not isinstance(network, dict):
        return []
    try:
        refuse_unknown(Network, network, "network")
        if not contains_unknown(network):
            Network.parse(network)
    except GateError as error:
        return [CheckFailure("network", str(error).removeprefix("network: "))]
    return []

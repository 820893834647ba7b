"""Tells which address ranges are the internet."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

OWN = [
    ip_network(text)
    for text in ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
                 "fc00::/7", "fe80::/10")
]  # fmt: skip
"""Ranges that no internet packet comes from (RFC 1918, 4193, 6598, 3927, 4291)."""

SOME = 65_536
"""IPv4 addresses (a /16) that one organisation may own; more of them count as the internet."""

SOME6 = 32
"""Prefix length that one organisation gets in IPv6; a shorter one is the internet."""


def internet(ranges: Iterable[str]) -> bool:
    """Return whether these ranges together cover the internet, or a large part of it.

    `0.0.0.0/0` does, but so do `0.0.0.0/1` and thousands of small ones. A text that is no range counts as everything.
    """
    four: list[IPv4Network] = []
    for text in ranges:
        try:
            network = ip_network(text.strip(), strict=False)
        except ValueError:
            return True
        if any(network.version == own.version and network.subnet_of(own) for own in OWN):  # type: ignore[arg-type]
            continue
        if isinstance(network, IPv6Network):
            if network.prefixlen < SOME6:
                return True
        else:
            four.append(network)
    return sum(one.num_addresses for one in collapse_addresses(four)) > SOME

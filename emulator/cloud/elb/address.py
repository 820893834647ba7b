"""Which addresses a target may have. Pure.

AWS, "Target groups for your Application Load Balancers" (ELB user guide), target type: an address of the VPC, of RFC
1918 or of RFC 6598, and no publicly routable one. The loopback of the developer's machine, which the load balancer here
would reach, is none of them.
"""

from __future__ import annotations

import ipaddress

_TAKEN = [ipaddress.ip_network(one) for one in ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")]


def refusal(target: str) -> str | None:
    """Why RegisterTargets refuses a target's id, or None."""
    try:
        address = ipaddress.ip_address(target)
    except ValueError:
        return f"The target '{target}' is no IP address: the local cloud has no instances and no functions."
    if not any(address in network for network in _TAKEN):
        return f"The IP address '{target}' is not a valid target: it is in no private network."
    return None

"""How the VPC's address range is divided."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

BLOCKS = 16
"""The range is cut into this many equal blocks: the first half is for public subnets, the rest for databases and later
for private subnets, so that adding zones or tiers never moves a subnet that exists."""

DATABASE_BLOCK = 8


@dataclass(frozen=True)
class Ranges:
    """CIDR ranges, one per availability zone, in the order of the zones."""

    public: list[str]
    database: list[str]


def ranges(cidr: str, zones: int) -> Ranges:
    """The ranges of every subnet of a VPC of /16 to /22, for up to eight zones."""
    blocks = [str(block) for block in IPv4Network(cidr).subnets(prefixlen_diff=(BLOCKS - 1).bit_length())]
    return Ranges(public=blocks[:zones], database=blocks[DATABASE_BLOCK : DATABASE_BLOCK + zones])

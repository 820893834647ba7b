"""How the VPC's address range is divided."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

BLOCKS = 16
"""The range is cut into this many equal blocks, of which every tier has four, one per zone, and four are left: adding
zones or tiers never moves a subnet that exists."""

PUBLIC_BLOCK, DATABASE_BLOCK, TASK_BLOCK = 0, 8, 12


@dataclass(frozen=True)
class Ranges:
    """CIDR ranges, one per availability zone, in the order of the zones."""

    public: list[str]
    tasks: list[str]
    database: list[str]


def ranges(cidr: str, zones: int) -> Ranges:
    """The ranges of every subnet of a VPC of /16 to /22, for up to four zones."""
    blocks = [str(block) for block in IPv4Network(cidr).subnets(prefixlen_diff=(BLOCKS - 1).bit_length())]

    def tier(start: int) -> list[str]:
        return blocks[start : start + zones]

    return Ranges(public=tier(PUBLIC_BLOCK), tasks=tier(TASK_BLOCK), database=tier(DATABASE_BLOCK))

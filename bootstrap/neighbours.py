"""The other stacks of an account, and whether this one can be kept apart from them.

IAM: iam:ListRoles, iam:ListRoleTags. Run by an administrator.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bootstrap.scope import BALANCER
from infra import naming

PRODUCTION = "Production"
"""The tag of a role that says whether its stack is production: `true` or `false`."""
LOOSE = (
    "every task definition is readable with the plain variables in it (DescribeTaskDefinition supports no resource)",
    "networks, load balancers and databases are described, without their data",
    "quotas, service-linked roles and the names in the state bucket are common",
)
"""What IAM cannot keep apart in one account; docs/security.md explains why."""


@dataclass(frozen=True)
class NeighbourStack:
    """A stack that `make bootstrap` has prepared.

    Attributes:
        production: whether its settings say `environment: prod`.
    """

    project: str
    stack: str
    production: bool = False

    @property
    def name(self) -> str:
        """Return the prefix of its resources' names."""
        return naming.prefix(self.project, self.stack)

    @property
    def snapshots(self) -> str:
        """Return the prefix of its snapshots' names: `sluice`, then the project's name."""
        return naming.snapshots(self.project, self.stack)


def others(iam: Any, own: NeighbourStack) -> list[NeighbourStack]:
    """Return the other stacks whose deploy roles are in the account, by name."""
    found = []
    for page in iam.get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            if not role["Path"].endswith("-bootstrap/") or not role["RoleName"].endswith("-deploy"):
                continue
            tags = {one["Key"]: one["Value"] for one in iam.list_role_tags(RoleName=role["RoleName"])["Tags"]}
            if tags.get("Purpose") == "bootstrap":
                found.append(
                    NeighbourStack(tags.get("Project", ""), tags.get("Stack", ""), tags.get(PRODUCTION) == "true")
                )
    return sorted(
        (one for one in found if (one.project, one.stack) != (own.project, own.stack)), key=lambda one: one.name
    )


def collisions(own: NeighbourStack, there: Sequence[NeighbourStack]) -> Iterator[str]:
    """Yield why the names of this stack and another overlap, so that one could reach the other: grants go by prefix."""
    for other in there:
        if _contain(own.name, other.name):
            yield (
                f"the names of this stack begin with {own.name}, those of {other.project}/{other.stack} with"
                f" {other.name}: one contains the other, so the roles of one stack could touch the other's resources"
            )
        elif _contain(*(one.name[:BALANCER].rstrip("-") for one in (own, other))):
            yield (
                f"the load balancers of {own.name} and of {other.name} have names that begin alike: they take"
                f" {BALANCER} characters of it, so the roles of one stack could touch the other's"
            )
        elif any(_contain(left, right) for left, right in (
            (own.snapshots, other.snapshots), (own.name, other.snapshots), (own.snapshots, other.name)
        )):  # fmt: skip
            yield (
                f"the snapshots of {own.project}/{own.stack} have names that begin with {own.snapshots}, those of"
                f" {other.project}/{other.stack} with {other.snapshots}, and one stack's names contain the other's: its"
                " roles could touch the other's snapshots"
            )


def _contain(left: str, right: str) -> bool:
    return f"{left}-".startswith(f"{right}-") or f"{right}-".startswith(f"{left}-")


def refusal(own: NeighbourStack, there: Sequence[NeighbourStack], *, shared: bool) -> str:
    """Return why nothing may be created; empty when it may.

    Args:
        shared: whether production may share its account.
    """
    if found := list(collisions(own, there)):
        return "\n".join([*found, "  fix: name one of the stacks otherwise, or give it an account of its own"])
    if shared or not there or not any(one.production for one in (own, *there)):
        return ""
    names = ", ".join(f"{one.project}/{one.stack}" for one in there)
    which = "production" if own.production else "a stack beside production"
    return (
        f"{own.project}/{own.stack} is {which}, and the account has {names} already. What IAM cannot keep apart"
        " there:\n"
        + "\n".join(f"    - {line}" for line in LOOSE)
        + "\n  fix: give production an account of its own, or write `sharedAccount: true` to accept this"
    )


def warning(own: NeighbourStack, there: Sequence[NeighbourStack]) -> list[str]:
    """Return the warning about an account that stacks share; empty for one with a single stack."""
    if not there:
        return []
    names = ", ".join(f"{one.project}/{one.stack}" for one in there)
    return [
        f"WARNING: {own.project}/{own.stack} shares this account with {names}. What IAM cannot keep apart there:",
        *(f"  - {line}" for line in LOOSE),
    ]

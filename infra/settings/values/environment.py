"""The environments a stack can be."""

from typing import Literal, TypeAlias

Environment: TypeAlias = Literal["local", "dev", "staging", "prod"]

PROTECTED: frozenset[Environment] = frozenset({"prod"})
"""Environments whose data outlives a `pulumi destroy`: deletion protection, final snapshot, images kept."""

KEEPING: frozenset[Environment] = frozenset({"staging", "prod"})
"""Environments whose images outlive a `pulumi destroy`: another stack may run them."""

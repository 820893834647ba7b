"""The environments that a stack can have."""

from typing import Literal, TypeAlias

Environment: TypeAlias = Literal["local", "dev", "staging", "prod"]

PROTECTED: frozenset[Environment] = frozenset({"prod"})
"""Environments whose data outlives a `pulumi destroy`: deletion protection, final snapshot, retained images."""

KEEPING: frozenset[Environment] = frozenset({"staging", "prod"})
"""Environments whose images outlive a `pulumi destroy`, because another stack may run them."""

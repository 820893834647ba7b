"""The policies of a stack's deployers and of those who promote from it, and the boundary of its tasks' roles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bootstrap.grants import guard, promotion, signing, state
from bootstrap.grants.boundary import boundary
from bootstrap.grants.containers import containers
from bootstrap.grants.database import database
from bootstrap.grants.identity import identity
from bootstrap.grants.network import network
from bootstrap.grants.operations import operations
from bootstrap.grants.own import own
from bootstrap.grants.read import read
from bootstrap.grants.secret_keys import secret_keys
from bootstrap.grants.traffic import traffic
from bootstrap.scope import Scope
from bootstrap.statement import IamStatement

Grant = Callable[[Scope], Sequence[IamStatement]]
Grants = Mapping[str, Grant]
"""Grants by subject. Each becomes a managed policy: a single one would be too long for IAM."""


def states(scope: Scope) -> list[IamStatement]:
    """Read and write the stack's own state, read what the stack before it has released, and sign."""
    return [
        *state.preview_state(scope),
        *state.keep(scope),
        *promotion.promote(scope),
        *signing.verify(scope),
        *signing.sign(scope),
    ]


def state_read(scope: Scope) -> list[IamStatement]:
    """Read the stack's own state, and what the stack before it has released, with its signature."""
    return [*state.preview_state(scope), *promotion.promote(scope), *signing.verify(scope)]


def identities(scope: Scope) -> list[IamStatement]:
    """Create and pass the roles of the stack's tasks, and look into the secrets that these read."""
    return [*identity(scope), *secret_keys(scope)]


DEPLOY: Grants = {
    "state": states,
    "read": read,
    "own": own,
    "containers": containers,
    "network": network,
    "traffic": traffic,
    "database": database,
    "identity": identities,
    "operations": operations,
    "guard": guard.guard,
}

PREVIEW: Grants = {"state": state_read, "read": read, "own": own, "guard": guard.preview_guard}

RELEASES: Grants = {"released": promotion.released}

BOUNDARY: Grant = boundary

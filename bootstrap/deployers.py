"""The policies of the two deployers of a stack, and the boundary of its tasks' roles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bootstrap.grants import state
from bootstrap.grants.boundary import boundary
from bootstrap.grants.containers import containers
from bootstrap.grants.database import database
from bootstrap.grants.identity import identity
from bootstrap.grants.network import network
from bootstrap.grants.operations import operations
from bootstrap.grants.read import read
from bootstrap.grants.traffic import traffic
from bootstrap.scope import Scope
from bootstrap.statement import Statement

Grant = Callable[[Scope], Sequence[Statement]]
Grants = Mapping[str, Grant]
"""By subject: a managed policy each, as one alone would be too long for IAM."""


def states(scope: Scope) -> list[Statement]:
    """Reads all states of the project, writes the stack's own."""
    return [*state.look(scope), *state.keep(scope)]


DEPLOY: Grants = {
    "state": states,
    "read": read,
    "containers": containers,
    "network": network,
    "traffic": traffic,
    "database": database,
    "identity": identity,
    "operations": operations,
}

PREVIEW: Grants = {"state": state.look, "read": read}

BOUNDARY: Grant = boundary

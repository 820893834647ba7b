"""The copies of a run's snapshot in another account, with the resource's own log and the stack's topic."""

from __future__ import annotations

from gate.deployer import Deployer
from gate.plugin import told
from gate.plugin.resource import Call
from gate.session import Clients
from gate.snapshot_copy import Copies, CopyFailed
from gate.snapshot_wish import Wish


def copies_of(call: Call, clients: Clients, deployer: Deployer, wish: Wish, topic: str, image: str) -> Copies | None:
    """None where nothing is copied. *topic*: ARN of who is told of a failure; empty: nobody."""
    if wish.copy_to is None:
        return None
    there = clients.taking_on(wish.copy_to.role)

    def tell(failure: CopyFailed) -> None:
        told.failure(call, clients, topic, "snapshot copy", image, failure)

    return Copies(wish.copy_to, lambda: there["rds"], deployer.clock, deployer.log, tell)

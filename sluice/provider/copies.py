"""Copies of a run's snapshot in another account, reported to the resource's log and the stack's topic."""

from __future__ import annotations

from sluice.aws.session import Clients
from sluice.inputs.snapshot import SnapshotRequest
from sluice.migration.records.deployer import Deployer
from sluice.migration.snapshot.snapshot_copy import Copies, CopyFailed
from sluice.protocol.resource import Call
from sluice.provider import failure_notice


def copies_of(
    call: Call, clients: Clients, deployer: Deployer, request: SnapshotRequest, topic: str, image: str
) -> Copies | None:
    """Return the copies; None where no copy is requested.

    Args:
        topic: ARN of the topic for failures; empty for none.
    """
    if request.copy_to is None:
        return None
    there = clients.taking_on(request.copy_to.role)

    def tell(failure: CopyFailed) -> None:
        failure_notice.failure(call, clients, topic, "snapshot copy", image, failure)

    return Copies(request.copy_to, lambda: there["rds"], deployer.clock, deployer.log, tell)

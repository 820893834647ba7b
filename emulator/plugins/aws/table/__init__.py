"""The resource types that the local AWS provider answers for, filed by what they are about."""

from __future__ import annotations

from emulator.plugins.aws.entry import Entry
from emulator.plugins.aws.table import (
    alarm,
    balancing,
    container,
    database,
    domain,
    egress,
    event,
    firewall,
    flow,
    identity,
    logs,
    network,
    notice,
    parameter,
    registry,
    scaling,
    secret,
    security,
    storage,
)

ENTRIES: tuple[Entry, ...] = (
    *network.ENTRIES, *egress.ENTRIES, *security.ENTRIES, *registry.ENTRIES, *database.ENTRIES, *container.ENTRIES,
    *identity.ENTRIES, *secret.ENTRIES, *logs.ENTRIES, *notice.ENTRIES, *balancing.ENTRIES, *domain.ENTRIES,
    *alarm.ENTRIES, *event.ENTRIES, *scaling.ENTRIES, *parameter.ENTRIES, *storage.ENTRIES, *flow.ENTRIES,
    *firewall.ENTRIES,
)  # fmt: skip

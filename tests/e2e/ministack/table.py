"""Every probe of MiniStack's faults."""

from __future__ import annotations

from tests.e2e.ministack.probe import Probe
from tests.e2e.ministack.probes import (
    balancing,
    databases,
    images,
    machine,
    network,
    permissions,
    services,
    strategies,
    tasks,
)

PROBES: tuple[Probe, ...] = (
    *machine.PROBES,
    *network.PROBES,
    *balancing.PROBES,
    *tasks.PROBES,
    *services.PROBES,
    *strategies.PROBES,
    *images.PROBES,
    *databases.PROBES,
    *permissions.PROBES,
)

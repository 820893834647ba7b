"""The provider's process: ``pulumi-resource-gate ENGINE_ADDRESS``, started by the Pulumi engine."""

from __future__ import annotations

from sluice.protocol.serve import run
from sluice.provider.gate_provider import GateProvider


def main() -> None:
    """Serve the provider until the engine ends it."""
    run(GateProvider())


if __name__ == "__main__":
    main()

"""The plugin's entry: ``python -m sluice.provider ENGINE_ADDRESS``."""

from __future__ import annotations

from sluice.protocol.serve import run
from sluice.provider.gate_provider import GateProvider

if __name__ == "__main__":
    run(GateProvider())

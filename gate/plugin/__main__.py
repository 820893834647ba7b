"""The plugin's entry: ``python -m gate.plugin ENGINE_ADDRESS``."""

from __future__ import annotations

from gate.plugin.gate_provider import GateProvider
from gate.plugin.serve import run

if __name__ == "__main__":
    run(GateProvider())

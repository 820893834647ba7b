"""The gate's allowances, shorter: AWS's troubles last minutes, those of this suite seconds.

They stay longer than what the suite's faults last (faults.py): an answer may be 12 s old and a read may lag by 3 s.
"""

from __future__ import annotations

import importlib
import os

SECONDS: dict[tuple[str, str], float] = {
    ("sluice.migration.previous_runs", "SETTLE_SECONDS"): 14.0,
    ("sluice.aws.patience", "UNREACHABLE_SECONDS"): 15.0,
    ("sluice.migration.records.plan", "FOREIGN_RUN_SECONDS"): 20.0,
    ("sluice.migration.step.step_run", "MISSING_SECONDS"): 20.0,
    ("sluice.migration.step.shard_start", "START_SECONDS"): 30.0,
    ("sluice.rollout.in_flight", "SETTLE_SECONDS"): 14.0,
    ("sluice.rollout.deployment.deployment_watch", "LISTED_SECONDS"): 14.0,
}
"""By module and name: what a deployer of this suite is given. A name that the gate does not have is an error."""

GATE_VARIABLE = "SLUICE_GATE"
"""A folder whose ``sluice`` package is judged instead of this checkout's. An earlier one may lack some of the names."""


def unreachable() -> float:
    """How long AWS may be out of reach before a deployer gives up, in seconds."""
    return SECONDS["sluice.aws.patience", "UNREACHABLE_SECONDS"]


def shorten() -> None:
    """Gives this process the suite's allowances.

    Raises:
        AttributeError, ModuleNotFoundError: this checkout's gate has no such name.
    """
    for (module, name), seconds in SECONDS.items():
        try:
            found = importlib.import_module(module)
            getattr(found, name)
        except (AttributeError, ModuleNotFoundError):
            if GATE_VARIABLE in os.environ:
                continue
            raise
        setattr(found, name, seconds)

"""How users will reach a version, for a preview. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sluice.protocol.values import UNKNOWN

_DEFAULTS: Mapping[str, Any] = {"stepPercent": 10, "stepMinutes": 5, "bakeMinutes": 5, "pauseMinutes": 60}


def strategy_plan(inputs: Mapping[str, Any]) -> str:
    """Return the sentence for a Rollout's inputs, some of which are unknown in a preview; empty for rolling."""
    strategy = inputs.get("strategy")
    if not isinstance(strategy, Mapping):
        return ""
    known = {key: value for key, value in strategy.items() if value is not UNKNOWN and value is not None}
    numbers = {key: f"{known.get(key, default):g}" for key, default in _DEFAULTS.items()}
    kind, share, minutes = known.get("kind"), numbers["stepPercent"], numbers["stepMinutes"]
    ways = {
        "blueGreen": "then moves all users at once",
        "canary": f"then moves {share} % of the users, compares both versions for {minutes} min, and moves the rest",
        "linear": f"then moves {share} % of the users every {minutes} min, comparing both versions at each step",
    }
    proofs = ["the smoke request" if inputs.get("smoke") else "its targets' health"]
    soak = inputs.get("soak")
    if isinstance(soak, Mapping) and soak.get("seconds") and not inputs.get("rollback"):
        proofs.append("the soak")
    proofs += ["service.proof.command"] if known.get("proof") else []
    person = (
        ", and waits for `sluice continue`" if known.get("approve") == "manual" and not inputs.get("rollback") else ""
    )
    return (
        f"{kind}: ECS pauses before any user reaches the version; the gate proves it on test traffic "
        f"({', '.join(proofs)}){person}; {ways.get(str(kind), 'then moves the users')}; both versions run for "
        f"{numbers['bakeMinutes']} more minutes"
    )

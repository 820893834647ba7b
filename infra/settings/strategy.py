"""How ECS shifts traffic to a new version, and what proves that version before and while it does."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from infra.settings.values.container import Command
from infra.settings.values.model import Model

Kind: TypeAlias = Literal["rolling", "blueGreen", "canary", "linear"]
Approve: TypeAlias = Literal["automatic", "manual"]


class Proof(Model):
    """A one-off task of the new image that asks the new version before users do. See docs/strategies.md."""

    command: Command
    """What the task runs in place of the image's CMD. It exits with 0 when the new version is fit to serve."""
    timeout: Annotated[int, Field(ge=1, le=86_400)] = 300
    """Seconds until the task must have ended."""


class Analysis(Model):
    """How a step of canary or linear is judged: the new version's requests against the old version's in the same
    minutes."""

    min_requests: Annotated[int, Field(ge=0, le=1_000_000)] = 50
    """Requests that the new version must have answered before a step is judged; 0: a step without requests passes."""
    error_percent: Annotated[float, Field(ge=0, le=100)] = 1.0
    """Percentage points by which its share of 5xx may exceed the old version's."""
    latency_factor: Annotated[float, Field(ge=1, le=100)] = 1.5
    """How many times the old version's p95 latency its own may be; less than 100 ms more never counts."""


@dataclass(frozen=True)
class Shift:
    """The settings of a strategy other than rolling, with the defaults of those that are unset.

    Attributes:
        bake_minutes: at 100 % before the old tasks stop.
        step_percent: of the first step (canary) or of each (linear).
        step_minutes: between two steps.
        pause_minutes: how long a pause waits for the gate before ECS rolls back.
        approve: who continues after the proofs.
        guard: whether deployments pause before any task starts.
        analysis: limits of each step.
        proof: None: the smoke request alone proves.
    """

    bake_minutes: int = 5
    step_percent: float = 10.0
    step_minutes: int = 5
    pause_minutes: int = 60
    approve: Approve = "automatic"
    guard: bool = False
    analysis: Analysis = field(default_factory=Analysis)
    proof: Proof | None = None

    @classmethod
    def of(cls, data: dict[str, Any]) -> Shift:
        """From the values of settings by their names, None for those that are unset."""
        return cls(**{name: data[name] for name in cls.__dataclass_fields__ if data.get(name) is not None})

    def waits(self, kind: Kind) -> int:
        """How many times ECS waits between two steps."""
        if kind == "linear":
            return ceil(100 / self.step_percent) - 1
        return 1 if kind == "canary" else 0

    def needed(self, kind: Kind, healthy: int) -> tuple[int, str]:
        """Seconds that a deployment of a good version can take, and of what they are made.

        Args:
            healthy: seconds until its tasks are healthy.
        """
        waits, bake = self.waits(kind), self.bake_minutes
        parts = [(healthy, f"tasks become healthy in {healthy} s")]
        if waits:
            parts.append((waits * self.step_minutes * 60, f"{waits} × stepMinutes {self.step_minutes}"))
        parts.append((bake * 60, f"bakeMinutes {bake}"))
        if self.proof is not None:
            parts.append((self.proof.timeout, f"proof.timeout {self.proof.timeout} s"))
        return sum(seconds for seconds, _ in parts), " + ".join(text for _, text in parts)


ONLY_STEPS = ("step_percent", "step_minutes", "analysis")
"""Settings that blueGreen does not have: it moves all users at once."""

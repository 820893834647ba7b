"""Looks at one deployment, and believes a change for the worse only as far as ECS' answers prove it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sluice.aws.observation import CONFIRM_SECONDS, GONE_SECONDS, Confirmation
from sluice.aws.patience import Patience
from sluice.clock import Clock
from sluice.errors import GateError
from sluice.rollout.deployment.judge import Judgement, State, agrees, judge, lists
from sluice.rollout.deployment.service import Service

LISTED_SECONDS = 30.0
"""How long a deployment that was just started may be missing from the service: ECS is eventually consistent."""


@dataclass(frozen=True)
class Observation:
    """One look.

    Attributes:
        service: as DescribeServices shows it; empty when there is none.
        judgement: what became of the deployment, as far as it is believed.
        doubted: something worse was seen, and is not believed yet: look again.
    """

    service: Mapping[str, Any]
    judgement: Judgement
    doubted: bool = False


class DeploymentWatch:
    """Of *deployment*, started at *begun* (seconds since the epoch); *previous* is the revision that served before."""

    def __init__(
        self, service: Service, patience: Patience, clock: Clock, deployment: str, previous: str, begun: float
    ) -> None:
        self._service = service
        self._patience = patience
        self._clock = clock
        self._deployment = deployment
        self._previous = previous
        self._begun = begun
        self._listed = False
        self._doubt = Confirmation()

    def observe(self) -> Observation:
        """Raises Unknown."""
        seen = self._patience.ask(self._service.describe)
        now = self._clock.now()
        self._listed = self._listed or lists(seen, self._deployment)
        judgement = judge(seen, self._deployment, self._previous)
        if not self._listed and now - self._begun < LISTED_SECONDS:
            return Observation(seen or {}, Judgement(State.IN_PROGRESS), doubted=True)
        if judgement.state in (State.COMPLETED, State.IN_PROGRESS):
            self._doubt.confirmed("", now)
            return Observation(seen or {}, judgement)
        record = self._record()
        judgement = judge(seen, self._deployment, self._previous, record)
        seconds = GONE_SECONDS if seen is None else CONFIRM_SECONDS
        if agrees(judgement.state, record) or self._doubt.confirmed(judgement.state.value, now, seconds):
            return Observation(seen or {}, judgement)
        return Observation(seen or {}, Judgement(State.IN_PROGRESS, judgement.reason), doubted=True)

    def _record(self) -> Mapping[str, Any] | None:
        """ECS' record of it, the second witness; None also when it cannot be had: then time must do."""
        try:
            return self._service.record(self._deployment)
        except (GateError, BotoCoreError, ClientError):
            return None

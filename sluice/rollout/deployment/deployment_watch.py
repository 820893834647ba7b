"""Observes one deployment, and believes a change for the worse only as far as ECS's answers prove it."""

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
"""How long a new deployment may be missing from the service: ECS is eventually consistent."""


@dataclass(frozen=True)
class Observation:
    """What one poll shows.

    Attributes:
        service: as DescribeServices shows it; empty when there is none.
        judgement: the state of the deployment, as far as it is believed.
        doubted: a change for the worse was seen and is not believed yet: poll again.
    """

    service: Mapping[str, Any]
    judgement: Judgement
    doubted: bool = False


class DeploymentWatch:
    """Observes one deployment.

    Args:
        deployment: ECS's id.
        previous: the former revision.
        begun: when it was started, seconds since the epoch.
    """

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
        """Return the state of the deployment, as far as it is believed. Raises Unknown."""
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
        """Return ECS's record of it, which can confirm a change; None when there is none, or it cannot be read."""
        try:
            return self._service.record(self._deployment)
        except (GateError, BotoCoreError, ClientError):
            return None

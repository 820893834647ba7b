"""Observes a service deployment that shifts traffic, and believes its end only as far as ECS's answers prove it."""

from __future__ import annotations

from sluice.aws.observation import CONFIRM_SECONDS, GONE_SECONDS, Confirmation
from sluice.aws.patience import Patience
from sluice.clock import Clock
from sluice.rollout.deployment.deployment_watch import LISTED_SECONDS, Observation
from sluice.rollout.deployment.judge import Judgement, State, judge, primary
from sluice.rollout.deployment.service import Service
from sluice.rollout.strategy.decision import judgement_of
from sluice.rollout.strategy.lifecycle.service_deployment import ServiceDeployment


class ShiftWatch:
    """Of *deployment* (``ecs-svc/NUMBER``), started at *begun* (seconds since the epoch).

    Attributes:
        seen: the last answer about its service deployment; None: there was none yet.
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
        self._arn = ""
        self._doubt = Confirmation()
        self.seen: ServiceDeployment | None = None

    def observe(self) -> Observation:
        """Return the state of the deployment, as far as it is believed. Raises Unknown."""
        if not self._arn:
            self._arn = self._patience.ask(self._service.shift.find, self._deployment)
        if not self._arn:
            return self._unrecorded()
        found = self._patience.ask(self._service.shift.describe, self._arn)
        now = self._clock.now()
        if found is None:
            gone = self._doubt.confirmed("missing", now, GONE_SECONDS)
            reason = "ECS no longer knows its service deployment"
            return Observation({}, Judgement(State.GONE if gone else State.IN_PROGRESS, reason), doubted=not gone)
        self.seen = found
        if not found.ended or found.status == "SUCCESSFUL":
            self._doubt.confirmed("", now)
            return Observation({}, judgement_of(found))
        service = self._patience.ask(self._service.describe)
        other = primary(service or {}) or {}
        replaced = str(other.get("id")) != self._deployment
        name = f"{other.get('id')} of {str(other.get('taskDefinition', '?')).rpartition('/')[2]}" if replaced else ""
        judgement = judgement_of(found, name)
        # DescribeServices is a call of another kind: that another deployment is there confirms the end.
        if replaced or self._doubt.confirmed(found.status, now, CONFIRM_SECONDS):
            return Observation({}, judgement)
        return Observation({}, Judgement(State.IN_PROGRESS, judgement.reason), doubted=True)

    def _unrecorded(self) -> Observation:
        """ECS lists a service deployment late, and forgets it after 90 days: then DescribeServices decides."""
        now = self._clock.now()
        seen = self._patience.ask(self._service.describe)
        judgement = judge(seen, self._deployment, self._previous)
        if judgement.state is State.COMPLETED and now - self._begun >= LISTED_SECONDS:
            return Observation(seen or {}, judgement)
        if now - self._begun < LISTED_SECONDS:
            return Observation(seen or {}, Judgement(State.IN_PROGRESS), doubted=True)
        gone = self._doubt.confirmed("unrecorded", now, GONE_SECONDS)
        reason = "ECS has no service deployment of it"
        return Observation(seen or {}, Judgement(State.GONE if gone else State.IN_PROGRESS, reason), doubted=not gone)

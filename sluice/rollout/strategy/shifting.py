"""What a rollout does differently where ECS shifts the traffic: its first step, its checks, and its proof."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sluice.aws.observation import Confirmation
from sluice.aws.patience import Patience
from sluice.clock import Clock
from sluice.errors import Interrupted
from sluice.inputs.strategy import Strategy
from sluice.rollout.deployment.judge import Version
from sluice.rollout.deployment.service import Service
from sluice.rollout.diagnosis.rollout_failure import RolloutFailed, Witness
from sluice.rollout.journal import Journal
from sluice.rollout.mover import Mover
from sluice.rollout.proof.question import Question
from sluice.rollout.request import Wanted
from sluice.rollout.revert import POLL_SECONDS, Revert
from sluice.rollout.strategy.lifecycle.weights import serving_groups, wrong_weights
from sluice.rollout.strategy.new_version import NewVersion
from sluice.rollout.strategy.on_test_traffic import OnTestTraffic
from sluice.rollout.strategy.readiness import Step, Undo, next_step
from sluice.rollout.strategy.shift import Shift
from sluice.rollout.strategy.steps import Steps
from sluice.rollout.strategy.traffic_shift import TrafficShift
from sluice.rollout.watching import short_name


class Shifting:
    """Carries out one rollout where ECS shifts the traffic.

    Args:
        traffic: sends requests on test traffic.
        question: sends requests as users do.
        log: takes a line, and whether it is only progress.
    """

    def __init__(
        self,
        strategy: Strategy,
        traffic: OnTestTraffic,
        wanted: Wanted,
        *,
        service: Service,
        patience: Patience,
        clock: Clock,
        log: Callable[[str, bool], None],
        journal: Journal,
        witness: Witness,
        mover: Mover,
        revert: Revert,
        question: Question,
    ) -> None:
        self._strategy = strategy
        self._traffic = traffic
        self._wanted = wanted
        self._service = service
        self._patience = patience
        self._clock = clock
        self._log = log
        self._journal = journal
        self._witness = witness
        self._mover = mover
        self._revert = revert
        self._question = question

    def next_step(self, seen: Mapping[str, Any] | None) -> Step:
        """What brings the version to the service (*seen*, as DescribeServices shows it)."""
        latest = self._patience.ask(self._service.shift.latest) if seen is not None else None
        return next_step(seen, latest, self._wanted.task_definition, self._strategy, self._wanted.shape)

    def undo(self, step: Undo) -> None:
        """Have ECS roll back a deployment whose version users reach, without waiting for its end."""
        self._log(f"{step.reason}: ECS rolls it back first", False)
        self._mover.roll_back(step.arn)

    def check_weights(self, seen: Mapping[str, Any] | None) -> None:
        """Return when the live weights of the production rule match what ECS deployed last. Raises RolloutFailed after
        several answers; one alone proves nothing."""
        doubt = Confirmation()
        while wrong := self._wrong_weights(seen):
            if doubt.confirmed(wrong, self._clock.now()):
                raise RolloutFailed(
                    f"{short_name(self._wanted.task_definition)} was not rolled out: {wrong}\n"
                    "  cause: the listener rule was changed outside ECS and the gate; ECS would shift traffic from it\n"
                    "  fix:   set the rule's weights back with `aws elbv2 modify-rule`: 100 for the target group of "
                    "the serving tasks, 0 for the other\n"
                    "  The service was not changed: what served before keeps serving."
                )
            if self._clock.halted():
                raise Interrupted("cancelled before the rollout began: the version before keeps serving")
            self._clock.wait(POLL_SECONDS)

    def _wrong_weights(self, seen: Mapping[str, Any] | None) -> str:
        calls = self._service.shift
        weights = self._patience.ask(calls.weights, self._strategy.production_rule)
        revisions = [str(one.get("arn") or "") for one in (seen or {}).get("currentServiceRevisions") or ()]
        believed = self._patience.ask(calls.group_of, revisions[0]) if len(revisions) == 1 else ""
        serving, healthy = serving_groups(weights), None
        if len(serving) == 1:
            healthy = self._patience.ask(self._service.targets, serving[0]).states.get("healthy", 0)
        return wrong_weights(self._strategy, weights, believed, healthy)

    def under_way(self, deployment: str, previous: Version, begun: float) -> Shift:
        """The rollout that goes on from *deployment*, started at *begun* (seconds since the epoch)."""
        return Shift(
            deployment,
            previous,
            begun,
            self._wanted.deadline,
            service=self._service,
            patience=self._patience,
            clock=self._clock,
            log=self._log,
            journal=self._journal,
            witness=self._witness,
            revert=self._revert,
            mover=self._mover,
            name=short_name(self._wanted.task_definition),
        )

    def prove(self, shift: Shift) -> str:
        """Brings the version to its users. Returns the deep health path that it has answered; empty: none. Raises
        RolloutFailed and others."""
        version = NewVersion(
            shift,
            self._wanted,
            self._strategy,
            self._traffic,
            service=self._service,
            patience=self._patience,
            clock=self._clock,
            witness=self._witness,
            question=self._question,
            log=self._log,
        )
        steps = Steps(self._strategy, version.name, self._service, self._patience, self._clock, self._log)
        return TrafficShift(
            self._strategy,
            shift,
            version,
            steps,
            back=self._wanted.back,
            clock=self._clock,
            journal=self._journal,
            mover=self._mover,
            log=self._log,
        ).run()

"""Whether the new version stays fit after its proof: while it waits for approval, and while all users reach it.

ECS need not end a deployment whose tasks crash in its bake time: the circuit breaker counts tasks that do not start or
fail their health checks ("How the Amazon ECS deployment circuit breaker detects failures"). A person may approve hours
after the proof. So the gate checks all the time: tasks that ended by themselves, targets, and the smoke request.

The rule is that of the soak before a rollout (sluice.rollout.proof.compatibility): two wrong answers within a minute,
targets that stay unhealthy, or one task that had to be replaced.
"""

from __future__ import annotations

from collections import deque

from sluice.aws.patience import Patience
from sluice.clock import Clock
from sluice.rollout.deployment.service import Service
from sluice.rollout.proof.compatibility import Sample, unfit
from sluice.rollout.proof.question import Question
from sluice.rollout.proof.replaced_tasks import ReplacedTasks
from sluice.rollout.request import Wanted
from sluice.rollout.strategy.shift import Shift

EVERY_SECONDS = 10.0
RECENT = 6
"""Checks that are judged together, those of a minute: a pause may last for days, and hiccups of it add up."""


class Fitness:
    """Of the new version of one rollout. Tasks of it that stopped before this object was made do not count.

    Args:
        period: when it is checked, as the beginning of the error.
        group: ARN of the new version's target group; empty: not known.
        question: sends requests. A smoke request that a task sends is not repeated: Fargate needs up to a minute to
            start a task.
    """

    def __init__(
        self,
        period: str,
        shift: Shift,
        wanted: Wanted,
        group: str,
        *,
        service: Service,
        patience: Patience,
        clock: Clock,
        question: Question,
    ) -> None:
        self._period = period
        self._shift = shift
        self._smoke = wanted.smoke if wanted.smoke is not None and wanted.smoke.task is None else None
        self._group = group
        self._service = service
        self._patience = patience
        self._clock = clock
        self._question = question
        self._replaced = ReplacedTasks(
            service, patience, {"id": shift.deployment, "taskDefinition": wanted.task_definition}
        )
        self._samples = deque[Sample](maxlen=RECENT)
        self._checked = clock.now()

    def check(self, last: bool = False) -> None:
        """Return while the version is fit; have ECS roll back when it is not. Raises RolloutFailed.

        Args:
            last: check now, though the last check is not long ago.
        """
        now = self._clock.now()
        if not last and now - self._checked < EVERY_SECONDS:
            return
        self._checked = now
        wrong = self._question(self._smoke, self._shift.heed_interruption).wrong if self._smoke else ""
        targets = [self._patience.ask(self._service.targets, self._group)] if self._group else []
        self._samples.append(Sample(wrong, targets, self._replaced.reasons(), now))
        if why := unfit(self._samples):
            self._shift.fail(f"{self._period}: {why}")

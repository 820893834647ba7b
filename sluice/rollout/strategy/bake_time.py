"""The new version while all users reach it and the old tasks still run: the last time that a rollback is instant.

ECS ends a deployment's bake time without looking at its tasks: the circuit breaker counts tasks that do not start, and
not those that end later. So the gate looks: at tasks that ended by themselves, at targets, and at the smoke request.
The rule is that of the soak before a rollout (sluice.rollout.proof.compatibility): two wrong answers, targets that stay
unhealthy, or one task that had to be replaced.
"""

from __future__ import annotations

from sluice.aws.patience import Patience
from sluice.clock import Clock
from sluice.rollout.deployment.service import Service
from sluice.rollout.proof.compatibility import Sample, unfit
from sluice.rollout.proof.question import Question
from sluice.rollout.proof.replaced_tasks import ReplacedTasks
from sluice.rollout.request import Wanted
from sluice.rollout.strategy.shift import Shift

EVERY_SECONDS = 10.0


class BakeTime:
    """Of one rollout. Tasks of the new version that stopped before it was made do not count.

    Args:
        group: ARN of the new version's target group; empty: not known.
        question: sends requests as users do. A smoke request that a task sends is not repeated: a task takes as long to
            start as the bake time may last.
    """

    def __init__(
        self,
        shift: Shift,
        wanted: Wanted,
        group: str,
        *,
        service: Service,
        patience: Patience,
        clock: Clock,
        question: Question,
    ) -> None:
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
        self._samples: list[Sample] = []
        self._checked = clock.now()

    def check(self, last: bool = False) -> None:
        """Return while the version is fit for its users; have ECS roll back when it is not. Raises RolloutFailed.

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
            self._shift.fail(f"while all users reach it: {why}")

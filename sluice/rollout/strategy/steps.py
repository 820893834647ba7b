"""The steps by which users reach a new version, and the comparison of both versions at each of them."""

from __future__ import annotations

import math
from collections.abc import Callable

from sluice.aws.patience import Patience
from sluice.clock import Clock
from sluice.inputs.strategy import Strategy
from sluice.rollout.deployment.service import Service
from sluice.rollout.diagnosis.rollout_diagnosis import AGAIN, Diagnosis
from sluice.rollout.strategy.lifecycle.service_deployment import Pause, ServiceDeployment, percent
from sluice.rollout.strategy.lifecycle.shift_calls import PERIOD
from sluice.rollout.strategy.step_analysis import Comparison, Verdict, judge_step

ANALYSE_EVERY = 10.0
"""Seconds between two analyses of one step; CloudWatch has one datapoint a minute."""
REPEAT_SECONDS = 900.0
"""How long an inconclusive analysis is repeated at most."""
REPEAT_SHARE = 0.5
"""How long it is repeated, as a share of the pause: the rest is for the answer."""


class Steps:
    """Compares both versions at the steps of one rollout.

    Args:
        name: ``FAMILY:REVISION`` of the new version.
        log: takes a line, and whether it is only progress.

    Attributes:
        share: of the users, in percent, that reach the new version.
        paused_at: when the pause began, seconds since the epoch.
    """

    def __init__(
        self,
        strategy: Strategy,
        name: str,
        service: Service,
        patience: Patience,
        clock: Clock,
        log: Callable[[str, bool], None],
    ) -> None:
        self._strategy = strategy
        self._name = name
        self._service = service
        self._patience = patience
        self._clock = clock
        self._log = log
        self._hook = ""
        self._analysed_at = 0.0
        self._since = clock.now()
        self.share = 0.0
        self.paused_at = clock.now()

    def notice(self, seen: ServiceDeployment) -> bool:
        """Says when another share of the users reaches the version. Returns whether another pause has begun."""
        now = self._clock.now()
        if seen.production != self.share and not seen.returning:
            self._log(f"{percent(seen.production)} of users' traffic goes to {self._name}", False)
            self.share, self._since = seen.production, now
        hook = seen.pauses[0].hook if seen.pauses else ""
        if not hook or hook == self._hook:
            return False
        self._hook, self.paused_at, self._analysed_at = hook, now, 0.0
        return True

    def analyse(self, pause: Pause, green: str) -> tuple[Verdict, bool] | None:
        """Compares both versions since the last shift. Returns the verdict, and whether it is the last word; None: it
        is too early to ask again.

        Args:
            green: ARN of the new version's target group.
        """
        now, limits, suffixes = self._clock.now(), self._strategy.analysis, self._strategy.suffixes
        if limits is None or suffixes is None or now - self._analysed_at < ANALYSE_EVERY:
            return None
        self._analysed_at = now
        groups = self._strategy.target_groups
        new = groups.index(green) if green in groups else 1
        figures = [
            self._patience.ask(self._service.shift.figures, suffixes.load_balancer, group, since(self._since, now), now)
            for group in suffixes.target_groups
        ]
        verdict = judge_step(figures[1 - new], figures[new], limits)
        if verdict.comparison is Comparison.HEALTHY:
            self._log(f"at {percent(self.share)} of users {self._name} does as well as before: {verdict.reason}", False)
        return verdict, now - self.paused_at > repeat_seconds(pause, self.paused_at)

    def complaint(self, verdict: Verdict) -> tuple[str, Diagnosis]:
        """Why a step ends the rollout: its reason, and cause and fix."""
        at = f"at {percent(self.share)} of users"
        if verdict.comparison is Comparison.INCONCLUSIVE:
            return f"{at} there is no verdict: {verdict.reason}", Diagnosis(
                "analysis inconclusive",
                "too few requests reached the new version, so that nothing is known of it",
                "raise service.stepMinutes or service.stepPercent, or lower service.analysis.minRequests (0: a step "
                f"without requests passes); {AGAIN}",
            )
        return f"{at} it does worse: {verdict.reason}", Diagnosis(
            "analysis worse",
            "the new version does worse than the old one, under the same traffic in the same minutes",
            f"read its log and its metrics of these minutes, and correct it; {AGAIN}",
        )


def since(shifted: float, now: float) -> float:
    """The moment from which both versions are compared: a shift's next whole minute, once a minute has passed since.

    CloudWatch counts by whole minutes: the minute of the shift also has what came before it, such as a rolled back
    version's errors in the same target group.
    """
    whole = math.ceil(shifted / PERIOD) * PERIOD
    return whole if now - whole >= PERIOD else shifted


def repeat_seconds(pause: Pause, paused_at: float) -> float:
    """How long an inconclusive analysis is repeated at a pause."""
    if not pause.expires:
        return REPEAT_SECONDS
    return min(REPEAT_SECONDS, max(0.0, (pause.expires - paused_at) * REPEAT_SHARE))

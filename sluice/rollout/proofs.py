"""The three proofs of a deployment: ECS completed it, every target is healthy, and it answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sluice.aws.patience import Patience
from sluice.clock import Clock
from sluice.duration import short_time
from sluice.inputs.smoke import Smoke, path_of
from sluice.inputs.soak import Soak
from sluice.rollout.deployment.judge import State, progress
from sluice.rollout.deployment.service import Service
from sluice.rollout.diagnosis.rollout_failure import Witness
from sluice.rollout.proof.compatibility import GOOD
from sluice.rollout.proof.question import Question
from sluice.rollout.watching import UnderWay

SMOKE_PAUSE_SECONDS = 1.0


class Proofs:
    """Of the deployment *under_way*. Each method returns when its proof is complete, and rolls back when it fails.

    Args:
        target_groups: ARNs whose targets must be healthy.
        question: sends a request to the service.
        log: takes a line, and whether it is only progress.
    """

    def __init__(
        self,
        under_way: UnderWay,
        target_groups: Sequence[str],
        *,
        service: Service,
        patience: Patience,
        clock: Clock,
        witness: Witness,
        question: Question,
        log: Callable[[str, bool], None],
    ) -> None:
        self._under_way = under_way
        self._target_groups = target_groups
        self._service = service
        self._patience = patience
        self._clock = clock
        self._witness = witness
        self._question = question
        self._log = log

    def completed(self) -> None:
        """Return when ECS has completed this deployment, by its id."""
        under_way = self._under_way
        while True:
            under_way.heed_interruption()
            observed = under_way.observe()
            if observed.judgement.state is State.COMPLETED:
                return
            if observed.judgement.state is not State.IN_PROGRESS:
                raise under_way.failure(observed.judgement)
            if under_way.due and not observed.doubted:
                under_way.show(progress(observed.service, under_way.deployment, self._healthy()))
            if under_way.late() and not observed.doubted:
                under_way.fail(f"not completed within the deadline of {short_time(under_way.seconds)}")
            under_way.wait()

    def targets(self) -> None:
        """Return when every target is healthy: COMPLETED counts tasks, but users are served by targets."""
        under_way = self._under_way
        for group in self._target_groups:
            while True:
                under_way.heed_interruption()
                seen = under_way.still_ours()
                wanted = int(seen.get("desiredCount", 0))
                state = self._patience.ask(self._service.targets, group)
                if int(seen.get("runningCount", 0)) >= wanted and state.all_healthy(at_least=max(1, wanted)):
                    break
                under_way.show(f"targets: {state}")
                if under_way.late():
                    under_way.fail(f"targets are not healthy within the deadline: {state}")
                under_way.wait()

    def answers(self, smoke: Smoke) -> None:
        """Return when it has answered the smoke request correctly, several times in a row."""
        right = bad = 0
        while right < smoke.answers:
            self._under_way.heed_interruption()
            reply = self._question(smoke, self._under_way.heed_interruption)
            if not reply.wrong:
                right += 1
                continue
            right, bad = 0, bad + 1
            if bad >= smoke.attempts:
                self._witness.answered = reply.answered
                self._under_way.fail(f"smoke request: {reply.wrong}")
            self._clock.wait(SMOKE_PAUSE_SECONDS)
        self._log(reply.said + (f", {smoke.answers} times in a row" if smoke.answers > 1 else ""), False)

    def path(self, smoke: Smoke | None, soak: Soak | None) -> str:
        """Return the deep health path that the version answers with 200, for the soak of the next rollout; empty: none.

        A soak with a path of its own is requested there now. A wrong answer is a warning, not a failure.
        """
        proven = path_of(smoke.url) if smoke is not None and smoke.status == GOOD else ""
        if soak is None or not soak.seconds or not soak.url or path_of(soak.url) == proven:
            return proven
        asked = Smoke(soak.url, status=GOOD, timeout=soak.timeout)
        for _ in range(smoke.attempts if smoke else 1):
            self._under_way.heed_interruption()
            reply = self._question(asked, self._under_way.heed_interruption)
            if not reply.wrong:
                return path_of(soak.url)
            self._clock.wait(SMOKE_PAUSE_SECONDS)
        instead = f"asks {proven} instead" if proven else "asks nothing"
        self._log(f"warning: {reply.wrong}: the soak of the next rollout {instead} (soak.path)", False)
        return proven

    def _healthy(self) -> int | None:
        """Return how many targets are healthy; None when there are no targets, or they cannot be read."""
        groups = self._target_groups
        states = [self._witness.ask([], "targets", self._service.targets, group) for group in groups]
        known = [state.states.get("healthy", 0) for state in states if state is not None]
        return min(known) if known else None

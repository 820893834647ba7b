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
    """Of the deployment *under_way*. Each method returns when its proof is there, and rolls back when it cannot be.

    Args:
        target_groups: ARNs whose targets must be healthy.
        question: asks the service.
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
        """ECS has completed this deployment, by its id."""
        under_way = self._under_way
        while True:
            under_way.heed_interruption()
            look = under_way.look()
            if look.judgement.state is State.COMPLETED:
                return
            if look.judgement.state is not State.IN_PROGRESS:
                raise under_way.failure(look.judgement)
            if under_way.due and not look.doubted:
                under_way.show(progress(look.service, under_way.deployment, self._healthy()))
            if under_way.late() and not look.doubted:
                under_way.fail(f"not completed within the deadline of {short_time(under_way.seconds)}")
            under_way.wait()

    def targets(self) -> None:
        """COMPLETED counts tasks; users are served by targets. Every one must be healthy."""
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
        """It answers the smoke request rightly, several times in a row."""
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
        """The deep health path that the version answers with 200, for the soak of the next rollout; empty: none.

        A soak that has a path of its own is asked there now, and fails nothing: it only says what the next one may ask.
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
        """How many targets are healthy; None when there are none to ask, or nobody answers."""
        groups = self._target_groups
        states = [self._witness.ask([], "targets", self._service.targets, group) for group in groups]
        known = [state.states.get("healthy", 0) for state in states if state is not None]
        return min(known) if known else None

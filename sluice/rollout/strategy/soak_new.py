"""The soak of the new version on test traffic: it must stay healthy for a while before users reach it."""

from __future__ import annotations

from collections.abc import Callable

from sluice.clock import Clock
from sluice.duration import short_time
from sluice.inputs.smoke import Smoke
from sluice.inputs.soak import Soak
from sluice.rollout.proof.compatibility import BAD_LOOKS, GOOD, PAUSE_SECONDS
from sluice.rollout.proof.question import Question
from sluice.rollout.strategy.shift import Shift


def soak_on_test_traffic(
    soak: Soak | None,
    question: Question,
    shift: Shift,
    clock: Clock,
    log: Callable[[str, bool], None],
    smoke: Smoke | None,
) -> None:
    """Returns when the new version has answered rightly for the soak's seconds. A bad answer alone may be a hiccup; two
    of them have ECS roll back.

    Args:
        question: sends requests on test traffic.
        log: takes a line, and whether it is only progress.
        smoke: the smoke request, which is sent; None: the soak's own address.

    Raises:
        RolloutFailed: it answered wrongly.
    """
    request = smoke or (Smoke(soak.url, status=GOOD, timeout=soak.timeout) if soak and soak.url else None)
    if soak is None or not soak.seconds or request is None:
        return
    begun, asked, wrong = clock.now(), 0, list[str]()
    while True:
        shift.heed_interruption()
        reply = question(request, shift.heed_interruption)
        asked += 1
        if reply.wrong:
            wrong.append(reply.wrong)
        if len(wrong) >= BAD_LOOKS:
            shift.fail(f"on test traffic {len(wrong)} of {asked} answers were wrong: {wrong[-1]}")
        passed = clock.now() - begun
        if passed >= soak.seconds and not reply.wrong:
            log(f"{asked} answers on test traffic in {short_time(passed)}", False)
            return
        shift.show(f"soaking on test traffic: {short_time(passed)} of {short_time(soak.seconds)}")
        shift.still_ours()
        clock.wait(PAUSE_SECONDS)

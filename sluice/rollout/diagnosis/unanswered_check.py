"""Why a health check got no answer: wrong port, loopback only, slow start, or a closed way. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sluice.diagnosis.exit_code import Advice
from sluice.diagnosis.listening import Announcement
from sluice.rollout.diagnosis.revision_setup import LONGEST_START_PERIOD, Setup


def no_answer(
    setup: Setup, announced: Sequence[Announcement], printed: bool, seconds: float | None, refused: bool | None
) -> tuple[str, Advice]:
    """The class of docs/outcomes.md, cause and fix.

    Args:
        announced: what the application said of where it listens.
        printed: it printed anything.
        seconds: how long a task ran before it was replaced; None when none was, or that is not known.
        refused: the connection was refused or reset; False: nobody answered in time; None: ECS does not say.
    """
    port = setup.check_port
    # A line that names its port says more than one that is only glad to be up.
    announced = [one for one in announced if one.port is not None] or announced
    ours = [one for one in announced if one.port in (port, None)]
    elsewhere = [one for one in announced if one.port not in (port, None)]
    if elsewhere and not ours:
        return "wrong port", Advice(
            f'the application says "{_quoted(elsewhere[-1])}", but the load balancer asks at port {port}',
            f"let it listen on the port that PORT says ({port}) and on 0.0.0.0, or set app.port",
        )
    named = [one for one in ours if one.host]
    if named and all(one.loopback for one in named):
        return "loopback only", Advice(
            f"the application probably listens on {named[-1].host} only, which nothing outside of its container "
            f'reaches: it says "{_quoted(named[-1])}"',
            f"let it listen on 0.0.0.0 (all addresses), port {port}",
        )
    up = next((one for one in ours if one.after is not None), None)
    if up is not None and up.after is not None and _late(up.after, seconds, setup):
        return _slow(setup, up.after, known=True)
    if not announced and not printed and seconds is not None:
        return _slow(setup, seconds, known=False)
    if refused is None:
        return "failed check", Advice(
            f"the load balancer's checks of {setup.path} at port {port} failed, and ECS does not say what they got",
            f"ask {setup.path} (app.livePath) of the image by hand: it must answer {setup.matcher} at port {port}",
        )
    if not refused:
        return _timed_out(setup, bool(announced), seconds)
    said = f', though the application says "{_quoted(ours[-1])}"' if ours else ""
    lived = f" in the {_whole(seconds)} s that a task lived" if seconds is not None else ""
    else_slow = "" if announced else ": it listens elsewhere, or starts more slowly than that"
    return "nothing listens", Advice(
        f"nothing listened at port {port}{lived}{said}{else_slow}",
        f"let the application listen on 0.0.0.0 and on the port that PORT says ({port}), or set app.port"
        + ("" if announced else f"; for a slow start raise {longer_period(setup, seconds)}"),
    )


def longer_period(setup: Setup, seconds: float | None) -> str:
    """The setting that a slow start needs, as it is and as it would have to be at least for one that takes longer than
    *seconds*; these None: as it is."""
    enough = _enough(setup, seconds) if seconds is not None else None
    known = enough is not None and enough <= LONGEST_START_PERIOD
    return _period(setup) + (f" to more than {enough}" if known else "")


def _enough(setup: Setup, seconds: float) -> int:
    """Seconds for a start that takes *seconds* and two checks after it, in steps of five."""
    return math.ceil((seconds + 2 * (setup.interval or 0)) / 5) * 5


def _late(after: float, seconds: float | None, setup: Setup) -> bool:
    """True when the server was up so shortly before its task was replaced that no two checks could pass, and not from
    the beginning. *after*, *seconds*: since the task's start."""
    if seconds is None or setup.interval is None:
        return False
    return after > max(setup.grace or 0, setup.interval / 2) and 0 <= seconds - after < 2 * setup.interval


def _slow(setup: Setup, seconds: float, known: bool) -> tuple[str, Advice]:
    """*seconds*: the start took them; or (not *known*) it took longer than that."""
    needs = (
        f"the application needs {_whole(seconds)} s until it listens"
        if known
        else f"the application neither listened nor printed anything in the {_whole(seconds)} s that a task lived"
    )
    enough = _enough(setup, seconds)
    if enough > LONGEST_START_PERIOD:
        fix = (
            f"make the start shorter: service.health.startPeriod is at most {LONGEST_START_PERIOD} s; beyond it only "
            "service.health.retries and interval leave more time"
        )
    elif known:
        fix = f"set service.health.startPeriod to {enough} or more, or make the start shorter"
    else:
        fix = (
            f"set service.health.startPeriod to more than {enough} (`make check` prints how long the start takes); if "
            f"the start is not slow, let it listen on 0.0.0.0, port {setup.check_port}"
        )
    return "slow start", Advice(f"{needs}; failed checks count after {_period(setup)}", fix)


def _timed_out(setup: Setup, announced: bool, seconds: float | None) -> tuple[str, Advice]:
    limit = f" within {setup.timeout} s" if setup.timeout else ""
    cause = f"the load balancer gets no answer at port {setup.check_port}, {setup.path}{limit}: "
    cause += (
        "the application is too busy to answer, or the way to the task is closed"
        if announced
        else "the application does not answer yet, is too busy, or the way to the task is closed"
    )
    return "timeout", Advice(
        cause,
        f"let the tasks' security group admit the load balancer's group at port {setup.check_port}; keep {setup.path} "
        f"free of slow work; for a slow start raise {longer_period(setup, None if announced else seconds)}",
    )


def _period(setup: Setup) -> str:
    return "service.health.startPeriod" + (f" ({setup.grace} s)" if setup.grace is not None else "")


def _whole(seconds: float | None) -> int:
    return max(1, round(seconds or 0))


def _quoted(one: Announcement, longest: int = 120) -> str:
    return one.text if len(one.text) <= longest else one.text[: longest - 1] + "…"

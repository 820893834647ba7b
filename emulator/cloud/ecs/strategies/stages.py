"""The stages of a deployment that shifts traffic, as a pure state machine: plain data in, the next state out.

AWS, "Amazon ECS blue/green service deployments workflow", "canary deployments", "linear deployments", "Lifecycle hooks
for Amazon ECS service deployments", "Service deployments" (developer guide): the stages in their order;
RECONCILE_SERVICE only where more than one revision is active at the start; before every step of production traffic
PRE_PRODUCTION_ and then PRODUCTION_TRAFFIC_SHIFT; between two steps the step's bake time, after the last one
`bakeTimeInMinutes`; a stage lasts at most 24 hours, a deployment 30 days. A rollback has no stage of its own:
production traffic goes back, then test traffic, then the new tasks stop. A deployment that has no successful revision
before it is STOPPED where another one is rolled back.

Not documented, chosen here: the circuit breaker acts while SCALE_UP lasts; alarms act until CLEAN_UP; the bake time of
a step passes in PRODUCTION_TRAFFIC_SHIFT; a rollback skips the shifts that had not happened.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from emulator.cloud.ecs.service.deployment import ALARM, BREAKER, REQUEST
from emulator.cloud.ecs.strategies.hooks import Hook, Pause, expired, opened, refused, voided, waiting

RECONCILE_SERVICE, PRE_SCALE_UP, SCALE_UP, POST_SCALE_UP = (
    "RECONCILE_SERVICE",
    "PRE_SCALE_UP",
    "SCALE_UP",
    "POST_SCALE_UP",
)
TEST_SHIFT, POST_TEST_SHIFT = "TEST_TRAFFIC_SHIFT", "POST_TEST_TRAFFIC_SHIFT"
PRE_PRODUCTION_SHIFT, PRODUCTION_SHIFT = "PRE_PRODUCTION_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT"
POST_PRODUCTION_SHIFT, BAKE_TIME, CLEAN_UP = "POST_PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME", "CLEAN_UP"
ORDER = (
    RECONCILE_SERVICE, PRE_SCALE_UP, SCALE_UP, POST_SCALE_UP, TEST_SHIFT, POST_TEST_SHIFT, PRE_PRODUCTION_SHIFT,
    PRODUCTION_SHIFT, POST_PRODUCTION_SHIFT, BAKE_TIME, CLEAN_UP,
)  # fmt: skip
STAGE_LIMIT_SECONDS, DEPLOYMENT_LIMIT_SECONDS = 24 * 3600.0, 30 * 24 * 3600.0

PENDING, IN_PROGRESS, SUCCESSFUL, STOPPED = "PENDING", "IN_PROGRESS", "SUCCESSFUL", "STOPPED"
ROLLBACK_REQUESTED, ROLLBACK_IN_PROGRESS = "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"
ROLLBACK_SUCCESSFUL, ROLLBACK_FAILED = "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"
ENDED = (SUCCESSFUL, STOPPED, ROLLBACK_SUCCESSFUL, ROLLBACK_FAILED)

HOOK, WIRING, LIMIT = "hook", "wiring", "limit"
_BY_CONFIGURATION = (BREAKER, ALARM)
"""What rolls back only where the service's configuration says so."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """What one deployment is to do.

    Attributes:
        steps: the new revision's share of production traffic after each step, in percent.
        step_bake: seconds between two steps.
        bake: seconds of BAKE_TIME.
        hooks: the pause hooks.
        source: there is a successful revision to return to.
        reconcile: other revisions than that one still have tasks at the start.
        rollback: the causes (BREAKER, ALARM) that the configuration rolls back.
        limit: seconds that a stage may last.
        longest: seconds that the deployment may last.
    """

    steps: tuple[float, ...]
    step_bake: float = 0.0
    bake: float = 0.0
    hooks: tuple[Hook, ...] = ()
    source: bool = True
    reconcile: bool = False
    rollback: tuple[str, ...] = ()
    limit: float = STAGE_LIMIT_SECONDS
    longest: float = DEPLOYMENT_LIMIT_SECONDS


@dataclasses.dataclass(frozen=True)
class Failure:
    """Why a deployment cannot go on: its cause, and AWS's words after "because"."""

    cause: str
    because: str


@dataclasses.dataclass(frozen=True)
class State:
    """Where a deployment is.

    Attributes:
        status: its status word.
        stage: its lifecycleStage; empty before the first one.
        began: when the first stage began, in seconds since the epoch.
        since: when the stage began.
        step: steps of production traffic that were made.
        production: the new revision's share of production traffic, in percent.
        test: its share of test traffic, in percent.
        pauses: of this stage.
        past: pauses of earlier stages.
        failure: why it was rolled back or stopped.
        failed_at: when, in seconds since the epoch.
    """

    status: str = PENDING
    stage: str = ""
    began: float = 0.0
    since: float = 0.0
    step: int = 0
    production: float = 0.0
    test: float = 0.0
    pauses: tuple[Pause, ...] = ()
    past: tuple[Pause, ...] = ()
    failure: Failure | None = None
    failed_at: float | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing will happen any more."""
        return self.status in ENDED

    @property
    def rolling_back(self) -> bool:
        """Whether it goes back to the revision before it."""
        return self.status in (ROLLBACK_REQUESTED, ROLLBACK_IN_PROGRESS)


@dataclasses.dataclass(frozen=True)
class Seen:
    """What is the case now.

    Attributes:
        now: seconds since the epoch.
        reconciled: no task is left of any third revision.
        ready: the new revision has its desired count, all healthy.
        cleaned: no task is left of the revision that goes.
        failures: what went wrong.
    """

    now: float
    reconciled: bool = True
    ready: bool = False
    cleaned: bool = False
    failures: tuple[Failure, ...] = ()


def next_stage(plan: Plan, state: State, seen: Seen, new_id: Callable[[], str]) -> State:
    """The state after one look; the same one when nothing changes. new_id: makes the ids of pauses."""
    if state.ended:
        return state
    if state.rolling_back:
        return _back(state, seen)
    if not state.stage:
        first = RECONCILE_SERVICE if plan.reconcile else PRE_SCALE_UP
        return _enter(plan, dataclasses.replace(state, status=IN_PROGRESS, began=seen.now), first, seen.now, new_id)
    state = dataclasses.replace(state, pauses=expired(state.pauses, seen.now))
    failure = _failure(plan, state, seen)
    if failure is not None:
        return failed(plan, state, failure, seen.now)
    if waiting(state.pauses) or not _done(plan, state, seen):
        return state
    following = _following(plan, state)
    if following is None:
        return _closed(dataclasses.replace(state, status=SUCCESSFUL))
    return _enter(plan, state, following, seen.now, new_id)


def failed(plan: Plan, state: State, failure: Failure, now: float) -> State:
    """The state once something went wrong: on the way back, or STOPPED where there is none."""
    back = plan.source and (failure.cause not in _BY_CONFIGURATION or failure.cause in plan.rollback)
    state = _closed(dataclasses.replace(state, failure=failure, failed_at=now))
    if not back:
        return dataclasses.replace(state, status=STOPPED)
    if failure.cause == REQUEST:
        return dataclasses.replace(state, status=ROLLBACK_REQUESTED)
    return _first_back(state, now)


def superseded(state: State) -> State:
    """The state once a newer deployment has begun. One that only cleans up has succeeded already."""
    if state.ended:
        return state
    done = state.stage == CLEAN_UP and not state.rolling_back
    return _closed(dataclasses.replace(state, status=SUCCESSFUL if done else STOPPED))


def wanted(state: State, desired: int) -> tuple[int, int]:
    """How many tasks the revision before and the new one are to have; a third one has none."""
    if state.rolling_back:
        return desired, 0 if state.stage == CLEAN_UP else desired
    if state.stage in ("", RECONCILE_SERVICE, PRE_SCALE_UP):
        return desired, 0
    return 0 if state.stage == CLEAN_UP or state.status == SUCCESSFUL else desired, desired


def reason(state: State) -> str | None:
    """AWS's statusReason; None when there is none."""
    if state.failure is None:
        return "A newer service deployment has taken its place." if state.status == STOPPED else None
    did = "stopped" if state.status == STOPPED else "rolled back"
    return f"Service deployment {did} because {state.failure.because}"


def _failure(plan: Plan, state: State, seen: Seen) -> Failure | None:
    because = refused(state.pauses)
    if because is not None:
        return Failure(HOOK, because)
    for one in seen.failures:
        if one.cause == BREAKER and state.stage != SCALE_UP:
            continue
        if one.cause in (ALARM, WIRING) and state.stage == CLEAN_UP:
            continue
        return one
    lasts = state.stage in (RECONCILE_SERVICE, SCALE_UP)
    if lasts and seen.now - state.since > plan.limit:
        return Failure(LIMIT, f"{state.stage} lasted longer than 24 hours.")
    if seen.now - state.began > plan.longest:
        return Failure(LIMIT, "it lasted longer than 30 days.")
    return None


def _done(plan: Plan, state: State, seen: Seen) -> bool:
    """Whether the stage has reached its end."""
    if state.stage == PRODUCTION_SHIFT and state.step < len(plan.steps):
        return seen.now >= state.since + plan.step_bake
    if state.stage == BAKE_TIME:
        return seen.now >= state.since + plan.bake
    return {RECONCILE_SERVICE: seen.reconciled, SCALE_UP: seen.ready, CLEAN_UP: seen.cleaned}.get(state.stage, True)


def _following(plan: Plan, state: State) -> str | None:
    """The stage after this one; None after the last."""
    if state.stage == PRODUCTION_SHIFT and state.step < len(plan.steps):
        return PRE_PRODUCTION_SHIFT
    later = ORDER[ORDER.index(state.stage) + 1 :]
    return later[0] if later else None


def _enter(plan: Plan, state: State, stage: str, now: float, new_id: Callable[[], str]) -> State:
    state = _closed(dataclasses.replace(state, stage=stage, since=now))
    state = dataclasses.replace(state, pauses=opened(plan.hooks, stage, now, new_id))
    if stage == TEST_SHIFT:
        return dataclasses.replace(state, test=100.0)
    if stage == PRODUCTION_SHIFT:
        return dataclasses.replace(state, step=state.step + 1, production=plan.steps[state.step])
    return state


def _back(state: State, seen: Seen) -> State:
    """One step of a rollback."""
    if state.status == ROLLBACK_REQUESTED:
        return _first_back(state, seen.now)
    if any(one.cause == WIRING for one in seen.failures) and state.stage != CLEAN_UP:
        return dataclasses.replace(state, status=ROLLBACK_FAILED)
    if state.stage == PRODUCTION_SHIFT and state.test:
        return dataclasses.replace(state, stage=TEST_SHIFT, since=seen.now, test=0.0)
    if state.stage != CLEAN_UP:
        return dataclasses.replace(state, stage=CLEAN_UP, since=seen.now)
    return dataclasses.replace(state, status=ROLLBACK_SUCCESSFUL) if seen.cleaned else state


def _first_back(state: State, now: float) -> State:
    state = dataclasses.replace(state, status=ROLLBACK_IN_PROGRESS, since=now)
    if state.production:
        return dataclasses.replace(state, stage=PRODUCTION_SHIFT, production=0.0)
    if state.test:
        return dataclasses.replace(state, stage=TEST_SHIFT, test=0.0)
    return dataclasses.replace(state, stage=CLEAN_UP)


def _closed(state: State) -> State:
    """The stage is over, and so are its pauses."""
    return dataclasses.replace(state, pauses=(), past=state.past + voided(state.pauses))

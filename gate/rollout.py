"""Brings a revision to the users and proves it: deploy, watch that deployment, check targets, ask it, or go back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from gate.clock import Clock, Halt
from gate.errors import GateError, Interrupted
from gate.explain import short_time
from gate.judge import Impossible, Judgement, State, Watch, judge, next_step, progress, serving
from gate.patience import Patience
from gate.service import Service, stop_reasons
from gate.smoke import Answer, Ask, Smoke, complaint

POLL_SECONDS = 1.0
PROGRESS_SECONDS = 1.0
SMOKE_PAUSE_SECONDS = 1.0
LISTED_SECONDS = 30.0
"""How long a deployment that was just started may be missing from the service."""

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Wanted:
    """What is to be rolled out.

    Attributes:
        task_definition: revision ARN.
        previous: revision that the engine remembers as served before; used when ECS no longer lists it.
        deadline: seconds for the whole rollout.
        target_groups: ARNs whose targets must be healthy.
    """

    task_definition: str
    previous: str
    deadline: int
    target_groups: tuple[str, ...]
    smoke: Smoke | None


@dataclass(frozen=True)
class Done:
    """A proven rollout; *completed_at* in seconds since the epoch."""

    deployment: str
    previous: str
    completed_at: int


class RolloutFailed(GateError):
    """The new version is not what users get, or is not proven; the text says what they get now."""


class Rollout:
    """One rollout.

    Args:
        service: the service to deploy to.
        log: takes a line, and whether it is only progress.
        ask: sends the smoke request.
    """

    def __init__(
        self, service: Service, wanted: Wanted, clock: Clock, log: Callable[[str, bool], None], ask: Ask
    ) -> None:
        self._service = service
        self._wanted = wanted
        self._clock = clock
        self._log = log
        self._ask = ask
        self._patience = Patience(clock, "watching the rollout")
        self._begun = clock.now()
        self._progress_at = 0.0

    def run(self) -> Done:
        """Rolls out and returns once the version is proven. Raises RolloutFailed, Interrupted or Unknown."""
        wanted = self._wanted
        seen = self._patience.ask(self._service.describe)
        step = next_step(seen, wanted.task_definition)
        if isinstance(step, Impossible):
            raise RolloutFailed(f"the service cannot be deployed to: {step.reason}")
        previous = serving(seen, wanted.task_definition)
        if not previous and wanted.previous != wanted.task_definition:
            previous = wanted.previous
        if self._clock.halted():
            raise Interrupted("cancelled before the rollout began: the version before keeps serving")
        if isinstance(step, Watch):
            deployment = step.deployment
            self._log(
                f"deployment {deployment} of {_short(wanted.task_definition)} is there already: watching it", False
            )
        else:
            deployment = self._patience.ask(self._service.deploy, wanted.task_definition, step.force)
            before = f", {_short(previous)} served before" if previous else ""
            self._log(f"deployment {deployment} of {_short(wanted.task_definition)} started{before}", False)
        self._watch(deployment, previous)
        self._check_targets(deployment, previous)
        self._check_smoke(deployment, previous)
        # Somebody may have deployed while the targets and the answer were awaited.
        self._still_ours(deployment, previous)
        taken = short_time(self._clock.now() - self._begun)
        self._log(f"{_short(wanted.task_definition)} serves and is healthy, after {taken}", False)
        return Done(deployment, previous, round(self._clock.now()))

    # -- the three proofs

    def _watch(self, deployment: str, previous: str) -> None:
        listed = False
        while True:
            self._heed_interruption(previous)
            seen = self._patience.ask(self._service.describe)
            listed = listed or _lists(seen, deployment)
            judgement = judge(seen, deployment, previous)
            if not listed and self._clock.now() - self._begun < LISTED_SECONDS:
                # ECS is eventually consistent: an answer from before the deployment says nothing about it.
                self._clock.wait(POLL_SECONDS)
                continue
            if judgement.state is State.COMPLETED:
                return
            if judgement.state is not State.IN_PROGRESS:
                raise RolloutFailed(self._explain(judgement, deployment, previous))
            self._show(progress(seen or {}, deployment))
            if self._late():
                why = Judgement(
                    State.FAILED, f"not completed within the deadline of {short_time(self._wanted.deadline)}"
                )
                self._fail_and_return(why, deployment, previous)
            self._clock.wait(POLL_SECONDS)

    def _check_targets(self, deployment: str, previous: str) -> None:
        """COMPLETED counts tasks; users are served by targets. Every one must be healthy."""
        for group in self._wanted.target_groups:
            while True:
                self._heed_interruption(previous)
                seen = self._still_ours(deployment, previous)
                wanted = int(seen.get("desiredCount", 0))
                state = self._patience.ask(self._service.targets, group)
                if int(seen.get("runningCount", 0)) >= wanted and state.all_healthy(at_least=max(1, wanted)):
                    break
                self._show(f"targets: {state}")
                if self._late():
                    why = Judgement(State.FAILED, f"targets are not healthy within the deadline: {state}")
                    self._fail_and_return(why, deployment, previous)
                self._clock.wait(POLL_SECONDS)

    def _check_smoke(self, deployment: str, previous: str) -> None:
        smoke = self._wanted.smoke
        if smoke is None:
            return
        wrong = ""
        for attempt in range(smoke.attempts):
            if attempt:
                self._clock.wait(SMOKE_PAUSE_SECONDS)
            self._heed_interruption(previous)
            answer: Answer = self._ask(smoke.url, smoke.timeout)
            wrong = complaint(smoke, answer)
            if not wrong:
                self._log(f"GET {smoke.url} answered {answer.status}", False)
                return
        self._fail_and_return(Judgement(State.FAILED, f"smoke request: {wrong}"), deployment, previous)

    # -- when it does not end well

    def _late(self) -> bool:
        return self._clock.now() - self._begun > self._wanted.deadline

    def _heed_interruption(self, previous: str) -> None:
        halt = self._clock.halted()
        if halt is Halt.ABANDON:
            raise Interrupted("the deployer is gone; the rollout was left to ECS, the next `pulumi up` judges it")
        if halt is Halt.STOP:
            if not previous:
                raise Interrupted("cancelled; this was the first deployment, so there is no version to go back to")
            self._patience.ask(self._service.deploy, previous, False)
            raise Interrupted(
                f"cancelled: the service goes back to {_short(previous)}; run `pulumi up` to roll out again"
            )

    def _fail_and_return(self, why: Judgement, deployment: str, previous: str) -> None:
        """Goes back to the previous revision first, then explains, awaits it, and fails."""
        self._still_ours(deployment, previous)  # a newer deployment of somebody else's is not ours to undo
        if not previous:
            raise RolloutFailed(self._explain(why, deployment, previous))
        back = self._patience.ask(self._service.deploy, previous, False)
        self._log(f"{why.reason}; going back to {_short(previous)} with deployment {back}", False)
        text = self._explain(why, deployment, previous, returning=True)
        begun, listed = self._clock.now(), False
        until = begun + self._wanted.deadline
        while True:
            seen = self._patience.ask(self._service.describe)
            state = judge(seen, back, "").state
            listed = listed or _lists(seen, back)
            if not listed and self._clock.now() - begun < LISTED_SECONDS:
                state = State.IN_PROGRESS
            if state is State.COMPLETED:
                raise RolloutFailed(f"{text}\n  {_short(previous)} serves again.")
            if state is not State.IN_PROGRESS or self._clock.now() > until:
                raise RolloutFailed(
                    f"{text}\n  Going back to {_short(previous)} did not complete ({state.value}): "
                    "look at the service in ECS now."
                )
            if self._clock.halted():
                raise Interrupted(
                    f"{text}\n  Cancelled while going back to {_short(previous)}, which ECS goes on with."
                )
            self._show(f"going back: {progress(seen or {}, back)}")
            self._clock.wait(POLL_SECONDS)

    def _explain(self, why: Judgement, deployment: str, previous: str, returning: bool = False) -> str:
        wanted = self._wanted
        text = [f"the rollout of {_short(wanted.task_definition)} {why.state.value}: {why.reason or 'no reason given'}"]
        stopped = self._evidence(text, "stopped tasks", self._service.stopped_tasks, deployment, wanted.task_definition)
        text.extend(f"  stopped tasks: {reason}" for reason in stop_reasons(stopped or []))
        for group in wanted.target_groups:
            state = self._evidence(text, "targets", self._service.targets, group)
            if state is not None:
                text.append(f"  targets:       {state}")
        lines = self._evidence(text, "log", self._service.last_lines, stopped[0]) if stopped else None
        if stopped and lines is not None:
            text.append(
                f"  last lines of task {stopped[0]['taskArn'].rpartition('/')[2]}:"
                if lines
                else "  it had printed nothing"
            )
            text.extend(f"    | {line}" for line in lines)
        if not previous:
            text.append("  This was the first deployment: there is no version to go back to.")
        elif not returning:
            text.append(f"  {_short(previous)} keeps serving.")
        text.append("  Fix the cause and run `pulumi up` again: it is a new rollout.")
        return "\n".join(text)

    def _evidence(
        self, text: list[str], name: str, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """What AWS says, or a line that it could not be asked: explaining must not keep anybody from going back."""
        try:
            return self._patience.ask(call, *args, **kwargs)
        except (GateError, BotoCoreError, ClientError) as error:
            text.append(f"  {name}: could not be read ({error})")
            return None

    def _still_ours(self, deployment: str, previous: str) -> dict[str, Any]:
        """The service as it is now. Raises RolloutFailed when another deployment took the place of this one."""
        seen = self._patience.ask(self._service.describe)
        judgement = judge(seen, deployment, previous)
        if judgement.state not in (State.COMPLETED, State.IN_PROGRESS, State.FAILED):
            raise RolloutFailed(self._explain(judgement, deployment, previous))
        return seen or {}

    def _show(self, text: str) -> None:
        now = self._clock.now()
        if now - self._progress_at >= PROGRESS_SECONDS:
            self._progress_at = now
            self._log(f"{text}, {short_time(now - self._begun)}", True)


def _lists(service: dict[str, Any] | None, deployment: str) -> bool:
    return any(one.get("id") == deployment for one in (service or {}).get("deployments", []))


def _short(task_definition: str) -> str:
    return task_definition.rpartition("/")[2]


def live_revision(service: dict[str, Any] | None) -> str:
    """The revision of the service's PRIMARY deployment; empty when there is no such service."""
    if service is None or service.get("status") != "ACTIVE":
        return ""
    return str(service.get("taskDefinition", ""))

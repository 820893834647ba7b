"""What a task's end means. Pure: from what ECS says of a task to an outcome with cause and remedy.

Every way to end is a line of docs/outcomes.md. The texts are in sluice/diagnosis/exit_code.py and
sluice/diagnosis/start_failure.py; what a program that failed printed is judged in sluice/diagnosis/signature.py.

Sources: ECS "Amazon ECS task lifecycle", "Stopped tasks error messages", DescribeTasks in the API reference.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sluice.diagnosis import exit_code, start_failure
from sluice.errors import GateError


class Kind(enum.Enum):
    """How far the task came; decides whether starting it again can help."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # it ran and said no: never repeated by itself
    NOT_STARTED = "not started"  # nothing of it ran: may be tried again
    INTERRUPTED = "interrupted"  # stopped from outside while it ran
    FORGOTTEN = "forgotten"  # ECS no longer knows it


@dataclass(frozen=True)
class Outcome:
    """A task's end.

    Attributes:
        title: what happened, in one line.
        cause: what it usually means; empty when the title says it all.
        remedy: what to do; empty on success.
        exit_code: of the container that decided, None when there is none.
        lasting: starting the same task again gives the same answer.
        passing: it passes by itself, within minutes (no capacity, a role that is not known everywhere yet).
        certain: the cause is known, whatever the step's log says.
    """

    kind: Kind
    title: str
    cause: str = ""
    remedy: str = ""
    exit_code: int | None = None
    lasting: bool = False
    certain: bool = False
    passing: bool = False

    @property
    def succeeded(self) -> bool:
        return self.kind is Kind.SUCCEEDED


def essential(containers: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Names of the essential containers of a task definition; ECS takes a container without the flag as essential."""
    return frozenset(container["name"] for container in containers if container.get("essential", True))


def verdict(task: Mapping[str, Any], essential_names: frozenset[str], main: str = "") -> Outcome:
    """Judges a task as DescribeTasks shows it.

    Every essential container is judged, not the first one: side-cars may have been added. An exit code that is absent
    is a failure, never 0: the container did not start, or its end was lost.

    Args:
        task: one of ``tasks[]``.
        essential_names: from the task definition, see :func:`essential`.
        main: the container that runs the step's command; tells the side-cars from it.
    """
    if task.get("lastStatus") not in ("STOPPED", "DELETED"):
        return Outcome(Kind.RUNNING, f"the task is {task.get('lastStatus')}")
    stop_code = str(task.get("stopCode") or "")
    reason = str(task.get("stoppedReason") or "").strip()
    containers = task.get("containers", [])
    judged = [container for container in containers if container.get("name") in essential_names]
    # An agent that AWS or the account injects may have run, and ended, beside a program that never started.
    ran = any(container.get("exitCode") is not None for container in judged or containers)
    if not ran and _failed_to_start(stop_code, containers):
        return _not_started(_reasons(reason, judged))
    if not judged:
        return Outcome(
            Kind.FAILED,
            f"the task stopped without any container that could be judged: {reason or stop_code or 'no reason given'}",
            "the task definition that ran is not the one that was asked for, or its containers were renamed",
            "check the task definition's containers",
        )
    failed = [container for container in judged if container.get("exitCode") != 0]
    if stop_code not in ("", "EssentialContainerExited", "TaskFailedToStart"):  # an open set: AWS may add codes
        return _interrupted(stop_code, reason, failed)
    if not failed:
        if stop_code == "TaskFailedToStart":
            return Outcome(
                Kind.FAILED,
                f"exit code 0, but the task failed to start: {_reasons(reason, containers)}",
                "a container beside the migration did not start",
                "see the reason; then run `pulumi up` again",
                0,
            )
        return Outcome(Kind.SUCCEEDED, "exit code 0", exit_code=0)
    return _failed(reason, judged, failed, main)


def _failed_to_start(stop_code: str, containers: Sequence[Mapping[str, Any]]) -> bool:
    """ECS says so itself; or, of a program that the image lacks, in the container's reason only."""
    reasons = " ".join(str(container.get("reason") or "") for container in containers)
    return stop_code == "TaskFailedToStart" or (
        stop_code in ("", "EssentialContainerExited")
        and any(word in reasons for word in ("CannotStartContainer", "ContainerRuntimeError", "CannotPullContainer"))
    )


def _not_started(text: str) -> Outcome:
    known = start_failure.stopped(text)
    if known is None:
        return Outcome(
            Kind.NOT_STARTED,
            f"the task could not start: {text}",
            "ECS gives a reason that we do not know",
            "see the reason; then run `pulumi up` again",
        )
    title = f"the task could not start, {known.title}: {text}"
    return Outcome(Kind.NOT_STARTED, title, *known.advice, lasting=known.lasting, passing=known.passing)


_STOPS: Mapping[str, exit_code.Advice] = {
    "UserInitiated": exit_code.Advice(
        "somebody or something called StopTask; an interrupted migration is not a finished one, whatever its exit code",
        "find out who (CloudTrail: StopTask); check the database's migration state; then run `pulumi up` again",
    ),
    "ServiceSchedulerInitiated": exit_code.Advice(
        "a service took the task for its own and stopped it",
        "keep the migration's task out of services; then run `pulumi up` again",
    ),
    "SpotInterruption": exit_code.Advice(
        "AWS took the Spot capacity back; an interrupted migration is not a finished one, whatever its exit code",
        "run migrations on FARGATE, never on FARGATE_SPOT: check the cluster's default strategy",
    ),
    "TerminationNotice": exit_code.Advice(
        "AWS took the capacity back or retired the machine; an interrupted migration is not a finished one",
        "check the database's migration state; then run `pulumi up` again",
    ),
}
_OTHER_STOP = exit_code.Advice(
    "an interrupted migration is not a finished one, whatever its exit code",
    "check the database's migration state; then run `pulumi up` again",
)


def _interrupted(stop_code: str, reason: str, failed: Sequence[Mapping[str, Any]]) -> Outcome:
    code = next((container.get("exitCode") for container in failed), 0)
    ended = "with no exit code" if code is None else f"exit code {code}"
    cause, remedy = _STOPS.get(stop_code, _OTHER_STOP)
    if code == 137:
        cause += "; it did not end in its stopTimeout after SIGTERM, so it was killed"
    title = f"the task was stopped from outside ({stop_code}: {reason or 'no reason given'}), {ended}"
    return Outcome(Kind.INTERRUPTED, title, cause, remedy, code)


def _failed(
    reason: str, judged: Sequence[Mapping[str, Any]], failed: Sequence[Mapping[str, Any]], main: str
) -> Outcome:
    memory = next((container for container in failed if "OutOfMemory" in str(container.get("reason"))), None)
    if memory is not None or "OutOfMemory" in reason:
        container = memory or failed[0]
        return Outcome(
            Kind.FAILED, _title(container, judged), *exit_code.OUT_OF_MEMORY, container.get("exitCode"), certain=True
        )
    own = next((container for container in judged if container["name"] == main), None)
    others = [container for container in judged if container["name"] != main]
    if own is not None and others and own.get("exitCode") in (137, 143):
        first = next((container for container in others if container.get("exitCode") not in (None, 137, 143)), None)
        if first is not None:
            return Outcome(
                Kind.INTERRUPTED,
                f"side-car {first['name']} ended first (exit code {first['exitCode']}), so ECS stopped the migration, "
                f"exit code {own['exitCode']}",
                "the end of any essential container stops the whole task",
                f"see the log of {first['name']}; let it run as long as the migration, or mark it essential: false",
                own["exitCode"],
            )
    if own is not None and own.get("exitCode") == 0 and all(one.get("exitCode") in (137, 143) for one in failed):
        names = ", ".join(container["name"] for container in failed)
        return Outcome(
            Kind.FAILED,
            f"exit code 0, but essential side-car {names} was ended by a signal (exit code {failed[0]['exitCode']})",
            "ECS does not tell which one ended first, so the migration's 0 may be that of one cut short",
            f"mark {names} essential: false: ECS then ends it after the migration and it no longer counts",
            failed[0]["exitCode"],
        )
    for container in failed:
        if container.get("exitCode") is None:
            return Outcome(
                Kind.FAILED,
                f"container {container['name']} has no exit code: {_reasons(reason, [container])}",
                "its end was lost, so nobody knows how far the migration came",
                "check the database's migration state before running `pulumi up` again",
            )
    container = own if own in failed and own is not None else failed[0]
    code = int(container["exitCode"])
    sidecar = own is not None and container is not own
    advice = exit_code.SIDECAR if sidecar else exit_code.advice(code)
    certain = sidecar or code in exit_code.TELLING
    return Outcome(Kind.FAILED, _title(container, judged), *advice, code, certain=certain)


def _title(container: Mapping[str, Any], judged: Sequence[Mapping[str, Any]]) -> str:
    code = container.get("exitCode")
    ended = "no exit code" if code is None else f"exit code {code}"
    detail = str(container.get("reason") or "").strip()
    title = ended if len(judged) == 1 else f"container {container['name']} ended with {ended}"
    return title + (f" ({detail})" if detail else "")


def not_run(failures: Sequence[Mapping[str, Any]]) -> Outcome:
    """What RunTask's ``failures[]`` mean: they come with HTTP 200 and no task.

    Source: ECS "API failure reasons".
    """
    first = failures[0] if failures else {}
    reason = str(first.get("reason") or "no task and no reason in the answer")
    detail = f" ({first['detail']})" if first.get("detail") else ""
    known = start_failure.refused(reason)
    if known is None:
        return Outcome(
            Kind.NOT_STARTED,
            f"ECS started no task: {reason}{detail}",
            "ECS gives a reason that we do not know",
            "see the reason; then run `pulumi up` again",
        )
    return Outcome(
        Kind.NOT_STARTED,
        f"{known.title}: {reason}{detail}",
        *known.advice,
        lasting=known.lasting,
        passing=known.passing,
    )


def refused(message: str) -> Outcome | None:
    """What the message of an exception of RunTask means; None when it is about the call, not about this task.

    Throttling is about the call: it is made again, under the same token.
    """
    known = start_failure.refused(message)
    return None if known in (None, start_failure.THROTTLED) else not_run([{"reason": message}])


def forgotten(task_arn: str) -> Outcome:
    """A task that DescribeTasks no longer shows: ECS forgets stopped tasks after an hour."""
    return Outcome(
        Kind.FORGOTTEN,
        f"ECS no longer knows task {task_arn.rpartition('/')[2]}; how it ended cannot be told",
        "stopped tasks are forgotten after about an hour",
        "read its log, check the database's migration state, then run `pulumi up` again: the steps run anew",
    )


def retryable(outcome: Outcome) -> bool:
    """Only what never ran may be started again by itself, and only where that can change the answer."""
    return outcome.kind is Kind.NOT_STARTED and not outcome.lasting


def _reasons(reason: str, containers: Sequence[Mapping[str, Any]]) -> str:
    texts = [reason] + [str(container.get("reason") or "").strip() for container in containers]
    seen = list(dict.fromkeys(text for text in texts if text))
    return "; ".join(seen) or "no reason given"


class StepFailed(GateError):
    """A step did not succeed. ``outcomes`` maps shard index to its outcome."""

    def __init__(self, text: str, outcomes: Mapping[int, Outcome]) -> None:
        super().__init__(text)
        self.outcomes = dict(outcomes)

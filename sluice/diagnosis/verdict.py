"""The outcome of a stopped task, with cause and remedy, from ECS's description of the task. Pure.

Every outcome is a row of docs/outcomes.md. The texts are in sluice/diagnosis/exit_code.py and
sluice/diagnosis/start_failure.py; sluice/diagnosis/signature.py judges the log of a failed program.

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
    """How far the task came. It decides whether a retry can help."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # the program ran and failed: never retried automatically
    NOT_STARTED = "not started"  # the program did not run: may be retried
    INTERRUPTED = "interrupted"  # stopped from outside while it ran
    FORGOTTEN = "forgotten"  # ECS no longer knows it


@dataclass(frozen=True)
class Outcome:
    """How a task ended.

    Attributes:
        title: what happened, in one line.
        cause: the usual cause; empty when the title is enough.
        remedy: an imperative; empty on success.
        exit_code: of the decisive container; None when it has none.
        lasting: a retry of the same task fails in the same way.
        passing: the failure clears by itself within minutes (no capacity, a new role that is not known everywhere).
        certain: the cause is certain, whatever the step's log shows.
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
    """Return the names of a task definition's essential containers; in ECS the flag's default is true."""
    return frozenset(container["name"] for container in containers if container.get("essential", True))


def verdict(task: Mapping[str, Any], essential_names: frozenset[str], main: str = "") -> Outcome:
    """Return the outcome of a task, as DescribeTasks shows it.

    Every essential container is judged, not only the first: side-cars may have been added. A missing exit code is a
    failure, never 0: the container did not start, or its exit code was lost.

    Args:
        task: one of ``tasks[]``.
        essential_names: from the task definition, see :func:`essential`.
        main: the container that runs the step's command; all others are side-cars.
    """
    if task.get("lastStatus") not in ("STOPPED", "DELETED"):
        return Outcome(Kind.RUNNING, f"the task is {task.get('lastStatus')}")
    stop_code = str(task.get("stopCode") or "")
    reason = str(task.get("stoppedReason") or "").strip()
    containers = task.get("containers", [])
    judged = [container for container in containers if container.get("name") in essential_names]
    # An agent that AWS or the account injects can run and end although the step's program never started.
    ran = any(container.get("exitCode") is not None for container in judged or containers)
    if not ran and _failed_to_start(stop_code, containers):
        return _not_started(_reasons(reason, judged))
    if not judged:
        return Outcome(
            Kind.FAILED,
            f"the stopped task has none of the expected containers: {reason or stop_code or 'no reason given'}",
            "the task ran another task definition than requested, or its containers were renamed",
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
                "a side-car container did not start",
                "read the reason; then run `pulumi up` again",
                0,
            )
        return Outcome(Kind.SUCCEEDED, "exit code 0", exit_code=0)
    return _failed(reason, judged, failed, main)


def _failed_to_start(stop_code: str, containers: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether the task failed to start: by its stop code, or by a container's reason (program not in image)."""
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
            "ECS gives a reason that Sluice does not know",
            "read the reason; then run `pulumi up` again",
        )
    title = f"the task could not start, {known.title}: {text}"
    return Outcome(Kind.NOT_STARTED, title, *known.advice, lasting=known.lasting, passing=known.passing)


_STOPS: Mapping[str, exit_code.Advice] = {
    "UserInitiated": exit_code.Advice(
        "a person or program called StopTask; an interrupted migration is incomplete, whatever its exit code",
        "find the caller (CloudTrail: StopTask); check the database's migration state; then run `pulumi up` again",
    ),
    "ServiceSchedulerInitiated": exit_code.Advice(
        "a service's scheduler stopped the task as if it were its own",
        "do not run migration tasks in a service; then run `pulumi up` again",
    ),
    "SpotInterruption": exit_code.Advice(
        "AWS reclaimed the Spot capacity; an interrupted migration is incomplete, whatever its exit code",
        "run migrations on FARGATE, never on FARGATE_SPOT: check the cluster's default strategy",
    ),
    "TerminationNotice": exit_code.Advice(
        "AWS reclaimed the capacity or retired the host; an interrupted migration is incomplete",
        "check the database's migration state; then run `pulumi up` again",
    ),
}
_OTHER_STOP = exit_code.Advice(
    "an interrupted migration is incomplete, whatever its exit code",
    "check the database's migration state; then run `pulumi up` again",
)


def _interrupted(stop_code: str, reason: str, failed: Sequence[Mapping[str, Any]]) -> Outcome:
    code = next((container.get("exitCode") for container in failed), 0)
    ended = "with no exit code" if code is None else f"exit code {code}"
    cause, remedy = _STOPS.get(stop_code, _OTHER_STOP)
    if code == 137:
        cause += "; it did not exit within stopTimeout after SIGTERM, so it was killed"
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
                "ECS stops the whole task when any essential container ends",
                f"read the log of {first['name']}; keep it running until the migration ends, or mark it "
                "essential: false",
                own["exitCode"],
            )
    if own is not None and own.get("exitCode") == 0 and all(one.get("exitCode") in (137, 143) for one in failed):
        names = ", ".join(container["name"] for container in failed)
        return Outcome(
            Kind.FAILED,
            f"exit code 0, but essential side-car {names} was ended by a signal (exit code {failed[0]['exitCode']})",
            "ECS does not show which container ended first, so the migration may have been stopped early with code 0",
            f"mark {names} essential: false: ECS then stops it after the migration and its exit code is ignored",
            failed[0]["exitCode"],
        )
    for container in failed:
        if container.get("exitCode") is None:
            return Outcome(
                Kind.FAILED,
                f"container {container['name']} has no exit code: {_reasons(reason, [container])}",
                "its exit code was lost, so the state of the migration is unknown",
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
    """Return the outcome for RunTask's ``failures[]``, which come with HTTP 200 and no task.

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
            "ECS gives a reason that Sluice does not know",
            "read the reason; then run `pulumi up` again",
        )
    return Outcome(
        Kind.NOT_STARTED,
        f"{known.title}: {reason}{detail}",
        *known.advice,
        lasting=known.lasting,
        passing=known.passing,
    )


def refused(message: str) -> Outcome | None:
    """Return the outcome for an exception of RunTask; None when it concerns the call and not this task.

    Throttling concerns the call, which is repeated with the same token.
    """
    known = start_failure.refused(message)
    return None if known in (None, start_failure.THROTTLED) else not_run([{"reason": message}])


def forgotten(task_arn: str) -> Outcome:
    """Return the outcome of a task that DescribeTasks no longer shows: ECS keeps stopped tasks for an hour."""
    return Outcome(
        Kind.FORGOTTEN,
        f"ECS no longer knows task {task_arn.rpartition('/')[2]}; its exit code is unknown",
        "ECS deletes stopped tasks after about an hour",
        "read its log, check the database's migration state, then run `pulumi up`, which runs the steps again",
    )


def retryable(outcome: Outcome) -> bool:
    """Return whether a task may be retried automatically: only one that never ran, and where a retry can help."""
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

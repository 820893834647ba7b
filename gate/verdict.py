"""What a task's end means. Pure: from what ECS says of a task to an outcome with cause and remedy.

Sources: ECS "Amazon ECS task lifecycle", "Stopped tasks error messages", DescribeTasks in the API reference.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gate.errors import GateError


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
    """

    kind: Kind
    title: str
    cause: str = ""
    remedy: str = ""
    exit_code: int | None = None

    @property
    def succeeded(self) -> bool:
        return self.kind is Kind.SUCCEEDED


_EXITS: Mapping[int, tuple[str, str]] = {
    1: (
        "the command ran and reported a failure",
        "read the last lines below; fix the cause and run `pulumi up` again",
    ),
    2: (
        "the command was called wrongly (shells and many CLIs use 2 for that)",
        "check the step's command against the CLI in the image",
    ),
    126: (
        "the command was found in the image but could not be executed",
        "make it executable in the Dockerfile and check its interpreter line",
    ),
    127: (
        "the command is not in the image",
        "install the migration CLI in the image's final stage; it is often only a development dependency",
    ),
    134: (
        "the process aborted itself (SIGABRT)",
        "read the last lines below for the assertion or fatal error",
    ),
    137: (
        "the process was killed (SIGKILL): out of memory, or it did not end in time after being told to",
        "give the migration task more memory, or make the migration smaller",
    ),
    139: (
        "the process crashed (SIGSEGV)",
        "look for a native library built for another system or architecture",
    ),
    143: (
        "the process ended on SIGTERM: somebody stopped the task",
        "find out who stopped it, then run `pulumi up` again",
    ),
}


def essential(containers: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Names of the essential containers of a task definition; ECS takes a container without the flag as essential."""
    return frozenset(container["name"] for container in containers if container.get("essential", True))


def verdict(task: Mapping[str, Any], essential_names: frozenset[str]) -> Outcome:
    """Judges a task as DescribeTasks shows it.

    Every essential container is judged, not the first one: side-cars may have been added. An exit code that is absent
    is a failure, never 0: the container did not start, or its end was lost.

    Args:
        task: one of ``tasks[]``.
        essential_names: from the task definition, see :func:`essential`.
    """
    if task.get("lastStatus") not in ("STOPPED", "DELETED"):
        return Outcome(Kind.RUNNING, f"the task is {task.get('lastStatus')}")
    stop_code = str(task.get("stopCode") or "")
    reason = str(task.get("stoppedReason") or "").strip()
    judged = [container for container in task.get("containers", []) if container.get("name") in essential_names]
    ran = any(container.get("exitCode") is not None for container in task.get("containers", []))
    never_started = stop_code == "TaskFailedToStart" and not ran
    if not judged:
        return Outcome(
            Kind.NOT_STARTED if never_started else Kind.FAILED,
            f"the task stopped without any container that could be judged: {reason or stop_code or 'no reason given'}",
            remedy="check the task definition's containers",
        )
    if never_started:
        return Outcome(
            Kind.NOT_STARTED,
            f"the task could not start: {_reasons(reason, judged)}",
            *_start_advice(reason, judged),
        )
    failed = [container for container in judged if container.get("exitCode") != 0]
    if stop_code not in ("", "EssentialContainerExited", "TaskFailedToStart"):  # an open set: AWS may add codes
        code = next((container.get("exitCode") for container in failed), 0)
        ended = "with no exit code" if code is None else f"exit code {code}"
        return Outcome(
            Kind.INTERRUPTED,
            f"the task was stopped from outside ({stop_code}: {reason or 'no reason given'}), {ended}",
            "an interrupted migration is not a finished one, whatever its exit code",
            "find out who stopped it; then run `pulumi up` again",
            code,
        )
    if not failed and stop_code != "TaskFailedToStart":
        return Outcome(Kind.SUCCEEDED, "exit code 0", exit_code=0)
    for container in failed:
        if container.get("exitCode") is None:
            return Outcome(
                Kind.FAILED,
                f"container {container['name']} has no exit code: {_reasons(reason, [container])}",
                "its end was lost, so nobody knows how far the migration came",
                "check the database's migration state before running `pulumi up` again",
            )
    container = failed[0]
    code = int(container["exitCode"])
    cause, remedy = _EXITS.get(code, ("the command reported a failure", _EXITS[1][1]))
    detail = str(container.get("reason") or "").strip()
    if code == 137 and "OutOfMemory" in detail:
        cause, remedy = (
            "the container used more memory than the task has",
            "raise the migration task's memory",
        )
    title = f"exit code {code}" if len(judged) == 1 else f"container {container['name']} ended with exit code {code}"
    return Outcome(Kind.FAILED, title + (f" ({detail})" if detail else ""), cause, remedy, code)


def not_run(failures: Sequence[Mapping[str, Any]]) -> Outcome:
    """What RunTask's ``failures[]`` mean: they come with HTTP 200 and no task.

    Source: ECS "API failure reasons".
    """
    first = failures[0] if failures else {}
    reason = str(first.get("reason") or "no task and no reason in the answer")
    detail = f" ({first['detail']})" if first.get("detail") else ""
    if "Capacity is unavailable" in reason or reason == "RESOURCE:FARGATE":
        return Outcome(
            Kind.NOT_STARTED,
            f"no Fargate capacity: {reason}{detail}",
            remedy="try again later, or add subnets in other zones",
        )
    if "limit" in reason:
        return Outcome(
            Kind.NOT_STARTED,
            f"an account limit was reached: {reason}{detail}",
            remedy="ask AWS for a higher Fargate quota",
        )
    return Outcome(
        Kind.NOT_STARTED,
        f"ECS started no task: {reason}{detail}",
        remedy="see the reason",
    )


def forgotten(task_arn: str) -> Outcome:
    """A task that DescribeTasks no longer shows: ECS forgets stopped tasks after an hour."""
    return Outcome(
        Kind.FORGOTTEN,
        f"ECS no longer knows task {task_arn.rpartition('/')[2]}; how it ended cannot be told",
        "stopped tasks are forgotten after about an hour",
        "read its log, check the database's migration state, then run `pulumi up` again: the steps run anew",
    )


def retryable(outcome: Outcome) -> bool:
    """Only what never ran may be started again by itself."""
    return outcome.kind is Kind.NOT_STARTED


def _reasons(reason: str, containers: Sequence[Mapping[str, Any]]) -> str:
    texts = [reason] + [str(container.get("reason") or "").strip() for container in containers]
    seen = list(dict.fromkeys(text for text in texts if text))
    return "; ".join(seen) or "no reason given"


_START_ADVICE: Sequence[tuple[tuple[str, ...], str, str]] = (
    (
        ("CannotPullContainer",),
        "the image does not exist, the execution role may not pull it, or there is no route to the registry",
        "check that the digest is in the repository, the execution role's ECR rights, and the subnets' way out",
    ),
    (
        ("from asm", "from ssm", "secrets or registry auth", "retrieve secret"),
        "a secret is missing, lacks the JSON key, or the execution role may not read it",
        "check the secret's ARN and the execution role's secretsmanager:GetSecretValue",
    ),
    (
        ("log group does not exist", "logger args"),
        "the log group is missing or unreachable",
        "create the log group before the task, and check the subnets' way to CloudWatch Logs",
    ),
    (
        (
            "executable file not found",
            "CannotStartContainer",
            "no such file or directory",
        ),
        "the step's command is not in the image",
        "install the migration CLI in the image's final stage, or correct the step's command",
    ),
)


def _start_advice(reason: str, containers: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    text = _reasons(reason, containers)
    for needles, cause, remedy in _START_ADVICE:
        if any(needle in text for needle in needles):
            return cause, remedy
    return "", "see the reason; then run `pulumi up` again"


class StepFailed(GateError):
    """A step did not succeed. ``outcomes`` maps shard index to its outcome."""

    def __init__(self, text: str, outcomes: Mapping[int, Outcome]) -> None:
        super().__init__(text)
        self.outcomes = dict(outcomes)

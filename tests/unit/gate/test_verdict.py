"""Every shape of a task's end, as the API shows it, and what it means."""

from __future__ import annotations

from typing import Any

import pytest

from gate.verdict import Kind, essential, forgotten, not_run, retryable, verdict

APP = frozenset({"app"})


def task(
    stop: str = "EssentialContainerExited", reason: str = "", status: str = "STOPPED", **exits: Any
) -> dict[str, Any]:
    containers = []
    for name, code in exits.items():
        container: dict[str, Any] = {"name": name}
        if isinstance(code, tuple):
            code, container["reason"] = code
        if code is not None:
            container["exitCode"] = code
        containers.append(container)
    return {"lastStatus": status, "stopCode": stop, "stoppedReason": reason, "containers": containers}


CASES = [
    ("still running", task(status="RUNNING"), Kind.RUNNING, None, "RUNNING"),
    ("on its way out is not out", task(status="DEPROVISIONING", app=0), Kind.RUNNING, None, "DEPROVISIONING"),
    ("exit 0", task(app=0), Kind.SUCCEEDED, 0, "exit code 0"),
    ("exit 1", task(app=1), Kind.FAILED, 1, "exit code 1"),
    ("exit 3", task(app=3), Kind.FAILED, 3, "exit code 3"),
    ("command not executable", task(app=126), Kind.FAILED, 126, "could not be executed"),
    ("command missing", task(app=127), Kind.FAILED, 127, "not in the image"),
    (
        "out of memory",
        task(app=(137, "OutOfMemoryError: Container killed due to memory usage")),
        Kind.FAILED,
        137,
        "memory",
    ),
    ("killed", task(app=137), Kind.FAILED, 137, "SIGKILL"),
    ("crashed", task(app=139), Kind.FAILED, 139, "SIGSEGV"),
    ("terminated", task(app=143), Kind.FAILED, 143, "SIGTERM"),
    ("no exit code", task(app=None), Kind.FAILED, None, "no exit code"),
    ("exit 0 after being stopped by hand", task("UserInitiated", "by Ann", app=0), Kind.INTERRUPTED, 0, "by Ann"),
    ("killed by a stop", task("UserInitiated", "by Ann", app=137), Kind.INTERRUPTED, 137, "by Ann"),
    ("spot reclaim with exit 0", task("SpotInterruption", app=0), Kind.INTERRUPTED, 0, "SpotInterruption"),
    (
        "image missing",
        task("TaskFailedToStart", "CannotPullContainerError: failed to resolve ref: not found", app=None),
        Kind.NOT_STARTED,
        None,
        "registry",
    ),
    (
        "secret missing",
        task("TaskFailedToStart", "ResourceInitializationError: unable to retrieve secret from asm", app=None),
        Kind.NOT_STARTED,
        None,
        "secret",
    ),
    (
        "program missing, exec form",
        task(
            "TaskFailedToStart", "", app=(None, 'ContainerRuntimeError: exec: "x": executable file not found in $PATH')
        ),
        Kind.NOT_STARTED,
        None,
        "not in the image",
    ),
    ("no containers at all", task(), Kind.FAILED, None, "without any container that could be judged"),
    ("no containers, never started", task("TaskFailedToStart"), Kind.NOT_STARTED, None, "without any container"),
    ("it ran, whatever the stop code says", task("TaskFailedToStart", app=1), Kind.FAILED, 1, "exit code 1"),
    ("a side-car did not start, ours ran", task("TaskFailedToStart", app=0, proxy=None), Kind.FAILED, None, "proxy"),
    ("exit 0 under a code that we do not know", task("InfrastructureHealth", app=0), Kind.INTERRUPTED, 0, "Infrastr"),
    ("a side-car failed", task(app=0, proxy=1), Kind.FAILED, 1, "proxy"),
    ("a side-car without exit code", task(app=0, proxy=None), Kind.FAILED, None, "proxy"),
    ("an optional side-car may fail", task(app=0, metrics=1), Kind.SUCCEEDED, 0, "exit code 0"),
]


@pytest.mark.parametrize(
    ("described", "kind", "code", "says"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_outcome(described: dict[str, Any], kind: Kind, code: int | None, says: str) -> None:
    outcome = verdict(described, frozenset({"app", "proxy"}))
    assert (outcome.kind, outcome.exit_code) == (kind, code)
    assert says in " ".join((outcome.title, outcome.cause, outcome.remedy))


def test_only_success_succeeds() -> None:
    good = [case[0] for case in CASES if verdict(case[1], frozenset({"app", "proxy"})).succeeded]
    assert good == ["exit 0", "an optional side-car may fail"]


def test_every_failure_has_a_remedy() -> None:
    outcomes = [verdict(case[1], frozenset({"app", "proxy"})) for case in CASES]
    assert all(outcome.remedy for outcome in outcomes if outcome.kind not in (Kind.RUNNING, Kind.SUCCEEDED))


def test_only_what_never_ran_is_started_again() -> None:
    again = {case[0] for case in CASES if retryable(verdict(case[1], frozenset({"app", "proxy"})))}
    assert again == {"image missing", "secret missing", "program missing, exec form", "no containers, never started"}


def test_containers_are_essential_unless_said_otherwise() -> None:
    assert essential([{"name": "a"}, {"name": "b", "essential": False}, {"name": "c", "essential": True}]) == {"a", "c"}


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("Capacity is unavailable at this time. Please try again later or in a different availability zone", "zones"),
        ("You've reached the limit on the number of vCPUs you can run concurrently", "quota"),
        ("ATTRIBUTE", "ATTRIBUTE"),
    ],
)
def test_failures_with_http_200(reason: str, says: str) -> None:
    outcome = not_run([{"reason": reason}])
    assert retryable(outcome)
    assert says in outcome.title + outcome.remedy


def test_an_answer_without_task_or_failure_is_no_success() -> None:
    assert not_run([]).kind is Kind.NOT_STARTED


def test_a_forgotten_task_is_neither_success_nor_retried() -> None:
    outcome = forgotten("arn:x/abc")
    assert not outcome.succeeded
    assert not retryable(outcome)
    assert "abc" in outcome.title

"""The wrong cases of the field, each as a short course with its fault at the very call: `python -m tests.chaos.cases`.

The numbers are those of the issue that reported them. Environment: CASE (one alone, with its deployers' output).
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.chaos import races
from tests.chaos.course import Course, Played
from tests.chaos.deployer import Deployer
from tests.chaos.engine import Verdict
from tests.chaos.faults import Fault, Kind, Plan
from tests.chaos.ledger import Behaviour, Scene, Step
from tests.chaos.stage import Stage, stage

WIDTH = 4


def at(kind: Kind, *operations: str, nth: int, seconds: float = 0.0) -> Fault:
    """A fault at the *nth* call of each of the operations."""
    return Fault(kind, frozenset(operations), nth=frozenset({nth}), seconds=seconds)


def course(stage: Stage, name: str, behaviours: Mapping[int, Behaviour] | None = None, work: float = 0.3) -> Course:
    """A stack with one migration step of *work* seconds."""
    scene = Scene((Step("schema", 1),), lambda version, step, turn: work, dict(behaviours or {}))
    return Course(stage.stack(scene), name)


def expect(
    course: Course,
    version: int,
    wanted: Verdict,
    plan: Plan | None = None,
    prepare: Callable[[Deployer], None] = lambda deployer: None,
) -> None:
    """One deploy, which must end as *wanted*."""
    said = course.one(version, plan, prepare=prepare).verdict
    if said is not wanted:
        course.played.wrong.append(f"version {version} ended as {said.name} instead of {wanted.name}")


def cut_run_task(course: Course) -> None:
    """X1: the answer of RunTask is cut off in mid-body."""
    expect(course, 2, Verdict.SUCCESS, Plan((at("cut body", "RunTask", nth=1),)))


def truncated_run_task(course: Course) -> None:
    """X1: the answer of RunTask has an end that no length tells."""
    expect(course, 2, Verdict.SUCCESS, Plan((at("truncated JSON", "RunTask", nth=1),)))


def stale_after_smoke(course: Course) -> None:
    """X2: one answer of DescribeServices from before the deployment, while the smoke request fails."""

    def prepare(deployer: Deployer) -> None:
        liar, lied = deployer.liar, list[int]()

        def before(operation: str, nth: int, body: bytes) -> None:
            if operation == "DescribeServices" and course.stack.scene.asked[2] >= 3 and not lied:
                lied.append(nth)
                liar.arm(at("stale", "DescribeServices", nth=nth, seconds=12))

        liar.before = before

    remembering = Plan((Fault("stale", frozenset({"DescribeServices"}), seconds=12),))
    expect(course, 2, Verdict.FAILED, remembering, prepare=prepare)
    expect(course, 3, Verdict.SUCCESS)


def empty_while_watching(course: Course) -> None:
    """X3: one empty answer of DescribeServices while the deployment goes on."""

    def prepare(deployer: Deployer) -> None:
        liar, seen = deployer.liar, list[str]()

        def before(operation: str, nth: int, body: bytes) -> None:
            if operation == "UpdateService":
                seen.append(operation)
            elif operation == "DescribeServices" and len(seen) in (1, 2):
                seen.append(operation)
                if len(seen) == 3:
                    liar.arm(at("failures[]", "DescribeServices", nth=nth))

        liar.before = before

    expect(course, 2, Verdict.SUCCESS, prepare=prepare)


def record_not_deleted(course: Course) -> None:
    """X4: the record of a rollout cannot be deleted, and the next version fails its smoke request."""
    expect(course, 2, Verdict.SUCCESS, Plan((Fault("denied", frozenset({"DeleteParameters"}), 1.0),)))
    expect(course, 3, Verdict.FAILED)


def killed_before_the_end(course: Course) -> None:
    """X4: SIGKILL when the release has been written down and nothing after it, and the next version is unfit."""

    def prepare(deployer: Deployer) -> None:
        def after(operation: str, nth: int, body: bytes) -> None:
            if operation == "PutParameter" and b"/releases/" in body:
                deployer.signal(signal.SIGKILL)

        deployer.liar.after = after

    if course.one(2, prepare=prepare).verdict is not Verdict.KILLED:
        course.played.wrong.append("no release was written down")
    course.proven = course.stack.revision(2, "serve")
    expect(course, 3, Verdict.FAILED)


def cancelled_before_run_task(course: Course) -> None:
    """X5: a deployer stops just before RunTask, is cancelled, a newer version is deployed, and the first goes on."""
    races.overtaken(course, 2, 3, "RunTask")


def cancelled_before_update_service(course: Course) -> None:
    """X5: the same just before UpdateService."""
    races.overtaken(course, 2, 3, "UpdateService")


def malformed(course: Course) -> None:
    """X7: answers of five operations that lack what they must have."""
    operations = ("GetParametersByPath", "DescribeTasks", "DescribeTaskDefinition", "UpdateService", "DescribeServices")
    expect(course, 2, Verdict.SUCCESS, Plan((at("truncated JSON", *operations, nth=1),)))
    expect(course, 3, Verdict.SUCCESS, Plan((at("truncated JSON", *operations, nth=2),)))


def log_denied(course: Course) -> None:
    """X8: GetLogEvents is denied."""
    expect(course, 2, Verdict.SUCCESS, Plan((Fault("denied", frozenset({"GetLogEvents"}), 1.0),)))


def operator_since(course: Course) -> None:
    """K1: an operator's command since the last success: the next deploy of the very same version runs the steps."""
    course.operate(1)
    before = len(course.stack.scene.visits)
    expect(course, 1, Verdict.SUCCESS)
    if len(course.stack.scene.visits) == before:
        course.played.wrong.append("an operator's command may have changed the schema, and the steps did not run")


CASES: dict[str, tuple[Callable[[Course], None], dict[int, Behaviour]]] = {
    "X1 cut": (cut_run_task, {}),
    "X1 truncated": (truncated_run_task, {}),
    "X2": (stale_after_smoke, {2: "unfit"}),
    "X3": (empty_while_watching, {}),
    "X4 denied": (record_not_deleted, {3: "unfit"}),
    "X4 killed": (killed_before_the_end, {3: "unfit"}),
    "X5 RunTask": (cancelled_before_run_task, {}),
    "X5 UpdateService": (cancelled_before_update_service, {}),
    "X7": (malformed, {}),
    "X8": (log_denied, {}),
    "K1": (operator_since, {}),
}


def play(stage: Stage, name: str) -> Played:
    """Plays one case on a stack of its own."""
    case, behaviours = CASES[name]
    made = course(stage, name, behaviours, work=3.0 if name.startswith("X1") else 0.3)
    with made.begun() as first:
        if first:
            case(made)
    return made.played


def main() -> int:
    alone = os.environ.get("CASE")
    wrong = 0
    with (
        tempfile.TemporaryDirectory(prefix="sluice-chaos-") as folder,
        stage(Path(folder)) as made,
        ThreadPoolExecutor(WIDTH) as pool,
    ):
        for played in pool.map(lambda name: play(made, name), [alone] if alone else CASES):
            wrong += bool(played.bad)
            print("\n".join([played.line, *(f"  WRONG: {text}" for text in played.bad)]), flush=True)
            if alone:
                print("\n".join(played.output), flush=True)
    print(f"{wrong} of {1 if alone else len(CASES)} cases are wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

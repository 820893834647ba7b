"""An operator's one-off command, with the same tasks, records and lock as the migrations of `pulumi up`.

An operator's run does not hold Pulumi's state lock, so creating its record is the lock. Another deployer may take the
record over when it looks dead (two minutes old and no live task), so it is read again around every start.

IAM: as for sluice.aws.tasks, sluice.migration.records.records and sluice.aws.logs; ssm:GetParameter on the records.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sluice.aws.patience import Patience, Unknown
from sluice.aws.tasks import EcsTasks, Place
from sluice.clock import Halt
from sluice.diagnosis.redaction.presentable import command_line
from sluice.diagnosis.verdict import StepFailed
from sluice.errors import GateError, Interrupted, Superseded
from sluice.inputs.step import Step
from sluice.migration import previous_runs
from sluice.migration.fingerprint import MigrationSubject
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.ownership import Ownership
from sluice.migration.records.plan import Close, Refuse, admit
from sluice.migration.records.record import RunRecord
from sluice.migration.run import RunResult, all_runs, may_go_on, number_taken, perform
from sluice.migration.step.shard import poll_seconds

STOP_SECONDS = 190.0
"""Seconds to wait for the tasks of a cancelled command: the longest stopTimeout (120 s) and the task's clean-up."""


class RunRefused(GateError):
    """Nothing was started."""


class RunCancelled(Interrupted):
    """Ctrl-C: the text names the stopped tasks."""


@dataclass(frozen=True)
class Order:
    """An operator's command.

    Attributes:
        step: its attempts must be 1: see :func:`operate`.
        image: by digest.
        read_only: the command does not change the schema, so the last migration still proves it.
    """

    step: Step
    image: str
    read_only: bool = False


def operate(to: Deployer, order: Order, place: Place) -> RunResult:
    """Run the command until it ends.

    Its task is started once, without the retries of a migration: between two attempts the run would have no live task
    and look dead.

    Raises:
        RunRefused: another run is in progress; nothing was started.
        StepFailed: it did not end with exit code 0 everywhere.
        Cancelled: Ctrl-C; its tasks were asked to stop.
        Unknown: AWS stopped answering; the task keeps running.
        Superseded: another deployer took the slow run for dead and closed it; its tasks are being stopped.
        GateError: the place is wrong.
    """
    if order.step.attempts != 1:
        raise ValueError("an operator's command is started once")
    subject = MigrationSubject(order.image, (order.step,), {}, {}, "")
    run = _begin(to, order, place)
    try:
        return perform(to, run, subject, place, None, None)
    except StepFailed:
        raise
    except Interrupted as interruption:
        raise _cancelled(to, run, place) from interruption
    except Superseded:
        _stop(to, run, place, "its run was closed by somebody else")
        raise
    except Unknown as trouble:
        raise Unknown(
            f"{trouble}\n  The command's task keeps running; run {run.number} stays open and blocks other runs "
            "until the task has stopped. Its log shows the result"
        ) from trouble
    except (GateError, BotoCoreError, ClientError) as error:
        if not _tasks(to, run):
            _end(to, run, "failed", str(error).partition("\n")[0])
        raise


def _begin(to: Deployer, order: Order, place: Place) -> RunRecord:
    """Take a number, when no run is in progress."""
    patience = Patience(to.clock, "reading the run records")
    taken: set[int] = set()
    while True:
        runs = patience.ask(all_runs, to, taken)
        decision = admit(runs, to.clock.now(), patience.ask(previous_runs.live_operators, to, runs, place))
        if isinstance(decision, Refuse):
            raise RunRefused(previous_runs.refusal(decision.run, to.clock.now()))
        if to.clock.halted() is Halt.STOP:
            raise RunCancelled("cancelled; nothing was started")
        if isinstance(decision, Close):
            to.log(f"closing run {decision.run.number} of {decision.run.author}", False)
            previous_runs.close(to, decision.run, place)
            continue
        run = RunRecord(
            number=decision.number,
            by="run",
            fingerprint="",
            image=order.image.rpartition("@")[2],
            author=to.author,
            started=round(to.clock.now()),
            phase="run",
            steps=(order.step.name,),
            message=command_line(order.step.command)[:200],
            nonce=secrets.token_hex(4),
            owner=to.owner,
            read_only=order.read_only,
            command=order_line(order.step),
        )
        if not patience.ask(to.records.create, run):
            number_taken(to, taken, run.number)
            continue
        if may_go_on(to, run):
            to.log(f"run {run.number}: {run.message}", False)
            return run


def order_line(step: Step) -> str:
    """Return an operator's variables and command on one line, with secrets masked."""
    return command_line([*(f"{name}={value}" for name, value in step.environment.items()), *step.command])


def _cancelled(to: Deployer, run: RunRecord, place: Place) -> RunCancelled:
    """Wait until the tasks that Ctrl-C stopped have ended, and close the record."""
    patience, tasks = Patience(to.clock, "waiting for the tasks to stop"), EcsTasks(to.ecs, place.cluster)
    begun, ids = to.clock.now(), _tasks(to, run)
    arns = [previous_runs.arn(place.cluster, one) for one in ids]
    names = ", ".join(ids)
    while arns:
        found = patience.ask(tasks.describe, arns)
        settled = len(found) == len(arns) or to.clock.now() - begun > previous_runs.SETTLE_SECONDS
        if settled and all(task.get("lastStatus") == "STOPPED" for task in found.values()):
            break
        if to.clock.now() - begun > STOP_SECONDS:
            return RunCancelled(
                f"cancelled; task {names} was asked to stop; run {run.number} stays open until it has stopped"
            )
        to.clock.wait(poll_seconds(to.clock.now() - begun))
    _end(to, run, "failed", f"cancelled: {run.message}")
    return RunCancelled(f"cancelled: task {names} has stopped" if ids else "cancelled: no task was running")


def _stop(to: Deployer, run: RunRecord, place: Place, why: str) -> None:
    tasks, patience = EcsTasks(to.ecs, place.cluster), Patience(to.clock, "stopping the tasks")
    for one in _tasks(to, run):
        patience.ask(tasks.stop, previous_runs.arn(place.cluster, one), f"Sluice: {why}")


def _tasks(to: Deployer, run: RunRecord) -> list[str]:
    """Return the ids of the run's tasks that may still run."""
    known = Patience(to.clock, "reading the run records").ask(to.records.with_steps, run)
    return [task.task for step in known.steps_done.values() for task in step.tasks if task.task and not task.done]


def _end(to: Deployer, run: RunRecord, state: Any, message: str) -> None:
    if Ownership(to.records, to.clock, run).taken_over() is not None:
        return  # the new owner records the result
    closed = replace(run, state=state, finished=round(to.clock.now()), message=message)
    Patience(to.clock, "keeping the run records").ask(to.records.save, closed)


def exit_code(failure: StepFailed) -> int:
    """Return the command's exit code: the first shard's that is not 0; 1 when no shard has one."""
    outcomes: Mapping[int, Any] = failure.outcomes
    codes = [one.exit_code for _, one in sorted(outcomes.items()) if not one.succeeded and one.exit_code]
    return codes[0] if codes and 0 < codes[0] < 256 else 1

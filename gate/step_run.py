"""Runs one step: its shards side by side, each a task, to the end of every one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from gate.clock import Halt
from gate.deployer import Deployer
from gate.errors import GateError, Interrupted
from gate.explain import short_time, step_failure
from gate.logs import LogPlace
from gate.observation import Confirmation, older_task, whole_end
from gate.owned_start import OwnedStart
from gate.ownership import Ownership
from gate.patience import Patience, Unknown
from gate.presentable import command_line
from gate.record import RunRecord, StepRecord, TaskRecord
from gate.shard import Shard, backoff_seconds, poll_seconds, read_seconds
from gate.shard_log import SHOWN_LINES, ShardLogs, printed
from gate.step import Step
from gate.tasks import Place, Tasks, token
from gate.verdict import Kind, Outcome, StepFailed, forgotten, retryable, verdict

MISSING_SECONDS = 120.0
"""How long a task may be missing from DescribeTasks before it counts as forgotten (ECS is eventually consistent)."""
STOP_SECONDS = 190.0
"""How long a stop may take: the longest stopTimeout (120 s) and the removal of the network interface."""
START_SECONDS = 300.0
"""How long a start is tried again that fails for what passes by itself: no capacity, a role not known everywhere."""
ASK_AGAIN_SECONDS = 20.0
"""After so long without an end, a stop is asked for once more."""
SUSPENDED_SECONDS = 10.0
"""A round of looking and waiting that took so much longer than meant: the process did not run all the time."""
PROGRESS_SECONDS = 1.0

CANCELLED = "Sluice: cancelled by the user"


class StepRun:
    """One step of one run.

    Args:
        place: where its tasks run.
        essential: names of the task definition's essential containers.
        log_place: where the step's container logs; None when that cannot be followed.
        until: the deploy's deadline in seconds since the epoch, whatever the step's own time-out says.
    """

    def __init__(
        self,
        deployer: Deployer,
        run: RunRecord,
        step: Step,
        place: Place,
        essential: frozenset[str],
        log_place: LogPlace | None,
        title: str,
        until: float | None = None,
    ) -> None:
        self._to = deployer
        self._run = run
        self._step = step
        self._place = place
        self._essential = essential
        self._log_place = log_place
        self._title = title
        self._until = until
        self._tasks = Tasks(deployer.ecs, place.cluster)
        self._patience = Patience(deployer.clock, f"watching migration step '{step.name}'")
        self._owner = Ownership(deployer.records, deployer.clock, run)
        self._starter = OwnedStart(self._tasks, self._owner, run, self._patience, deployer.clock, self._say)
        self._logs = ShardLogs(
            deployer.logs,
            deployer.clock,
            log_place,
            say=self._say,
            line=lambda line, shard: deployer.log(f"{self._label(shard)} | {line}", False),
        )
        self._record = run.steps_done.get(step.name, StepRecord(step.name))
        self._shards = [self._resume(index) for index in range(step.shards)]
        self._begun = 0.0
        self._progress_at = 0.0

    def _resume(self, index: int) -> Shard:
        known = self._record.latest(index)
        if known is None:
            return Shard(index)
        shard = Shard(index, attempt=known.attempt, task=self._arn(known.task), adopted=bool(known.task))
        if known.done == Kind.SUCCEEDED.value:
            shard.outcome = Outcome(Kind.SUCCEEDED, "exit code 0", exit_code=0)
        elif known.done:
            shard.task = ""  # that attempt is over; the next one is a new task
        return shard

    def run(self) -> StepRecord:
        """Runs every shard to its end. Raises StepFailed, Interrupted, Superseded or Unknown."""
        clock = self._to.clock
        self._begun = clock.now()
        self._find_intended()
        try:
            while pending := [shard for shard in self._shards if shard.outcome is None]:
                self._heed_interruption()
                for shard in pending:
                    if not shard.task and self._out_of_time():
                        self._too_late(shard)
                    elif not shard.task and clock.now() >= shard.not_before:
                        self._start(shard)
                looked = clock.now()
                self._look(pending)
                self._expire(pending)
                due = self._pause([shard for shard in pending if shard.outcome is None])
                if clock.now() - max(due, looked) > SUSPENDED_SECONDS:
                    self._owner.check()  # this process was suspended, or AWS slow: somebody may have taken over
        except Unknown:
            self._heed_interruption()  # a Ctrl-C in the middle of the trouble still stops what it can
            raise
        self._raise_failure([shard for shard in self._shards if shard.outcome and not shard.outcome.succeeded])
        return self._record

    def _pause(self, shards: Sequence[Shard]) -> float:
        """Waits until something is due: a look, a start, a time-out; returns when that was. The progress goes on
        meanwhile."""
        clock = self._to.clock
        self._show_progress()
        now = clock.now()
        if not shards:
            return now
        due = now + min(poll_seconds(now - max(shard.changed_at, self._begun)) for shard in shards)
        starts = [shard.not_before for shard in shards if not shard.task and shard.not_before > now]
        ends = [self._started_at(shard) + self._step.timeout for shard in shards if shard.task and not shard.stopping]
        ends += [self._until] if self._until is not None else []
        due = min([due, *starts, *(end for end in ends if end > now)])
        while not clock.halted() and (left := due - clock.now()) > 0:
            clock.wait(max(min(left, PROGRESS_SECONDS), 0.01))
            self._show_progress()
        return due

    # -- starting

    def _find_intended(self) -> None:
        """An attempt recorded without a task: the deployer died around RunTask. Look whether it got through."""
        for shard in self._shards:
            known = self._record.latest(shard.index)
            if shard.outcome is None and not shard.task and known is not None and not known.done:
                found = self._patience.ask(self._tasks.find, self._token(shard), self._place.task_definition)
                if found:
                    shard.task, shard.adopted = found, True
                    self._put(shard)
                else:
                    shard.attempt -= 1  # the same attempt is asked for again, under the same token
        adopted = [shard.task.rpartition("/")[2] for shard in self._shards if shard.task and shard.outcome is None]
        if adopted:
            self._say(f"going on with the task that an earlier deployer left: {', '.join(adopted)}")

    def _start(self, shard: Shard) -> None:
        shard.attempt += 1
        shard.starts += 1
        self._put(shard)  # the intent, before the call: whoever comes next looks for the task
        if self._to.clock.halted():
            return
        environment = dict(self._step.environment)
        if self._step.shards > 1:
            environment |= {
                "SHARD_INDEX": str(shard.index),
                "SHARD_COUNT": str(self._step.shards),
            }
        started = self._starter.start(self._place, self._step.command, environment, self._token(shard))
        if isinstance(started, Outcome):
            self._not_started(shard, started)
            return
        shard.task, shard.seen, shard.tail, shard.shown, shard.doubt = started, {}, None, 0, Confirmation()
        shard.asked_at = shard.changed_at = self._to.clock.now()
        self._put(shard)
        self._say(
            f"task {started.rpartition('/')[2]} started: {command_line(self._step.command)}",
            shard,
        )

    def _not_started(self, shard: Shard, outcome: Outcome) -> None:
        self._put(shard, outcome)
        now = self._to.clock.now()
        if outcome.passing and not shard.refused_at:
            shard.refused_at = now
        if self._tries_again(shard, outcome, now):
            pause = min(backoff_seconds(shard.starts, self._to.chance()), 30.0)
            shard.task, shard.not_before = "", now + pause
            tried = f"{shard.starts} of {self._step.attempts}"
            if outcome.passing:
                tried = f"for up to {short_time(START_SECONDS - (now - shard.refused_at))} more"
            self._say(f"{outcome.title}; trying again in {pause:.0f} s ({tried})", shard)
        else:
            shard.outcome = outcome

    def _tries_again(self, shard: Shard, outcome: Outcome, now: float) -> bool:
        if not retryable(outcome) or self._step.attempts == 1:
            return False
        if outcome.passing:
            return now - shard.refused_at < START_SECONDS
        return shard.starts < self._step.attempts

    def _out_of_time(self) -> bool:
        return self._until is not None and self._to.clock.now() >= self._until

    def _too_late(self, shard: Shard) -> None:
        """No time is left of the deploy's: a migration that is begun only to be interrupted is worse than none."""
        tried = f"; {shard.starts} start{'' if shard.starts == 1 else 's'} had failed" if shard.starts else ""
        shard.outcome = Outcome(
            Kind.NOT_STARTED,
            f"the deadline of all steps together had passed: not started{tried}",
            cause="the snapshot and the steps before it took all of its time",
            remedy="run `pulumi up` again, which runs the steps anew; raise migrationDeadline if they need the time",
        )
        self._say(shard.outcome.title, shard)

    # -- watching

    def _look(self, shards: Sequence[Shard]) -> None:
        watched = [shard for shard in shards if shard.task and shard.outcome is None]
        if not watched:
            return
        found = self._patience.ask(self._tasks.describe, [shard.task for shard in watched])
        now = self._to.clock.now()
        for shard in watched:
            task = found.get(shard.task)
            if task is None:
                if now - max(shard.asked_at, shard.last_seen, self._begun) > MISSING_SECONDS:
                    shard.outcome = forgotten(shard.task)
                    self._put(shard, shard.outcome)
                continue
            if older_task(task, shard.seen):
                continue  # from a replica that lags behind
            first_sight = not shard.seen
            if task.get("lastStatus") != shard.seen.get("lastStatus"):
                shard.changed_at = now
            shard.seen, shard.last_seen = task, now
            outcome = verdict(task, self._essential, self._place.container)
            stopped = outcome.kind is not Kind.RUNNING
            if stopped and not whole_end(task, self._essential) and not shard.doubt.confirmed("its end", now):
                continue  # how it ended is not said, and may be said in a moment
            if outcome.kind is Kind.RUNNING:
                starting = task.get("lastStatus") in ("PROVISIONING", "PENDING")  # no stream yet
                if not starting and now - shard.read_at >= read_seconds(now - shard.changed_at):
                    self._logs.read(shard, to_the_end=False)
                continue
            if shard.adopted and not outcome.succeeded and (first_sight or _cancelled_by_us(task)):
                self._begin_again(shard, outcome)
            else:
                self._ended(shard, outcome)

    def _begin_again(self, shard: Shard, outcome: Outcome) -> None:
        """A failure of an earlier deployer's task: that one would have reported it; this update is the retry."""
        self._put(shard, outcome)
        self._say(f"task {shard.task.rpartition('/')[2]}, left by an earlier deployer, ended: {outcome.title}", shard)
        shard.task, shard.adopted = "", False

    def _ended(self, shard: Shard, outcome: Outcome) -> None:
        """Keeps the verdict at once, before its log is read to the end: that may be denied, throttled or long. Lines
        that come late are waited for when every shard has ended."""
        if shard.stopping:
            outcome = replace(
                outcome,
                kind=Kind.FAILED,
                title=shard.stopping,
                cause="a migration that hangs usually waits for a lock, for a database it cannot reach, or for input",
                remedy="read its last lines; look for long transactions in the database; raise the step's timeout if "
                "it was only slow",
            )
        if outcome.kind is Kind.NOT_STARTED:
            self._logs.drain(shard)
            self._not_started(shard, outcome)
            return
        shard.outcome = outcome
        self._put(shard, outcome)
        self._logs.drain(shard)
        if shard.stopping:
            self._say("stopped", shard)
            return
        lines = f", {shard.tail.count} lines" if outcome.succeeded and shard.tail and shard.shown > SHOWN_LINES else ""
        self._say(f"{outcome.title} after {short_time(self._seconds(shard))}{lines}", shard)

    def _expire(self, shards: Sequence[Shard]) -> None:
        """Stops what is over its time, and gives up on a stop that does not come."""
        now = self._to.clock.now()
        for shard in shards:
            if not shard.task or shard.outcome is not None:
                continue
            limit = self._step.timeout
            running = now - self._started_at(shard)
            if not shard.stopping and (running >= limit or self._out_of_time()):
                shard.stopping = f"timed out after {short_time(min(limit, running))}"
                if running < limit:
                    shard.stopping += ", at the deadline of all steps together"
                self._say(f"{shard.stopping}: stopping the task", shard)
                self._patience.ask(self._tasks.stop, shard.task, f"Sluice: {shard.stopping}")
                shard.stop_asked = shard.changed_at = now
                shard.asked_again = now
            elif shard.stopping and now - shard.stop_asked > STOP_SECONDS:
                # The record stays open: whoever comes next must find the task before anything else is started.
                raise GateError(
                    f"migration step '{self._step.name}' {shard.stopping}, and task {shard.task.rpartition('/')[2]} "
                    f"has not stopped {STOP_SECONDS:.0f} s after it was told to. The service was not touched: what "
                    "served before keeps serving. Look at the task in ECS; the next `pulumi up` waits for its end"
                )
            elif shard.stopping and now - shard.asked_again > ASK_AGAIN_SECONDS:
                shard.asked_again = now  # ECS may not have known the task yet
                self._patience.ask(self._tasks.stop, shard.task, f"Sluice: {shard.stopping}")

    def _started_at(self, shard: Shard) -> float:
        created = shard.seen.get("createdAt")
        return float(created.timestamp()) if created is not None else max(shard.asked_at, self._begun)

    # -- ends

    def _heed_interruption(self) -> None:
        halt = self._to.clock.halted()
        if halt is None:
            return
        live = [shard for shard in self._shards if shard.task and shard.outcome is None]
        ids = ", ".join(shard.task.rpartition("/")[2] for shard in live)
        if halt is Halt.ABANDON:
            raise Interrupted(
                f"the deployer is gone; left running, to be adopted by the next `pulumi up`: {ids or 'nothing'}"
            )
        deaf = [shard for shard in live if not self._stop(shard)]
        stopped = f"stopped task {ids}" if ids else "no task was running"
        if deaf:
            left = ", ".join(shard.task.rpartition("/")[2] for shard in deaf)
            stopped = f"AWS did not take the stop of task {left}, which goes on; of all tasks: {ids}"
        raise Interrupted(
            f"migration step '{self._step.name}' was cancelled: {stopped}. The service was not touched: what "
            "served before keeps serving. The next `pulumi up` waits until the task has stopped and runs the step again"
        )

    def _stop(self, shard: Shard) -> bool:
        """Asks for the stop of one shard; trouble with it must not keep the others running."""
        try:
            self._patience.ask(self._tasks.stop, shard.task, CANCELLED)
        except (GateError, BotoCoreError, ClientError) as error:
            self._say(f"could not stop the task: {error}", shard)
            return False
        return True

    def _raise_failure(self, failed: Sequence[Shard]) -> None:
        """Says what broke in every shard that failed. Raises StepFailed, when one did."""
        if not failed:
            return
        outcomes = {shard.index: shard.outcome for shard in self._shards if shard.outcome is not None}
        self._logs.await_late([shard for shard in failed if outcomes[shard.index].kind is not Kind.NOT_STARTED])
        texts = []
        for shard in failed:
            outcome = outcomes[shard.index]
            if shard.stopping:
                outcome = replace(outcome, title=f"{outcome.title}; {printed(shard)}")
            if shard.shown > SHOWN_LINES:
                self._say(printed(shard), shard)
            last = list(shard.tail.last) if shard.tail else []
            texts.append(step_failure(self._step, shard.index, outcome, last, self._log_place, shard.task))
        raise StepFailed("\n".join(texts), outcomes)

    def _put(self, shard: Shard, outcome: Outcome | None = None) -> None:
        record = TaskRecord(
            shard=shard.index,
            attempt=shard.attempt,
            task=shard.task.rpartition("/")[2],
            exit=outcome.exit_code if outcome else None,
            seconds=round(self._seconds(shard)) if outcome else None,
            done=outcome.kind.value if outcome else "",
        )
        self._record = self._record.put(record)
        self._patience.ask(self._to.records.save_step, self._run, self._record)

    def _seconds(self, shard: Shard) -> float:
        """From the task's creation to its end, by ECS's own times."""
        stopped = shard.seen.get("executionStoppedAt") or shard.seen.get("stoppedAt")
        return (stopped.timestamp() if stopped else self._to.clock.now()) - self._started_at(shard)

    def _token(self, shard: Shard) -> str:
        return token(self._run.identity(self._to.records.prefix), self._step.name, shard.index, shard.attempt)

    def _arn(self, task_id: str) -> str:
        if not task_id:
            return ""
        head, _, cluster = self._place.cluster.rpartition(":cluster/")
        return f"{head}:task/{cluster}/{task_id}"

    # -- what people see

    def _label(self, shard: Shard) -> str:
        return self._step.name if self._step.shards == 1 else f"{self._step.name}[{shard.index}]"

    def _say(self, text: str, shard: Shard | None = None) -> None:
        self._to.log(f"{self._label(shard) if shard else self._step.name}: {text}", False)

    def _show_progress(self) -> None:
        now = self._to.clock.now()
        if now - self._progress_at < PROGRESS_SECONDS:
            return
        self._progress_at = now
        states = ", ".join(self._states()) or "starting"
        self._to.log(f"{self._title}, {short_time(now - self._begun)}: {states}", True)

    def _states(self) -> Iterator[str]:
        if self._step.shards == 1:
            yield str(self._shards[0].seen.get("lastStatus", "starting")).lower()
            return
        done = sum(shard.outcome is not None for shard in self._shards)
        yield f"{done} of {self._step.shards} shards done"


def _cancelled_by_us(task: Mapping[str, Any]) -> bool:
    return str(task.get("stoppedReason") or "").startswith(CANCELLED)

"""Runs one step: its shards in parallel, each as a task, until all have ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from botocore.exceptions import BotoCoreError, ClientError

from sluice.aws.observation import older_task, whole_end
from sluice.aws.patience import Patience, Unknown
from sluice.aws.tasks import EcsTasks, Place
from sluice.diagnosis.explain import step_failure
from sluice.diagnosis.log_place import LogPlace
from sluice.diagnosis.step_timeout import Server, ended_alone, ports, server, timed_out
from sluice.diagnosis.verdict import Kind, Outcome, StepFailed, forgotten, verdict
from sluice.duration import short_time
from sluice.errors import GateError
from sluice.inputs.step import Step
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.ownership import Ownership
from sluice.migration.records.record import RunRecord, StepRecord
from sluice.migration.step.shard import Shard, poll_seconds, read_seconds
from sluice.migration.step.shard_log import SHOWN_LINES, ShardLogs, printed
from sluice.migration.step.shard_start import ShardStart
from sluice.migration.step.shard_stop import ShardStop, cancelled_by_us
from sluice.migration.step.step_attempts import Attempts
from sluice.migration.step.step_screen import PROGRESS_SECONDS, Screen

MISSING_SECONDS = 120.0
"""Seconds for which a task may be missing from DescribeTasks before it counts as lost (ECS is eventually
consistent)."""
SUSPENDED_SECONDS = 10.0
"""Extra seconds of a polling round that show that the process was suspended."""


class StepRun:
    """One step of one run.

    Args:
        place: cluster and network of its tasks.
        essential: names of the task definition's essential containers.
        log_place: log group and stream of the step's container; None when it cannot be read.
        until: the deploy's deadline in seconds since the epoch; it also ends a step whose own timeout is later.
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
        self._clock = deployer.clock
        self._step = step
        self._place = place
        self._essential = essential
        self._log_place = log_place
        self._begun = deployer.clock.now()
        self._tasks = EcsTasks(deployer.ecs, place.cluster)
        self._patience = Patience(deployer.clock, f"watching migration step '{step.name}'")
        self._owner = Ownership(deployer.records, deployer.clock, run)
        self._screen = Screen(deployer, step, title)
        self._attempts = Attempts(deployer, run, step, place, self._patience)
        self._starts = ShardStart(deployer, run, step, place, self._patience, self._attempts, self._screen)
        self._stops = ShardStop(deployer, step, place, self._patience, self._attempts, self._screen, until)
        self._logs = ShardLogs(deployer.logs, deployer.clock, log_place, self._screen.say, self._screen.line)
        self._shards = self._attempts.resumed()

    def run(self) -> StepRecord:
        """Run every shard until it ends. Raises StepFailed, Interrupted, Superseded or Unknown."""
        clock = self._clock
        self._starts.find_intended(self._shards)
        try:
            while pending := [shard for shard in self._shards if shard.outcome is None]:
                self._stops.heed_interruption(self._shards)
                for shard in pending:
                    if not shard.task and self._stops.out_of_time():
                        self._starts.too_late(shard)
                    elif not shard.task and clock.now() >= shard.not_before:
                        self._starts.start(shard)
                looked = clock.now()
                self._poll(pending)
                self._stops.expire(pending)
                due = self._pause([shard for shard in pending if shard.outcome is None])
                if clock.now() - max(due, looked) > SUSPENDED_SECONDS:
                    self._owner.check()  # the process was suspended, or AWS slow: another deployer may have taken over
        except Unknown:
            self._stops.heed_interruption(self._shards)  # after Ctrl-C during an outage, stop the tasks if possible
            raise
        self._raise_failure([shard for shard in self._shards if shard.outcome and not shard.outcome.succeeded])
        return self._attempts.record

    def _pause(self, shards: Sequence[Shard]) -> float:
        """Wait until a poll, a start or a timeout is due, updating the progress; return the time when it was due."""
        clock = self._clock
        self._screen.progress(self._shards)
        now = clock.now()
        if not shards:
            return now
        due = now + min(poll_seconds(now - max(shard.changed_at, self._begun)) for shard in shards)
        starts = [shard.not_before for shard in shards if not shard.task and shard.not_before > now]
        due = min([due, *starts, *(end for end in self._stops.ends(shards) if end > now)])
        while not clock.halted() and (left := due - clock.now()) > 0:
            clock.wait(max(min(left, PROGRESS_SECONDS), 0.01))
            self._screen.progress(self._shards)
        return due

    # Polling

    def _poll(self, shards: Sequence[Shard]) -> None:
        watched = [shard for shard in shards if shard.task and shard.outcome is None]
        if not watched:
            return
        found = self._patience.ask(self._tasks.describe, [shard.task for shard in watched])
        now = self._clock.now()
        for shard in watched:
            task = found.get(shard.task)
            if task is None:
                if now - max(shard.asked_at, shard.last_seen, self._begun) > MISSING_SECONDS:
                    shard.outcome = forgotten(shard.task)
                    self._attempts.put(shard, shard.outcome)
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
                continue  # the description is incomplete and may be complete in a moment
            if outcome.kind is Kind.RUNNING:
                starting = task.get("lastStatus") in ("PROVISIONING", "PENDING")  # no stream yet
                if not starting and now - shard.read_at >= read_seconds(now - shard.changed_at):
                    self._logs.read(shard, to_the_end=False)
                continue
            if shard.adopted and not outcome.succeeded and (first_sight or cancelled_by_us(task)):
                self._begin_again(shard, outcome)
            else:
                self._ended(shard, outcome)

    # Results

    def _begin_again(self, shard: Shard, outcome: Outcome) -> None:
        """Start again after a failed task of an earlier deployer: this update is the retry."""
        self._attempts.put(shard, outcome)
        task = shard.task.rpartition("/")[2]
        self._screen.say(f"task {task} of an earlier deployer ended: {outcome.title}", shard)
        shard.task, shard.adopted = "", False

    def _ended(self, shard: Shard, outcome: Outcome) -> None:
        """Record the outcome at once, before the log is read to its end, which can be denied, throttled or long.

        Late lines are awaited when every shard has ended.
        """
        if shard.stopping and ended_alone(shard.seen):
            shard.stopping = ""
            self._screen.say("it had ended by itself before it was stopped", shard)
        elif shard.stopping:
            outcome = timed_out(outcome, shard.stopping)
        if outcome.kind is Kind.NOT_STARTED:
            self._logs.drain(shard)
            self._starts.not_started(shard, outcome)
            return
        shard.outcome = outcome
        self._attempts.put(shard, outcome)
        self._logs.drain(shard)
        if shard.stopping:
            self._screen.say("stopped", shard)
            return
        printed_lines = (
            f", {shard.tail.count} lines" if outcome.succeeded and shard.tail and shard.shown > SHOWN_LINES else ""
        )
        self._screen.say(f"{outcome.title} after {short_time(self._attempts.seconds(shard))}{printed_lines}", shard)

    def _raise_failure(self, failed: Sequence[Shard]) -> None:
        """Raise StepFailed with the cause of every failed shard, if one failed."""
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
                self._screen.say(printed(shard), shard)
            last = list(shard.tail.last) if shard.tail else []
            ran = self._server(shard) if shard.stopping or outcome.kind is Kind.INTERRUPTED else None
            texts.append(step_failure(self._step, shard.index, outcome, last, self._log_place, shard.task, ran))
        raise StepFailed("\n".join(texts), outcomes)

    def _server(self, shard: Shard) -> Server | None:
        """Return the web server that its task ran in place of the step's command, if its log shows one."""
        log_lines = [*shard.tail.first, *shard.tail.last] if shard.tail else []
        return server(self._step, log_lines, self._service_ports()) if log_lines else None

    def _service_ports(self) -> frozenset[int]:
        """Return the ports of the service's containers; empty when its revision is unknown or cannot be read."""
        if not self._place.service:
            return frozenset()
        try:
            return ports(self._patience.ask(self._tasks.definition, self._place.service))
        except (GateError, BotoCoreError, ClientError) as error:
            self._screen.say(f"warning: the service's ports could not be read: {error}")
            return frozenset()

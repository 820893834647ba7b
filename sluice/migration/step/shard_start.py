"""Starts the tasks of a step's shards, with retries where they can help.

IAM: as for sluice.aws.tasks, sluice.migration.records.ownership and sluice.migration.records.records.
"""

from __future__ import annotations

from collections.abc import Sequence

from sluice.aws.observation import Confirmation
from sluice.aws.patience import Patience
from sluice.aws.tasks import EcsTasks, Place
from sluice.diagnosis.redaction.presentable import command_line
from sluice.diagnosis.verdict import Kind, Outcome, retryable
from sluice.duration import short_time
from sluice.inputs.step import Step
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.ownership import Ownership
from sluice.migration.records.record import RunRecord
from sluice.migration.step.owned_start import OwnedStart
from sluice.migration.step.shard import Shard, backoff_seconds
from sluice.migration.step.step_attempts import Attempts
from sluice.migration.step.step_screen import Screen

START_SECONDS = 300.0
"""Seconds for which a start is retried after a transient failure: no capacity, a new role that is not known
everywhere."""
LONGEST_PAUSE_SECONDS = 30.0
"""Seconds between two starts."""


class ShardStart:
    """Starts the tasks of one step of one run."""

    def __init__(
        self,
        to: Deployer,
        run: RunRecord,
        step: Step,
        place: Place,
        patience: Patience,
        attempts: Attempts,
        screen: Screen,
    ) -> None:
        self._to = to
        self._step = step
        self._place = place
        self._patience = patience
        self._attempts = attempts
        self._screen = screen
        self._tasks = EcsTasks(to.ecs, place.cluster)
        owner = Ownership(to.records, to.clock, run)
        self._starter = OwnedStart(self._tasks, owner, run, patience, to.clock, screen.say)

    def find_intended(self, shards: Sequence[Shard]) -> None:
        """Check whether an attempt that is recorded without a task was started. Raises Unknown."""
        for shard in shards:
            if not self._attempts.intended(shard):
                continue
            found = self._patience.ask(self._tasks.find, self._attempts.token(shard), self._place.task_definition)
            if found:
                shard.task, shard.adopted = found, True
                self._attempts.put(shard)
            else:
                shard.attempt -= 1  # the same attempt is requested again with the same token
        adopted = [shard.task.rpartition("/")[2] for shard in shards if shard.task and shard.outcome is None]
        if adopted:
            self._screen.say(f"continuing with the task of an earlier deployer: {', '.join(adopted)}")

    def start(self, shard: Shard) -> None:
        """Start one attempt. Raises Superseded and Unknown."""
        shard.attempt += 1
        shard.starts += 1
        self._attempts.put(shard)  # the intent is recorded before the call, so that the next deployer finds the task
        if self._to.clock.halted():
            return
        environment = dict(self._step.environment)
        if self._step.shards > 1:
            environment |= {"SHARD_INDEX": str(shard.index), "SHARD_COUNT": str(self._step.shards)}
        token = self._attempts.token(shard)
        started = self._starter.start(self._place, self._step.command, environment, token)
        if isinstance(started, Outcome):
            self.not_started(shard, started)
            return
        shard.task, shard.seen, shard.tail, shard.shown, shard.doubt = started, {}, None, 0, Confirmation()
        shard.asked_at = shard.changed_at = self._to.clock.now()
        self._attempts.put(shard)
        self._screen.say(f"task {started.rpartition('/')[2]} started: {command_line(self._step.command)}", shard)

    def not_started(self, shard: Shard, outcome: Outcome) -> None:
        """Schedule another attempt after a pause where it can help; else keep the outcome."""
        self._attempts.put(shard, outcome)
        now = self._to.clock.now()
        if outcome.passing and not shard.refused_at:
            shard.refused_at = now
        if not self._tries_again(shard, outcome, now):
            shard.outcome = outcome
            return
        pause = min(backoff_seconds(shard.starts, self._to.chance()), LONGEST_PAUSE_SECONDS)
        shard.task, shard.not_before = "", now + pause
        tried = f"{shard.starts} of {self._step.attempts}"
        if outcome.passing:
            tried = f"for up to {short_time(START_SECONDS - (now - shard.refused_at))} more"
        self._screen.say(f"{outcome.title}; retry in {pause:.0f} s ({tried})", shard)

    def _tries_again(self, shard: Shard, outcome: Outcome, now: float) -> bool:
        if not retryable(outcome) or self._step.attempts == 1:
            return False
        if outcome.passing:
            return now - shard.refused_at < START_SECONDS
        return shard.starts < self._step.attempts

    def too_late(self, shard: Shard) -> None:
        """Fail the shard at the deploy's deadline: a migration must not start only to be interrupted."""
        tried = f"; {shard.starts} start{'' if shard.starts == 1 else 's'} had failed" if shard.starts else ""
        shard.outcome = Outcome(
            Kind.NOT_STARTED,
            f"the deadline of all steps together had passed: not started{tried}",
            cause="the snapshot and the earlier steps used all of the time",
            remedy="run `pulumi up`, which runs the steps again; raise migrationDeadline if they need more time",
        )
        self._screen.say(shard.outcome.title, shard)

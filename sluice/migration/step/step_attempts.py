"""Records the attempts of a step's shards, so that the next deployer finds their tasks.

IAM: as for sluice.migration.records.records and sluice.aws.tasks.
"""

from __future__ import annotations

from sluice.aws.patience import Patience
from sluice.aws.tasks import Place, token
from sluice.diagnosis.verdict import Kind, Outcome
from sluice.inputs.step import Step
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.record import RunRecord, StepRecord, TaskRecord
from sluice.migration.step.shard import Shard


class Attempts:
    """The attempts of one step of one run.

    Attributes:
        record: the step's record, as last written.
    """

    def __init__(self, to: Deployer, run: RunRecord, step: Step, place: Place, patience: Patience) -> None:
        self._to = to
        self._run = run
        self._step = step
        self._place = place
        self._patience = patience
        self._begun = to.clock.now()
        self.record = run.steps_done.get(step.name, StepRecord(step.name))

    def resumed(self) -> list[Shard]:
        """Return every shard in its recorded state."""
        return [self._resumed(index) for index in range(self._step.shards)]

    def _resumed(self, index: int) -> Shard:
        known = self.record.latest(index)
        if known is None:
            return Shard(index)
        shard = Shard(index, attempt=known.attempt, task=self._arn(known.task), adopted=bool(known.task))
        if known.done == Kind.SUCCEEDED.value:
            shard.outcome = Outcome(Kind.SUCCEEDED, "exit code 0", exit_code=0)
        elif known.done:
            shard.task = ""  # that attempt is over; the next one is a new task
        return shard

    def intended(self, shard: Shard) -> bool:
        """Return whether the shard's latest attempt is recorded without a task: its deployer died during RunTask."""
        known = self.record.latest(shard.index)
        return shard.outcome is None and not shard.task and known is not None and not known.done

    def put(self, shard: Shard, outcome: Outcome | None = None) -> None:
        """Record the state of the shard's attempt, and its outcome if it has ended. Raises Unknown."""
        record = TaskRecord(
            shard=shard.index,
            attempt=shard.attempt,
            task=shard.task.rpartition("/")[2],
            exit=outcome.exit_code if outcome else None,
            seconds=round(self.seconds(shard)) if outcome else None,
            done=outcome.kind.value if outcome else "",
        )
        self.record = self.record.put(record)
        self._patience.ask(self._to.records.save_step, self._run, self.record)

    def started_at(self, shard: Shard) -> float:
        """Return when the shard's task was created, seconds since the epoch; when requested until ECS shows that."""
        created = shard.seen.get("createdAt")
        return float(created.timestamp()) if created is not None else max(shard.asked_at, self._begun)

    def seconds(self, shard: Shard) -> float:
        """Return the seconds between the task's creation and its end, by ECS's times."""
        stopped = shard.seen.get("executionStoppedAt") or shard.seen.get("stoppedAt")
        return (stopped.timestamp() if stopped else self._to.clock.now()) - self.started_at(shard)

    def token(self, shard: Shard) -> str:
        """Return ECS's token of the shard's attempt."""
        return token(self._run.identity(self._to.records.prefix), self._step.name, shard.index, shard.attempt)

    def _arn(self, task_id: str) -> str:
        if not task_id:
            return ""
        head, _, cluster = self._place.cluster.rpartition(":cluster/")
        return f"{head}:task/{cluster}/{task_id}"

"""What people see of a step while it runs: remarks, the lines of its log, and its progress."""

from __future__ import annotations

from collections.abc import Sequence

from sluice.duration import short_time
from sluice.inputs.step import Step
from sluice.migration.records.deployer import Deployer
from sluice.migration.step.shard import Shard

PROGRESS_SECONDS = 1.0
"""The progress is shown at most so often."""


class Screen:
    """Of one step.

    Args:
        title: the step's place among the others, for the progress.
    """

    def __init__(self, to: Deployer, step: Step, title: str) -> None:
        self._to = to
        self._step = step
        self._title = title
        self._begun = to.clock.now()
        self._progress_at = 0.0

    def say(self, text: str, shard: Shard | None = None) -> None:
        """A remark about the step, or about one of its shards."""
        self._to.log(f"{self._label(shard) if shard else self._step.name}: {text}", False)

    def line(self, line: str, shard: Shard) -> None:
        """A line of a shard's log."""
        self._to.log(f"{self._label(shard)} | {line}", False)

    def progress(self, shards: Sequence[Shard]) -> None:
        """Return how far the step is, when it is time to say so again."""
        now = self._to.clock.now()
        if now - self._progress_at < PROGRESS_SECONDS:
            return
        self._progress_at = now
        self._to.log(f"{self._title}, {short_time(now - self._begun)}: {self._state(shards)}", True)

    def _label(self, shard: Shard) -> str:
        return self._step.name if self._step.shards == 1 else f"{self._step.name}[{shard.index}]"

    def _state(self, shards: Sequence[Shard]) -> str:
        if self._step.shards == 1:
            return str(shards[0].seen.get("lastStatus", "starting")).lower()
        done = sum(shard.outcome is not None for shard in shards)
        return f"{done} of {self._step.shards} shards done"

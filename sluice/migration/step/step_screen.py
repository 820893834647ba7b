"""The output of a running step: remarks, log lines and progress."""

from __future__ import annotations

from collections.abc import Sequence

from sluice.duration import short_time
from sluice.inputs.step import Step
from sluice.migration.records.deployer import Deployer
from sluice.migration.step.shard import Shard

PROGRESS_SECONDS = 1.0
"""Least seconds between two progress lines."""


class Screen:
    """The output of one step.

    Args:
        title: the step's position among the others, for the progress.
    """

    def __init__(self, to: Deployer, step: Step, title: str) -> None:
        self._to = to
        self._step = step
        self._title = title
        self._begun = to.clock.now()
        self._progress_at = 0.0

    def say(self, text: str, shard: Shard | None = None) -> None:
        """Print a remark about the step, or about one of its shards."""
        self._to.log(f"{self._label(shard) if shard else self._step.name}: {text}", False)

    def line(self, line: str, shard: Shard) -> None:
        """Print a line of a shard's log."""
        self._to.log(f"{self._label(shard)} | {line}", False)

    def progress(self, shards: Sequence[Shard]) -> None:
        """Print the step's progress, if the last progress line is old enough."""
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

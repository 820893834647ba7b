"""Run records in SSM Parameter Store: one parameter per run, ``PREFIX/N``, and one per step below it.

IAM: as for sluice.aws.parameters.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sluice.aws.parameters import BATCH, Parameters
from sluice.migration.records.record import RunRecord, StepRecord

KEPT = 50


class Records:
    """The runs of one stack, below *prefix* (``/sluice/PROJECT/STACK/runs``)."""

    def __init__(self, ssm: Any, prefix: str) -> None:
        self._parameters = Parameters(ssm)
        self.prefix = prefix.rstrip("/")

    def name(self, number: int) -> str:
        return f"{self.prefix}/{number}"

    def all(self) -> list[RunRecord]:
        """Return every run, oldest first; open ones with their steps."""
        runs = [
            RunRecord.from_json(_number(name), value)
            for name, value in self._parameters.below(self.prefix)
            if name.rpartition("/")[2].isdigit()
        ]
        return [self.with_steps(run) if run.open else run for run in sorted(runs, key=lambda run: run.number)]

    def get(self, number: int) -> RunRecord | None:
        """Return one run without its steps; None without a record. Raises StaleAnswer when a newer version is known."""
        value = self._parameters.get(self.name(number))
        return None if value is None else RunRecord.from_json(number, value)

    def since(self, number: int) -> list[RunRecord]:
        """Return run *number*, if it is still kept, and all later ones, oldest first, without their steps.

        Usually one request.
        """
        found: list[RunRecord] = []
        while True:
            values = self._parameters.several([self.name(one) for one in range(number, number + BATCH)])
            found += [RunRecord.from_json(_number(name), value) for name, value in values.items()]
            if self.name(number + BATCH - 1) not in values:
                return sorted(found, key=lambda run: run.number)
            number += BATCH

    def with_steps(self, run: RunRecord) -> RunRecord:
        steps = [StepRecord.from_json(value) for _, value in self._parameters.below(self.name(run.number))]
        return replace(run, steps_done={step.name: step for step in steps})

    def create(self, run: RunRecord) -> bool:
        """Create the record, which is the lock. Return False when the number is taken."""
        return self._parameters.create(self.name(run.number), run.to_json())

    def save(self, run: RunRecord) -> None:
        """Overwrite a run's record; only its owner may."""
        self._parameters.put(self.name(run.number), run.to_json())

    def save_step(self, run: RunRecord, step: StepRecord) -> None:
        self._parameters.put(f"{self.name(run.number)}/{step.name}", step.to_json())

    def prune(self, newest: int, keep: int = KEPT) -> None:
        """Delete all but the newest *keep* runs; *newest* is the number of the last one."""
        if newest <= keep:
            return
        names = [name for name, _ in self._parameters.below(self.prefix) if name.rpartition("/")[2].isdigit()]
        names.sort(key=_number)
        for name in names[: max(0, len(names) - keep)]:
            self._parameters.delete([*(step for step, _ in self._parameters.below(name)), name])

    def delete_all(self) -> None:
        self._parameters.delete([name for name, _ in self._parameters.below(self.prefix, recursive=True)])


def _number(name: str) -> int:
    return int(name.rpartition("/")[2])

"""Run records in SSM Parameter Store.

Every version of a parameter has a number that counts up, so an answer that is older than what this deployer has seen or
written is recognised (Parameter Store is a distributed system) and asked for again. Source: SSM PutParameter, Version.

IAM: ssm:GetParametersByPath, ssm:GetParameters, ssm:GetParameter, ssm:PutParameter, ssm:DeleteParameters on
``arn:aws:ssm:REGION:ACCOUNT:parameter/sluice/PROJECT/STACK/*``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError

from gate.answers import StaleAnswer
from gate.record import RunRecord, StepRecord

KEPT = 50
BATCH = 10
"""GetParameters and DeleteParameters take ten names."""


class Records:
    """The runs of one stack, below *prefix* (``/sluice/PROJECT/STACK/runs``)."""

    def __init__(self, ssm: Any, prefix: str) -> None:
        self._ssm = ssm
        self.prefix = prefix.rstrip("/")
        self._versions: dict[str, int] = {}

    def name(self, number: int) -> str:
        return f"{self.prefix}/{number}"

    def all(self) -> list[RunRecord]:
        """Every run, oldest first; open ones with their steps."""
        runs = [
            RunRecord.from_json(int(name.rpartition("/")[2]), value)
            for name, value in self._below(self.prefix)
            if name.rpartition("/")[2].isdigit()
        ]
        return [self.with_steps(run) if run.open else run for run in sorted(runs, key=lambda run: run.number)]

    def get(self, number: int) -> RunRecord | None:
        """One run without its steps; None when there is none. Raises StaleAnswer when a newer version is known."""
        name = self.name(number)
        known = self._versions.get(name, 0)
        try:
            parameter = self._ssm.get_parameter(Name=name)["Parameter"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ParameterNotFound":
                raise
            if known:
                raise StaleAnswer(
                    operation="GetParameter", lacking=f"{name} is not there, which was written"
                ) from error
            return None
        version = int(parameter.get("Version", known))
        if version < known:
            raise StaleAnswer(operation="GetParameter", lacking=f"version {version} of {name}, after version {known}")
        self._versions[name] = version
        return RunRecord.from_json(number, parameter["Value"])

    def since(self, number: int) -> list[RunRecord]:
        """The run *number*, where it is still kept, and those that began after it, oldest first, without their steps.

        A request for ten, so that asking costs the same whatever is kept.
        """
        found: list[RunRecord] = []
        while True:
            batch = self._numbered(range(number, number + BATCH))
            found += batch
            if not batch or batch[-1].number < number + BATCH - 1:
                return found
            number += BATCH

    def _numbered(self, numbers: range) -> list[RunRecord]:
        answer = self._ssm.get_parameters(Names=[self.name(number) for number in numbers])
        runs = [RunRecord.from_json(int(one["Name"].rpartition("/")[2]), one["Value"]) for one in answer["Parameters"]]
        return sorted(runs, key=lambda run: run.number)

    def with_steps(self, run: RunRecord) -> RunRecord:
        steps = [StepRecord.from_json(value) for _, value in self._below(self.name(run.number))]
        return replace(run, steps_done={step.name: step for step in steps})

    def create(self, run: RunRecord) -> bool:
        """Takes the run's number: the lock. False when somebody else has it."""
        try:
            self._put(self.name(run.number), run.to_json(), overwrite=False)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ParameterAlreadyExists":
                return False
            raise
        return True

    def save(self, run: RunRecord) -> None:
        """Rewrites a run; only its creator or adopter may."""
        self._put(self.name(run.number), run.to_json(), overwrite=True)

    def save_step(self, run: RunRecord, step: StepRecord) -> None:
        self._put(f"{self.name(run.number)}/{step.name}", step.to_json(), overwrite=True)

    def prune(self, newest: int, keep: int = KEPT) -> None:
        """Deletes all but the newest *keep* runs; *newest* is the number of the last one. Looks only where there may be
        more."""
        if newest <= keep:
            return
        names = [name for name, _ in self._below(self.prefix) if name.rpartition("/")[2].isdigit()]
        names.sort(key=lambda name: int(name.rpartition("/")[2]))
        for name in names[: max(0, len(names) - keep)]:
            self._delete([step for step, _ in self._below(name)] + [name])

    def delete_all(self) -> None:
        self._delete([name for name, _ in self._below(self.prefix, recursive=True)])

    def _put(self, name: str, value: str, overwrite: bool) -> None:
        answer = self._ssm.put_parameter(Name=name, Value=value, Type="String", Tier="Standard", Overwrite=overwrite)
        self._versions[name] = int(answer.get("Version", 0))

    def _below(self, path: str, recursive: bool = False) -> Iterator[tuple[str, str]]:
        pages = self._ssm.get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=recursive)
        for page in pages:
            for parameter in page["Parameters"]:
                yield parameter["Name"], parameter["Value"]

    def _delete(self, names: list[str]) -> None:
        for start in range(0, len(names), BATCH):
            self._ssm.delete_parameters(Names=names[start : start + BATCH])
        for name in names:
            self._versions.pop(name, None)

"""What a rollout writes down while it goes on, and what it reads of the one before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from botocore.exceptions import BotoCoreError, ClientError

from gate.errors import GateError
from gate.judge import Version
from gate.patience import Patience
from gate.release_record import ReleaseRecords, UnderWay


class Journal:
    """The records of one rollout, of *digest* (``repository@sha256:…``) as *task_definition*. Without *records* nothing
    is written, and nothing is known of before."""

    def __init__(
        self,
        records: ReleaseRecords | None,
        patience: Patience,
        log: Callable[[str, bool], None],
        digest: str,
        task_definition: str,
    ) -> None:
        self._records = records
        self._patience = patience
        self._log = log
        self._under_way = UnderWay(digest, task_definition, "", 0)
        self._begun = False

    def previous(self, found: Version, remembered: str) -> Version:
        """What to go back to: what ECS lists as served (*found*), else what was written down or the engine remembers.

        A deployer that was killed may have left a deployment that completed but was never proven: that is nothing to
        go back to, what served before it is.
        """
        wanted = self._under_way.task_definition
        left = self._patience.ask(self._records.under_way) if self._records else None
        unproven = found.task_definition or wanted
        if left and left.task_definition == unproven and left.previous not in ("", wanted):
            return Version(left.previous)
        return found or Version(remembered if remembered != wanted else "")

    def adopted(self) -> None:
        """The deployment is there already: its verdict closes whatever record its deployer left."""
        self._begun = True

    def begin(self, previous: Version, at: int) -> None:
        """Before UpdateService: a record that cannot be written is an error, and nothing has been changed yet."""
        self._under_way = replace(self._under_way, previous=previous.task_definition, at=at)
        if self._records is not None:
            self._patience.ask(self._records.begin, self._under_way)
        self._begun = True

    def started(self, deployment: str) -> None:
        under_way = replace(self._under_way, deployment=deployment)
        self._write("the deployment's id", lambda records: records.begin(under_way))

    def proven(self, deployment: str, at: int) -> None:
        """The release goes into the stack's history."""
        ours = self._under_way
        self._write("the release", lambda records: records.add(ours.digest, ours.task_definition, at, deployment))
        self.close()

    def close(self) -> None:
        """There is a verdict. A rollout that did not get as far as UpdateService leaves another's record alone."""
        if self._begun:
            self._write("the end of the rollout", lambda records: records.end())

    def _write(self, what: str, write: Callable[[ReleaseRecords], object]) -> None:
        """What is done already is neither undone nor hidden by a record that cannot be written."""
        if self._records is None:
            return
        try:
            self._patience.ask(write, self._records)
        except (GateError, BotoCoreError, ClientError) as error:
            self._log(f"warning: {what} could not be written down: {error}", False)

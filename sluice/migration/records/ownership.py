"""A deployer's ownership of its run, checked before every call that starts something.

`pulumi cancel` releases the stack's lock, but does not end the process that held it, which may be paused or slow and
continue later. Therefore every deployer writes its nonce into its run's record. A deployer that takes the run over
writes its own nonce first, then searches for tasks; the former owner first records what it is about to start, then
reads the record. So at least one of the two sees the other (Dekker's algorithm). The new owner also waits until a call
in transit has arrived (sluice.migration.previous_runs.SETTLE_SECONDS), so the two never both start a task.

IAM: ssm:GetParameter on the records.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sluice.aws.patience import Patience
from sluice.clock import Clock
from sluice.errors import Superseded
from sluice.migration.records.plan import still_owns
from sluice.migration.records.record import RunRecord
from sluice.migration.records.records import Records

FRESH_SECONDS = 5.0
"""Seconds after which an answer is outdated, because the process was suspended while it waited: it is read again."""
FRESH_TRIES = 4


class Ownership:
    """The ownership of one run.

    Args:
        run: as this deployer last wrote it.
    """

    def __init__(self, records: Records, clock: Clock, run: RunRecord) -> None:
        self._records = records
        self._run = run
        self._patience = Patience(clock, f"checking the ownership of run {run.number}")

    def check(self) -> None:
        """Check that this deployer owns the run.

        Raises:
            Superseded: another deployer took it over.
            Unknown: AWS did not answer.
        """
        for _ in range(FRESH_TRIES):
            asked = self._patience.now()
            found = self.taken_over()
            if found is not None:
                raise Superseded(taken_over(self._run, found))
            if self._patience.now() - asked <= FRESH_SECONDS:
                return

    def taken_over(self) -> RunRecord | None:
        """Return the record of another owner; None while this deployer owns it. A deleted record counts as closed."""
        found = self._patience.ask(self._records.get, self._run.number)
        if still_owns(self._run, found):
            return None
        return found or RunRecord(
            self._run.number, self._run.by, self._run.fingerprint, self._run.image, "somebody who deleted it", 0,
            state="closed",
        )  # fmt: skip


def taken_over(mine: RunRecord, found: RunRecord) -> str:
    """Return the error text of a deployer whose run was taken over. Pure."""
    at = datetime.fromtimestamp(found.finished or mine.started, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    how = f"closed it at {at}"
    if found.open:
        how = "is closing it" if found.idle else "continues it"
    return (
        f"run {mine.number}, started by {mine.author}, was taken over: {found.author} {how}. "
        "This deployer starts, moves and records nothing more.\n"
        "  cause: the stack's lock was released (`pulumi cancel`), or this deployer was slow and taken for dead\n"
        "  fix:   check the other run (`sluice status`, `sluice history`); when it has ended, run `pulumi up`"
    )

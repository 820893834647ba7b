"""A deployer's hold on its run: looked at again before every call that starts something.

`pulumi cancel` frees a stack, not the process that held it: that one may be paused or merely slow, and go on. So every
deployer writes its nonce into the record of its run. Whoever takes the run over, to go on with it or to close it,
writes its own nonce there first and looks for tasks afterwards; the former owner writes down what it is about to start
and looks at the record afterwards. So at least one of the two sees the other (Dekker's algorithm), and since the
newcomer waits until a call that was on its way has arrived (sluice.migration.previous_runs.SETTLE_SECONDS), never two
start a task.

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
"""An answer that took longer (a process that was suspended while it waited) says nothing about now: asked again."""
FRESH_TRIES = 4


class Ownership:
    """Of one run, as *run* says."""

    def __init__(self, records: Records, clock: Clock, run: RunRecord) -> None:
        self._records = records
        self._run = run
        self._patience = Patience(clock, f"making sure that run {run.number} is still this deployer's")

    def check(self) -> None:
        """Return while the run is this deployer's. Raises Superseded, or Unknown when that cannot be found out."""
        for _ in range(FRESH_TRIES):
            asked = self._patience.now()
            found = self.taken_over()
            if found is not None:
                raise Superseded(taken_over(self._run, found))
            if self._patience.now() - asked <= FRESH_SECONDS:
                return

    def taken_over(self) -> RunRecord | None:
        """The record as somebody else left it; None while it is this deployer's. One that is gone counts as closed."""
        found = self._patience.ask(self._records.get, self._run.number)
        if still_owns(self._run, found):
            return None
        return found or RunRecord(
            self._run.number, self._run.by, self._run.fingerprint, self._run.image, "somebody who deleted it", 0,
            state="closed",
        )  # fmt: skip


def taken_over(mine: RunRecord, found: RunRecord) -> str:
    """Return who took a run over, for the deployer that lost it. Pure."""
    at = datetime.fromtimestamp(found.finished or mine.started, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    how = f"closed it at {at}"
    if found.open:
        how = "is closing it" if found.idle else "continues it"
    return (
        f"run {mine.number}, started by {mine.author}, was taken over: {found.author} {how}. "
        "This deployer starts, moves and records nothing more.\n"
        "  cause: the stack's lock was given up (`pulumi cancel`), or it was taken for dead while it was only slow\n"
        "  fix:   see what the other one does (`sluice status`, `sluice history`); when it has ended, run `pulumi up`"
    )

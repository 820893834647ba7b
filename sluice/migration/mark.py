"""A record of something that was done to a stack without running a task: the next `pulumi up` runs the steps again.

IAM: what sluice.aws.parameters says.
"""

from __future__ import annotations

import secrets

from sluice.aws.patience import Patience
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.record import By, RunRecord
from sluice.migration.run import all_runs, number_taken


def mark(to: Deployer, by: By, message: str, image: str = "") -> RunRecord:
    """Write the record, which is closed from the beginning, and return it.

    Args:
        by: ``force`` or ``lift``.
        image: digest that it is about, where it is about one.

    Raises:
        Interrupted: Ctrl-C.
        Unknown: AWS cannot be asked.
    """
    patience, taken = Patience(to.clock, "writing the record"), set[int]()
    while True:
        runs = patience.ask(all_runs, to, taken)
        now = round(to.clock.now())
        run = RunRecord(
            number=max((one.number for one in runs), default=0) + 1,
            by=by,
            fingerprint="",
            image=image,
            author=to.author,
            started=now,
            phase=by,
            state="succeeded",
            finished=now,
            message=message,
            nonce=secrets.token_hex(4),
            owner=to.owner,
        )
        if patience.ask(to.records.create, run):
            return run
        number_taken(to, taken, run.number)

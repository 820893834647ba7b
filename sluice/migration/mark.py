"""Records an operator's action that ran no task, so that the next `pulumi up` runs the steps again.

IAM: as for sluice.aws.parameters.
"""

from __future__ import annotations

import secrets

from sluice.aws.patience import Patience
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.record import By, RunRecord
from sluice.migration.run import all_runs, number_taken


def mark(to: Deployer, by: By, message: str, image: str = "") -> RunRecord:
    """Write a closed record and return it.

    Args:
        by: ``force`` or ``lift``.
        message: for the history.
        image: digest of the image concerned; empty for none.

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

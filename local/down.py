"""`make down`: the local cloud with all its containers, and the local stack's state. Docker and set-up stay."""

from __future__ import annotations

import os

from local import environment
from local.cloud import emulator
from local.environment import Checkout
from local.stack import Pulumi
from local.toolchain.progress import Progress


def down(place: Checkout, progress: Progress) -> int:
    """Stop the cloud first: what the state speaks of is gone then, and the state with it."""
    try:
        endpoint = environment.endpoint(place)
    except environment.NotStarted:
        endpoint = "http://127.0.0.1:9"  # nothing is asked there: only the state is looked at
    pulumi = Pulumi(place, environment.applied(os.environ, environment.changes(place, os.environ, endpoint)))
    known = pulumi.program.is_file() and place.state.is_dir() and pulumi.exists()
    if known:
        pulumi.unlock(progress)  # refuses while somebody deploys
    progress.start("cloud", "stopping the local cloud")
    stopped = emulator.stop(place.local, environment.account(place.local))
    progress.finish("cloud", "local cloud: stopped" if stopped else "local cloud: was not running")
    if known:
        progress.start("stack", "forgetting the local stack")
        pulumi.forget()
        progress.finish("stack", "local stack: forgotten")
    pulumi.note.unlink(missing_ok=True)
    return 0

"""`make down`: stops the local cloud with its containers, and deletes its stacks' state. Docker and set-up stay."""

from __future__ import annotations

import os

from emulator.cloud import emulator
from local import environment
from local.environment import Checkout
from local.stack import Pulumi
from local.toolchain.progress import SetupProgress


def down(place: Checkout, progress: SetupProgress) -> int:
    """Stop the cloud first: what the state speaks of is gone then, and the state with it."""
    try:
        endpoint = environment.endpoint(place)
    except environment.NotStarted:
        endpoint = "http://127.0.0.1:9"  # nothing is asked there: only the state is looked at
    env = environment.applied(os.environ, environment.changes(place, os.environ, endpoint))
    first = Pulumi(place, env)
    able = first.program.is_file() and place.state.is_dir()
    others = [Pulumi(place, env, stack) for stack in (first.other_stacks() if able else ())]
    known = [*([first] if able and first.exists() else []), *others]
    for pulumi in known:
        pulumi.unlock(progress)  # refuses while somebody deploys
    progress.start("cloud", "stopping the local cloud")
    stopped = emulator.stop(place.local, environment.account(place.local))
    progress.finish("cloud", "local cloud: stopped" if stopped else "local cloud: was not running")
    for pulumi in known:
        progress.start(pulumi.stack, f"forgetting the stack {pulumi.stack}")
        pulumi.forget()
        progress.finish(pulumi.stack, f"{pulumi.stack} stack: forgotten")
    for pulumi in (first, *known):
        pulumi.note.unlink(missing_ok=True)
    return 0

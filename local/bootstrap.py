"""`make bootstrap`: without a stack for the local cloud, which is started; else for the account of the shell."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from emulator.cloud import emulator
from local import environment
from local.environment import STACK, Checkout
from local.terminal import attached
from local.toolchain.progress import SetupProgress
from local.up import port


def prepare(place: Checkout, progress: SetupProgress, stack: str, *, yes: bool) -> int:
    """Prepare the account for a stack's deployments; return the exit code.

    Args:
        stack: empty for the local one.
    """
    env: Mapping[str, str] = os.environ
    if not stack:
        cloud = emulator.start(place.local, port(os.environ), environment.account(place.local))
        progress.say(f"· local cloud at {cloud.endpoint}")
        env = environment.applied(os.environ, environment.changes(place, os.environ, cloud.endpoint))
    path = os.pathsep.join([str(environment.pulumi_bin(place)), env.get("PATH", os.defpath)])
    arguments: list[str | Path] = [place.venv / "bin" / "python", "-m", "bootstrap.run", stack or STACK]
    if yes or not stack:
        arguments.append("--yes")
    return attached(arguments, cwd=place.root, env={**env, "PATH": path})

"""`make up`: start the local cloud, deploy a stack to it with the ordinary `pulumi up`, and ask its URL. `make cloud`:
only start it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from pathlib import Path

from emulator.cloud import emulator
from emulator.cloud.emulator import Cloud
from local import environment
from local.environment import STACK, Checkout
from local.first_answer import first_answer
from local.stack import Pulumi
from local.summary import summary
from local.terminal import attached
from local.toolchain.process import SetupFailed
from local.toolchain.progress import SetupProgress, Timing, table

PARTS = ("set-up", "local cloud", "stack", "pulumi up", "first answer")
"""What the last line tells the seconds of; the parts of set-up have a table of their own."""
SHELL = 'eval "$(make -s env)", then `sluice status`, or `pulumi stack output --json`'


def start(place: Checkout, progress: SetupProgress) -> int:
    """`make cloud`: nothing is deployed. Returns the exit code, 0."""
    started(place, progress)
    progress.say('a shell on it: eval "$(make -s env)"; a stack in it: make up')
    return 0


def started(place: Checkout, progress: SetupProgress) -> tuple[Cloud, Timing]:
    """The local cloud, running. Raises CloudError."""
    progress.start("cloud", "starting the local cloud")
    cloud = emulator.start(place.local, port(os.environ), environment.account(place.local))
    state = "started" if cloud.fresh else "was running"
    if cloud.lost:
        progress.say(f"· the earlier local cloud is gone ({cloud.lost}), and with it what it held")
    seconds = progress.finish("cloud", f"local cloud: {state} at {cloud.endpoint}")
    return cloud, Timing("local cloud", seconds, state)


def up(place: Checkout, progress: SetupProgress, timings: list[Timing], stack: str = STACK) -> int:
    """Deploy a stack; returns Pulumi's exit code when it fails. `timings` are those of set-up.

    Raises SetupFailed when the stack is deployed and its URL does not answer as it should.
    """
    cloud, began = started(place, progress)
    timings = [*timings, began]
    pulumi = Pulumi(
        place, environment.applied(os.environ, environment.changes(place, os.environ, cloud.endpoint)), stack
    )

    at = time.monotonic()
    pulumi.prepare(progress, cloud)
    timings.append(Timing("stack", time.monotonic() - at))
    if code := provide_secrets(place, pulumi):
        return code
    before = pulumi.outputs()
    progress.say(f"· pulumi up --stack {stack}")
    at = time.monotonic()
    # Hundreds of lines for machines, the same at every deploy: `pulumi stack output` has them.
    code = pulumi.live("up", "--stack", stack, "--yes", "--skip-preview", "--suppress-outputs")
    timings.append(Timing("pulumi up", time.monotonic() - at, "" if code == 0 else f"exit code {code}"))
    if code != 0:
        progress.say(f"\n{table([*timings, Timing('total', progress.elapsed())])}")
        return code
    at = time.monotonic()
    outputs = pulumi.outputs()
    answer = first_answer(pulumi, outputs)
    timings.append(Timing("first answer", time.monotonic() - at))
    parts = [timing for timing in timings if timing.part in PARTS]
    more = SHELL + ("" if stack == STACK else f" --stack {stack}")
    report = summary(before, outputs, answer, [*parts, Timing("total", progress.elapsed())], more)
    progress.say("\n" + "\n".join(report))
    return code


def provide_secrets(place: Checkout, pulumi: Pulumi) -> int:
    """Give the local cloud what the stack's app.secrets refer to; return the exit code. On the project's own
    environment, which knows the settings; a stack without secrets does not wait for it."""
    stack = pulumi.stack
    asks = re.search(r"^\s+secrets:", (place.root / f"Pulumi.{stack}.yaml").read_text(), re.MULTILINE)
    if not asks and not (place.root / f".secrets.{stack}.env").exists():
        return 0
    arguments: list[str | Path] = [place.venv / "bin" / "python", "-m", "local.secrets", stack]
    return attached(arguments, cwd=place.root, env=pulumi.env)


def port(base: Mapping[str, str]) -> int | None:
    """The port that SLUICE_PORT asks for; None: any. Raises SetupFailed when it is none."""
    text = base.get("SLUICE_PORT", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise SetupFailed(
            f"SLUICE_PORT is {text!r}, which is no port\n  fix: set it to a number up to 65535, or unset it"
        )
    return int(text)

"""`make up`: start the local cloud, deploy a stack to it with the ordinary `pulumi up`, and ask its URL."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from http.client import responses
from typing import Any
from urllib.parse import urlsplit

from gate import smoke
from local import environment
from local.cloud import emulator
from local.environment import STACK, Checkout
from local.stack import Pulumi
from local.summary import summary
from local.toolchain.process import Failed
from local.toolchain.progress import Progress, Timing, duration, table

ANSWER_SECONDS = 30.0
PARTS = ("set-up", "local cloud", "stack", "pulumi up", "first answer")
"""What the last line tells the seconds of; the parts of set-up have a table of their own."""
SHELL = 'eval "$(make -s env)", then `sluice status`, or `pulumi stack output --json`'


def up(place: Checkout, progress: Progress, timings: list[Timing], stack: str = STACK) -> int:
    """Deploy a stack; returns Pulumi's exit code when it fails. `timings` are those of set-up."""
    progress.start("cloud", "starting the local cloud")
    cloud = emulator.start(place.local, port(os.environ), environment.account(place.local))
    state = "started" if cloud.fresh else "was running"
    if cloud.lost:
        progress.say(f"· the earlier local cloud is gone ({cloud.lost}), and with it what it held")
    seconds = progress.finish("cloud", f"local cloud: {state} at {cloud.endpoint}")
    timings = [*timings, Timing("local cloud", seconds, state)]
    pulumi = Pulumi(
        place, environment.applied(os.environ, environment.changes(place, os.environ, cloud.endpoint)), stack
    )

    began = time.monotonic()
    pulumi.prepare(progress, cloud)
    timings.append(Timing("stack", time.monotonic() - began))
    before = pulumi.outputs()
    progress.say(f"· pulumi up --stack {stack}")
    began = time.monotonic()
    # Hundreds of lines for machines, the same at every deploy: `pulumi stack output` has them.
    code = pulumi.live("up", "--stack", stack, "--yes", "--skip-preview", "--suppress-outputs")
    timings.append(Timing("pulumi up", time.monotonic() - began, "" if code == 0 else f"exit code {code}"))
    if code != 0:
        progress.say(f"\n{table([*timings, Timing('total', progress.elapsed())])}")
        return code
    began = time.monotonic()
    outputs = pulumi.outputs()
    answer = first_answer(pulumi, outputs)
    timings.append(Timing("first answer", time.monotonic() - began))
    parts = [timing for timing in timings if timing.part in PARTS]
    more = SHELL + ("" if stack == STACK else f" --stack {stack}")
    told = summary(before, outputs, answer, [*parts, Timing("total", progress.elapsed())], more)
    progress.say("\n" + "\n".join(told))
    return code


def port(base: Mapping[str, str]) -> int | None:
    """The port that SLUICE_PORT asks for; None: any. Raises Failed when it is none."""
    text = base.get("SLUICE_PORT", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise Failed(f"SLUICE_PORT is {text!r}, which is no port\n  to do: set it to a number up to 65535, or unset it")
    return int(text)


def first_answer(pulumi: Pulumi, outputs: Mapping[str, Any]) -> str:
    """What the output `url` answers. Its name leads nowhere on this machine when it is one of the stack's own:
    the load balancer is asked for it, whose certificate the stack's environment trusts."""
    if not isinstance(outputs.get("url"), str):
        raise Failed(f"the stack has no output `url`\n  to do: see `pulumi stack output --stack {pulumi.stack}`")
    if bundle := pulumi.env.get("SSL_CERT_FILE"):
        os.environ["SSL_CERT_FILE"] = bundle
    return ask(str(outputs["url"]), ANSWER_SECONDS, str(outputs.get("address") or ""))


def ask(url: str, seconds: float, address: str = "") -> str:
    """GET `url` until it answers below 500, and say what it answered. Raises Failed after `seconds`. address: where to
    connect to, in place of the URL's host."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise Failed(f"the output `url` is not an address: {url!r}")
    deadline = time.monotonic() + seconds
    while True:
        answer = smoke.ask(url, 5, address)
        said = f"{answer.status} {responses.get(answer.status, '')}".strip() if answer.status else answer.text
        if 0 < answer.status < 500:
            return said
        if time.monotonic() > deadline:
            raise Failed(
                f"{url} did not answer within {duration(seconds)}: {said}\n  to do: see the service's log group"
            )
        time.sleep(0.2)

"""`make up`: start the local cloud, deploy a stack to it with the ordinary `pulumi up`, and ask its URL."""

from __future__ import annotations

import os
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from urllib.parse import urlsplit

from local import environment
from local.cloud import emulator
from local.environment import STACK, Checkout
from local.stack import Pulumi
from local.toolchain.process import Failed
from local.toolchain.progress import Progress, Timing, duration, table

ANSWER_SECONDS = 30.0


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
    progress.say(f"· pulumi up --stack {stack}")
    began = time.monotonic()
    code = pulumi.live("up", "--stack", stack, "--yes", "--skip-preview")
    timings.append(Timing("pulumi up", time.monotonic() - began, "" if code == 0 else f"exit code {code}"))
    if code == 0:
        began = time.monotonic()
        url = pulumi.url()
        answer = ask(url, ANSWER_SECONDS)
        timings.append(Timing("first answer", time.monotonic() - began, answer))
        progress.say(f"\n{url} answers {answer}")
    timings.append(Timing("total", progress.elapsed()))
    progress.say(f"\n{table(timings)}")
    return code


def port(base: Mapping[str, str]) -> int | None:
    """The port that SLUICE_PORT asks for; None: any. Raises Failed when it is none."""
    text = base.get("SLUICE_PORT", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise Failed(f"SLUICE_PORT is {text!r}, which is no port\n  to do: set it to a number up to 65535, or unset it")
    return int(text)


def ask(url: str, seconds: float) -> str:
    """GET `url` until it answers below 500, and say what it answered. Raises Failed after `seconds`."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise Failed(f"the output `url` is not an address: {url!r}")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # the address is on this machine
    deadline = time.monotonic() + seconds
    while True:
        try:
            with opener.open(url, timeout=5) as answer:
                return f"{answer.status} {answer.reason}"
        except urllib.error.HTTPError as error:
            said = f"{error.code} {error.reason}"
            if error.code < 500:
                return said
        except OSError as error:
            said = str(error)
        if time.monotonic() > deadline:
            raise Failed(
                f"{url} did not answer within {duration(seconds)}: {said}\n  to do: see the service's log group"
            )
        time.sleep(0.2)

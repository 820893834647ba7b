"""`make up`: start the local cloud, deploy the local stack with the ordinary `pulumi up`, and ask its URL."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from local import environment
from local.cloud import emulator
from local.environment import STACK, Checkout
from local.terminal import attached
from local.toolchain.process import Failed
from local.toolchain.progress import Progress, Timing, duration, table

ANSWER_SECONDS = 30.0
PULUMI_SECONDS = 60.0  # for the short commands around `pulumi up`


def up(place: Checkout, progress: Progress, timings: list[Timing]) -> int:
    """Deploy the local stack; returns Pulumi's exit code when it fails. `timings` are those of set-up."""
    port = os.environ.get("SLUICE_PORT")
    if port is not None and not (port.isdigit() and 0 < int(port) < 65536):
        raise Failed(f"SLUICE_PORT is {port!r}\n  to do: set it to a port number, or unset it")
    progress.start("cloud", "starting the local cloud")
    cloud = emulator.start(place.local, int(port) if port else None, environment.account(place.local))
    state = "started" if cloud.fresh else "was running"
    seconds = progress.finish("cloud", f"local cloud: {state} at {cloud.endpoint}")
    timings = [*timings, Timing("local cloud", seconds, state)]
    pulumi = Pulumi(place, environment.applied(os.environ, environment.changes(place, os.environ, cloud.endpoint)))

    began = time.monotonic()
    pulumi.prepare(progress, lost=cloud.fresh)
    timings.append(Timing("stack", time.monotonic() - began))
    progress.say(f"· pulumi up --stack {STACK}")
    began = time.monotonic()
    code = pulumi.live("up", "--stack", STACK, "--yes", "--skip-preview")
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


class Pulumi:
    """The Pulumi CLI of a checkout, on its environment."""

    def __init__(self, place: Checkout, env: Mapping[str, str]) -> None:
        self.place = place
        self.env = dict(env)
        self.program = environment.pulumi_bin(place) / "pulumi"

    def prepare(self, progress: Progress, *, lost: bool) -> None:
        """Make sure the local stack exists; when its cloud is `lost`, so are the resources its state speaks of."""
        if self.env["PULUMI_BACKEND_URL"].startswith("file://"):
            Path(self.env["PULUMI_BACKEND_URL"].removeprefix("file://")).mkdir(parents=True, exist_ok=True)
        if not self.exists():
            self.quiet("stack", "init", STACK, "--no-select")
        elif lost and (count := self.resources()):
            progress.say(f"· the state names {count} resources of a local cloud that is gone: forgetting that stack")
            self.forget()
            self.quiet("stack", "init", STACK, "--no-select")

    def resources(self) -> int:
        """How many resources the local stack's state holds, its own entry and providers left out; 0 without a stack."""
        return len(own_resources(json.loads(self.quiet("stack", "export", "--stack", STACK)))) if self.exists() else 0

    def exists(self) -> bool:
        """Is there a local stack in the backend? In the checkout's own backend a look at the files tells."""
        if self.env["PULUMI_BACKEND_URL"] == f"file://{self.place.state}":
            stacks = self.place.state / ".pulumi" / "stacks"
            # A stack that was removed leaves STACK.json.bak behind.
            return any(file.suffix in (".json", ".gz") for file in stacks.glob(f"*/{STACK}.json*"))
        names = [str(stack["name"]) for stack in json.loads(self.quiet("stack", "ls", "--json"))]
        return any(name.rsplit("/", 1)[-1] == STACK for name in names)

    def forget(self) -> None:
        """Remove the local stack and its state, not its settings."""
        self.quiet("stack", "rm", STACK, "--force", "--yes", "--preserve-config", "--remove-backups")

    def url(self) -> str:
        """The output `url`."""
        outputs = json.loads(self.quiet("stack", "output", "--json", "--stack", STACK))
        if not isinstance(outputs.get("url"), str):
            raise Failed(f"the stack has no output `url`\n  to do: see `pulumi stack output --stack {STACK}`")
        return str(outputs["url"])

    def live(self, *arguments: str) -> int:
        """Run with this terminal, its output unchanged. Returns Pulumi's exit code; raises Interrupted."""
        return attached([self.program, *arguments], cwd=self.place.root, env=self.env)

    def quiet(self, *arguments: str) -> str:
        """Run a short command and return what it printed. Raises Failed."""
        done = subprocess.run(
            [self.program, *arguments, "--non-interactive"],
            cwd=self.place.root,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PULUMI_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip()
            raise Failed(f"`pulumi {' '.join(arguments)}` ended with exit code {done.returncode}\n    {said}")
        return done.stdout


def own_resources(deployment: Mapping[str, object]) -> list[str]:
    """The URNs of what a stack's state holds besides the stack itself and its providers."""
    inner = deployment.get("deployment") or {}
    resources = inner.get("resources") if isinstance(inner, dict) else None
    types = ("pulumi:pulumi:Stack", "pulumi:providers:")
    return [str(item["urn"]) for item in resources or [] if not str(item["type"]).startswith(types)]


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

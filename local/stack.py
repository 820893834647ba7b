"""A stack of this machine through the Pulumi CLI: create, delete, unlock, deploy."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from emulator import record
from emulator.cloud.emulator import Cloud
from emulator.cloud.process import command
from local import environment
from local.environment import STACK, Checkout
from local.terminal import attached
from local.toolchain.process import SetupFailed
from local.toolchain.progress import SetupProgress

PULUMI_SECONDS = 60.0  # for the short commands around `pulumi up`


class Pulumi:
    """The Pulumi CLI of a checkout, on its environment.

    Args:
        stack: the stack's name.
        settings: its settings file, when that is not the project's own; beside it a Pulumi.yaml names the project.
    """

    def __init__(
        self, place: Checkout, env: Mapping[str, str], stack: str = STACK, settings: Path | None = None
    ) -> None:
        self.place = place
        self.env = dict(env)
        self.stack = stack
        self.settings = settings
        self.folder = settings.parent if settings else place.root
        self.note = place.local / f"stack-{stack}.json"
        self.program = environment.pulumi_bin(place) / "pulumi"
        self.own_backend = self.env["PULUMI_BACKEND_URL"] == f"file://{place.state}"

    def prepare(self, progress: SetupProgress, cloud: Cloud) -> None:
        """Make sure that the stack exists, and that its state is of the running cloud and not of an earlier one.

        Raises:
            Failed: another Pulumi process uses the stack.
        """
        if self.env["PULUMI_BACKEND_URL"].startswith("file://"):
            Path(self.env["PULUMI_BACKEND_URL"].removeprefix("file://")).mkdir(parents=True, exist_ok=True)
        self.unlock(progress)
        now = {"cloud": f"{cloud.pid} {cloud.endpoint}"}
        # Not only `fresh`: an earlier `make up` may have been killed between the cloud's start and this place.
        lost = cloud.fresh or record.read(self.note).get("cloud", now["cloud"]) != now["cloud"]
        there = self.exists()
        if there and lost and (count := self.resources()):
            progress.say(f"· the state names {count} resources of a local cloud that is gone: forgetting that stack")
            self.forget()
            there = False
        if not there:
            self.quiet("stack", "init", self.stack, "--no-select")
        record.write(self.note, now)

    def unlock(self, progress: SetupProgress) -> None:
        """Remove the lock of a killed update. Raises SetupFailed when another Pulumi process uses the stack."""
        if self.own_backend and stale(self._locks(), command, self.stack):
            progress.say(f"· an update that was killed left its lock on the {self.stack} stack: removing it")
            self.quiet("cancel", "--stack", self.stack, "--yes")

    def resources(self) -> int:
        """Return the number of resources in the stack's state, without the stack and providers; 0 without a stack."""
        return len(self.urns()) if self.exists() else 0

    def urns(self) -> list[str]:
        """The URNs of what the stack's state holds besides its own entry and providers."""
        return own_resources(json.loads(self.quiet("stack", "export", "--stack", self.stack)))

    def exists(self) -> bool:
        """Is there a local stack in the backend? In the checkout's own backend a look at the files tells."""
        if self.own_backend:
            stacks = self.place.state / ".pulumi" / "stacks"
            # A stack that was removed leaves its .json.bak behind.
            files = stacks.glob(f"{project(self.place.root)}/{self.stack}.json*")
            return any(file.suffix in (".json", ".gz") for file in files)
        names = [str(stack["name"]) for stack in json.loads(self.quiet("stack", "ls", "--json"))]
        return any(name.rsplit("/", 1)[-1] == self.stack for name in names)

    def other_stacks(self) -> list[str]:
        """Return this project's other stacks in the checkout's own backend; none for another backend."""
        if not self.own_backend:
            return []
        stacks = self.place.state / ".pulumi" / "stacks" / project(self.place.root)
        names = {file.name.partition(".json")[0] for file in stacks.glob("*.json*") if file.suffix in (".json", ".gz")}
        return sorted(names - {self.stack})

    def _locks(self) -> list[dict[str, object]]:
        """The locks on the local stack in the checkout's own backend, as Pulumi's file backend writes them."""
        locks = self.place.state / ".pulumi" / "locks"
        return [record.read(file) for file in sorted(locks.glob(f"organization/*/{self.stack}/*.json"))]

    def forget(self) -> None:
        """Remove the local stack and its state, not its settings."""
        self.quiet("stack", "rm", self.stack, "--force", "--yes", "--preserve-config", "--remove-backups")

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, none of which is secret."""
        return dict(json.loads(self.quiet("stack", "output", "--json", "--stack", self.stack)))

    def live(self, *arguments: str) -> int:
        """Run with this terminal, its output unchanged. Return Pulumi's exit code; raise Interrupted."""
        return attached([self.program, *arguments], cwd=self.place.root, env=self.env)

    def on_stack(self, verb: str, *options: str) -> list[str]:
        """Return the arguments of a command on this stack: up, preview, refresh or destroy."""
        file = ["--config-file", str(self.settings)] if self.settings else []
        return [verb, "--stack", self.stack, *file, *options]

    def quiet(self, *arguments: str) -> str:
        """Run a short command and return what it printed. Raises SetupFailed."""
        try:
            done = subprocess.run(
                [self.program, *arguments, "--non-interactive"],
                cwd=self.folder,
                env=self.env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=PULUMI_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise SetupFailed(
                f"`pulumi {' '.join(arguments)}` did not end within {PULUMI_SECONDS:.0f} s\n  fix: try again"
            ) from None
        if done.returncode != 0:
            said = (done.stderr or done.stdout).strip()
            raise SetupFailed(
                f"`pulumi {' '.join(arguments)}` ended with exit code {done.returncode}: {said}"
                "\n  fix: `make down` and `make up` start afresh"
            )
        return done.stdout


def project(root: Path) -> str:
    """The project's name, as Pulumi.yaml has it now: one that was renamed has left its old state beside the new."""
    found = re.search(r"^name:\s*[\"']?([\w.-]+)", (root / "Pulumi.yaml").read_text(), re.MULTILINE)
    if found is None:
        raise SetupFailed("Pulumi.yaml has no line `name: …`\n  fix: give the project a name")
    return found.group(1)


def settings(root: Path, stack: str) -> Path:
    """The settings file of a stack that may be deployed to the local cloud. Raises SetupFailed when it must not be."""
    file = root / f"Pulumi.{stack}.yaml"
    if not file.is_file():
        raise SetupFailed(
            f"there is no {file.name}\n  fix: copy Pulumi.{STACK}.yaml to it and write your application's settings"
        )
    if not re.search(r"^\s+([\w-]+:)?environment:\s*[\"']?local\b", file.read_text(), re.MULTILINE):
        raise SetupFailed(
            f"{file.name} does not say `environment: local`, so `make up` does not deploy it\n  fix: `make rehearse"
            f" STACK={stack}` tries it on this machine, `pulumi up --stack {stack}` deploys it for real"
        )
    return file


def stale(locks: Iterable[Mapping[str, object]], command: Callable[[int], Sequence[str]], stack: str = STACK) -> bool:
    """Return whether the stack is locked only by killed updates, whose locks stay.

    Args:
        locks: the locks, with the `pid` of the Pulumi that took them.
        command: the command line of a process, empty when there is none: a pid may be another program's by now.

    Raises:
        Failed: one of them is alive.
    """
    pids = [lock.get("pid") for lock in locks]
    for pid in pids:
        if isinstance(pid, int) and any(Path(word).name == "pulumi" for word in command(pid)[:1]):
            raise SetupFailed(
                f"another pulumi (process {pid}) is at work on the {stack} stack\n  fix: wait until it ends, or end it"
            )
    return bool(pids)


def own_resources(deployment: Mapping[str, object]) -> list[str]:
    """The URNs of what a stack's state holds besides the stack itself and its providers."""
    inner = deployment.get("deployment") or {}
    resources = inner.get("resources") if isinstance(inner, dict) else None
    types = ("pulumi:pulumi:Stack", "pulumi:providers:")
    return [str(item["urn"]) for item in resources or [] if not str(item["type"]).startswith(types)]

"""The Pulumi CLI."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.engine import docker_config
from pipeline.engine.drift import drifted
from pipeline.failed import Failed

ASKING = 120.0
"""Seconds for a question about a stack: it reads the state, and no cloud."""

UPDATING = 4 * 3600.0
"""Seconds for a preview or an update: migrations and a rollout, and the longest session that AWS gives GitHub leaves no
more than that."""

ABSENT = "no stack named"
"""Part of the CLI's message about a stack that its backend does not know."""

POLICY = "policy"
"""The folder of the policy pack, in the project's."""


@dataclass(frozen=True)
class Engine:
    """The CLI on one stack.

    Attributes:
        folder: that of Pulumi.yaml.
        policy: whether the policy pack judges what is planned.
    """

    stack: str
    folder: Path
    policy: bool = True

    def exists(self) -> bool:
        """Return whether the backend knows the stack. Raises Failed.

        Not by `pulumi stack ls`: that reads every stack's state, and the roles may read this one's alone.
        """
        return self._outputs() is not None

    def create(self, secrets_provider: str) -> None:
        """Create the stack. Raises Failed.

        Args:
            secrets_provider: `awskms://alias/…`; empty: that of its settings, or Pulumi's own.
        """
        provider = ["--secrets-provider", secrets_provider] if secrets_provider else []
        if self.watched("stack", "init", self.stack, *provider)[0] != 0:
            raise Failed(f"stack {self.stack} could not be made in the backend; see above")

    def output(self, name: str) -> Any:
        """Return one of the stack's outputs; None without it, or without such a stack. Raises Failed."""
        return (self._outputs() or {}).get(name)

    def plan(self, file: Path) -> tuple[int, str]:
        """Run `pulumi preview`; return its exit code and output.

        Args:
            file: gets the plan, which holds what the state holds.
        """
        saved = ["--save-plan", str(file.resolve())]
        return self.watched("preview", "--stack", self.stack, "--diff", *saved, *self._judged())

    def update(self, message: str, plan: Path | None = None) -> int:
        """Run `pulumi up`; return its exit code. Docker's login to the registry ends with it.

        Args:
            plan: of a preview made just before; the engine refuses whatever is not in it.
        """
        said = ["--message", message] if message else []
        bound = ["--plan", str(plan.resolve()), "--skip-preview"] if plan else []
        with docker_config.own(os.environ, Path.home()) as variables:
            return self.watched("up", "--stack", self.stack, "--yes", *bound, *said, *self._judged(), **variables)[0]

    def drift(self) -> tuple[int, str]:
        """Run a `pulumi refresh` that changes nothing; return its exit code and output. Raises Failed.

        The code is not 0 when the cloud differs from the state, apart from what the program leaves to others.
        """
        arguments = ("refresh", "--stack", self.stack, "--preview-only")
        found = drifted(self._planned(*arguments)["steps"])
        if not found:
            print("no drift", flush=True)
            return 0, ""
        for one in found:
            print(f"drift: {one}", flush=True)
        return self.watched(*arguments, "--expect-no-changes", "--diff", "--suppress-outputs")

    def watched(self, *arguments: str, **variables: str) -> tuple[int, str]:
        """Run a command with its output shown live; return its exit code and output.

        Args:
            variables: environment variables beside this process's own.
        """
        command = ["pulumi", *arguments, "--non-interactive", "--color", "never"]
        print(f"$ {' '.join(command)}", flush=True)
        said: list[str] = []
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=os.environ | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as child:
            late = threading.Timer(UPDATING, child.send_signal, [signal.SIGINT])
            late.start()
            before = signal.signal(signal.SIGTERM, lambda number, frame: child.send_signal(signal.SIGINT))
            try:
                interrupted = _to_the_end(child, said)
            finally:
                late.cancel()
                signal.signal(signal.SIGTERM, before)
        if interrupted:
            raise KeyboardInterrupt
        return child.returncode, "".join(said)

    def _planned(self, *arguments: str) -> dict[str, Any]:
        """Return as JSON what a command that changes nothing would do. Raises Failed."""
        command = ["pulumi", *arguments, "--json", "--non-interactive", "--color", "never"]
        print(f"$ {' '.join(command)}", flush=True)
        try:
            done = subprocess.run(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=UPDATING
            )
        except subprocess.TimeoutExpired:
            raise Failed(f"`{' '.join(command)}` did not end within {UPDATING:.0f} s") from None
        if done.returncode != 0:
            raise Failed(f"`{' '.join(command)}` failed:\n{(done.stderr or done.stdout).strip()[-4000:]}")
        return dict(json.loads(done.stdout))

    def _judged(self) -> list[str]:
        return ["--policy-pack", POLICY] if self.policy else []

    def _outputs(self) -> dict[str, Any] | None:
        """Return the stack's outputs; None without such a stack. Raises Failed."""
        command = [
            "pulumi",
            "stack",
            "output",
            "--json",
            "--stack",
            self.stack,
            "--non-interactive",
            "--color",
            "never",
        ]
        try:
            done = subprocess.run(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=ASKING
            )
        except subprocess.TimeoutExpired:
            raise Failed(
                f"`{' '.join(command)}` did not answer within {ASKING:.0f} s: is the backend reachable?"
            ) from None
        if done.returncode == 0:
            return dict(json.loads(done.stdout))
        if ABSENT in done.stderr:
            return None
        raise Failed(f"`{' '.join(command)}` failed:\n{done.stderr.strip()}")


def _to_the_end(child: subprocess.Popen[str], said: list[str]) -> bool:
    """Print and collect a child's output until it ends; return whether Ctrl-C came meanwhile.

    The child also got the signal and ends in its own order: a second one would make Pulumi drop what it is doing.
    """
    interrupted = False
    while True:
        try:
            line = child.stdout.readline() if child.stdout else ""
            if not line:
                return interrupted
            said.append(line)
            sys.stdout.write(line)
            sys.stdout.flush()
        except KeyboardInterrupt:
            interrupted = True

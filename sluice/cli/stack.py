"""The stack that a command operates on, as `pulumi stack output` describes it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sluice.aws.session import Account, Clients
from sluice.aws.tasks import Place
from sluice.errors import GateError

SECONDS = 60
"""Timeout of `pulumi stack output`: a remote backend takes seconds, one that does not answer blocks for ever."""

_NEEDED = ("taskDefinition", "container", "subnets", "securityGroups", "assignPublicIp", "records", "region", "cluster")


class NoStack(GateError):
    """The stack cannot be used; the text names the fix."""


class NotDeployed(NoStack):
    """The stack exists, but was never deployed."""


@dataclass(frozen=True)
class DeployedStack:
    """A deployed stack.

    Attributes:
        gate: the stack's output of that name.
    """

    name: str
    gate: Mapping[str, Any]

    @property
    def account(self) -> str:
        """The account's twelve digits, from the cluster's ARN (``arn:aws:ecs:REGION:ACCOUNT:cluster/NAME``)."""
        return str(self.gate["cluster"]).split(":")[4]

    @property
    def place(self) -> Place:
        """Return where the migrations run."""
        return Place(
            cluster=self.gate["cluster"],
            task_definition=self.gate["taskDefinition"],
            container=self.gate["container"],
            subnets=tuple(self.gate["subnets"]),
            security_groups=tuple(self.gate["securityGroups"]),
            assign_public_ip=bool(self.gate["assignPublicIp"]),
        )

    @property
    def path(self) -> str:
        """The SSM path of the stack's records, ``/sluice/PROJECT/STACK``."""
        return str(self.gate["records"]).rstrip("/").rpartition("/")[0]

    def clients(self) -> Clients:
        """Return clients for the stack's account and Region; credentials of another account are refused."""
        endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
        clients = Clients(Account(region=self.gate["region"], endpoint=endpoint, account=self.account))
        clients.verify()
        return clients

    def needed(self, key: str) -> Any:
        """Return a value of the output. Raises NoStack when an older version deployed the stack."""
        if self.gate.get(key) in (None, ""):
            raise NoStack(f"stack {self.name}: the output `gate` has no {key}; run `pulumi up` once with this version")
        return self.gate[key]


def find(stack: str | None, cwd: Path) -> DeployedStack:
    """Ask `pulumi` for the stack's outputs. Raises NoStack."""
    return parse(asked("output", stack, cwd, "--json"), stack or os.environ.get("PULUMI_STACK"))


def stack_option(stack: str | None) -> list[str]:
    """Return the `--stack` option for `pulumi`; nothing for the stack of PULUMI_STACK or the selected one."""
    return ["--stack", stack] if stack else []


def asked(verb: str, stack: str | None, cwd: Path, *options: str) -> str:
    """Return what `pulumi stack VERB` prints. Raises NoStack."""
    command = ["pulumi", "stack", verb, *options, "--non-interactive", *stack_option(stack)]
    if not cwd.is_dir():
        raise NoStack(f"--cwd {cwd}: the folder does not exist")
    try:
        done = subprocess.run(
            command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except FileNotFoundError as error:
        raise NoStack(
            "`pulumi` is not on the PATH, and it is needed to find the stack: install it, or, for the local stack, "
            '`eval "$(make -s env)"`'
        ) from error
    except subprocess.TimeoutExpired as error:
        raise NoStack(
            f"`pulumi stack {verb}` did not answer within {SECONDS} s: check that the backend can be reached "
            "(`pulumi whoami --verbose`)"
        ) from error
    if done.returncode != 0:
        named = stack or os.environ.get("PULUMI_STACK")  # the Pulumi CLI's own default
        raise NoStack(complaint(done.stderr or done.stdout, named, cwd))
    return done.stdout


def parse(text: str, stack: str | None) -> DeployedStack:
    """The stack from the JSON that `pulumi stack output --json` prints. Raises NoStack."""
    name = stack or "(the selected one)"
    try:
        outputs = json.loads(text)
    except ValueError as error:
        raise NoStack(f"`pulumi stack output --json` printed no JSON: {text.strip()[:200] or 'nothing'}") from error
    if not outputs:
        raise NotDeployed(f"stack {name} is not deployed: it has no outputs; run `pulumi up` first")
    gate = outputs.get("gate")
    if not isinstance(gate, dict):
        raise NoStack(f"stack {name} has no output `gate`: its last `pulumi up` failed before the gate, or has no gate")
    missing = [key for key in _NEEDED if gate.get(key) is None]
    if missing:
        raise NoStack(f"stack {name}: the output `gate` has no {missing[0]}; run `pulumi up` once with this version")
    return DeployedStack(str(gate.get("stack") or name), gate)


def complaint(said: str, stack: str | None, cwd: Path) -> str:
    """Return the error of `pulumi`, with its fix."""
    said = said.strip()
    first = next((line for line in said.splitlines() if line.startswith("error:")), said.partition("\n")[0])
    first = first.removeprefix("error:").strip()
    absent = f"this backend has no stack {stack or ''}"
    remedies = (
        (
            "no stack selected",
            f"{absent}; `make up` creates the local one, or name one with --stack"
            if stack
            else "name one with --stack, or run `pulumi stack select`",
        ),
        ("no stack named", f"{absent}; `pulumi stack ls --all` lists the stacks"),
        ("must be set for login", "run `pulumi login` with the backend of the stack"),
        ("PULUMI_ACCESS_TOKEN", "run `pulumi login` with the backend of the stack"),
        ("no Pulumi.yaml", f"{cwd} is not a Pulumi project: change into one, or name it with --cwd"),
        ("fully qualified name", f"{cwd} is not a Pulumi project: change into one, or name it with --cwd"),
        ("assphrase", "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE"),
        ("unable to open bucket", "log in to the backend that holds the stack (`pulumi login URL`)"),
        ("meta.yaml", "the backend cannot be read: log in to AWS, and check the URL of `pulumi login`"),
    )
    for needle, remedy in remedies:
        if needle in said:
            return f"`pulumi` failed: {first}\n  fix: {remedy}"
    return f"`pulumi stack output` failed: {first or 'without a message'}"

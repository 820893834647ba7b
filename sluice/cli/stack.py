"""The stack an operator means, as `pulumi stack output` describes it."""

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
"""Of `pulumi stack output`: a backend far away takes seconds, one that does not answer takes for ever."""

_NEEDED = ("taskDefinition", "container", "subnets", "securityGroups", "assignPublicIp", "records", "region", "cluster")


class NoStack(GateError):
    """There is no stack to work on; the text says what to do."""


class NotDeployed(NoStack):
    """The stack exists and was never deployed."""


@dataclass(frozen=True)
class Stack:
    """A deployed stack. *gate* is its output of that name."""

    name: str
    gate: Mapping[str, Any]

    @property
    def account(self) -> str:
        """Twelve digits, from the cluster's ARN (``arn:aws:ecs:REGION:ACCOUNT:cluster/NAME``)."""
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
        """``/sluice/PROJECT/STACK``: below it the stack's records are."""
        return str(self.gate["records"]).rstrip("/").rpartition("/")[0]

    def clients(self) -> Clients:
        """Clients of the stack's own account and Region; another account's credentials are refused."""
        endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
        clients = Clients(Account(region=self.gate["region"], endpoint=endpoint, account=self.account))
        clients.verify()
        return clients

    def needed(self, key: str) -> Any:
        """A value of the output. Raises NoStack when an older version deployed the stack."""
        if self.gate.get(key) in (None, ""):
            raise NoStack(f"stack {self.name}: its output `gate` has no {key}; run `pulumi up` once with this version")
        return self.gate[key]


def find(stack: str | None, cwd: Path) -> Stack:
    """Ask `pulumi` for the stack's outputs. Raises NoStack."""
    return parse(asked("output", stack, cwd, "--json"), stack or os.environ.get("PULUMI_STACK"))


def words(stack: str | None) -> list[str]:
    """Return what names the stack to `pulumi`; nothing for the one that PULUMI_STACK names, or that is selected."""
    return ["--stack", stack] if stack else []


def asked(verb: str, stack: str | None, cwd: Path, *options: str) -> str:
    """Return what `pulumi stack VERB` prints. Raises NoStack."""
    command = ["pulumi", "stack", verb, *options, "--non-interactive", *words(stack)]
    if not cwd.is_dir():
        raise NoStack(f"--cwd {cwd}: there is no such folder")
    try:
        done = subprocess.run(
            command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except FileNotFoundError as error:
        raise NoStack(
            "there is no `pulumi` on the PATH, and the stack is found by it: install it, or, for the local stack, "
            '`eval "$(make -s env)"`'
        ) from error
    except subprocess.TimeoutExpired as error:
        raise NoStack(
            f"`pulumi stack {verb}` did not answer within {SECONDS} s: look whether the backend can be reached "
            "(`pulumi whoami --verbose`)"
        ) from error
    if done.returncode != 0:
        named = stack or os.environ.get("PULUMI_STACK")  # which the Pulumi CLI takes for the selected one
        raise NoStack(complaint(done.stderr or done.stdout, named, cwd))
    return done.stdout


def parse(text: str, stack: str | None) -> Stack:
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
        raise NoStack(f"stack {name} has no output `gate`: its last `pulumi up` did not come so far, or it has no gate")
    missing = [key for key in _NEEDED if gate.get(key) is None]
    if missing:
        raise NoStack(f"stack {name}: its output `gate` has no {missing[0]}; run `pulumi up` once with this version")
    return Stack(str(gate.get("stack") or name), gate)


def complaint(said: str, stack: str | None, cwd: Path) -> str:
    """Return what `pulumi` said, with the remedy."""
    said = said.strip()
    first = next((line for line in said.splitlines() if line.startswith("error:")), said.partition("\n")[0])
    first = first.removeprefix("error:").strip()
    absent = f"there is no stack {stack or ''} in this backend"
    remedies = (
        (
            "no stack selected",
            f"{absent}; `make up` makes the local one, or name one with --stack"
            if stack
            else "name one with --stack, or run `pulumi stack select`",
        ),
        ("no stack named", f"{absent}; `pulumi stack ls --all` shows what there is"),
        ("must be set for login", "run `pulumi login` with the backend of the stack"),
        ("PULUMI_ACCESS_TOKEN", "run `pulumi login` with the backend of the stack"),
        ("no Pulumi.yaml", f"{cwd} is no Pulumi project: change into it, or name it with --cwd"),
        ("fully qualified name", f"{cwd} is no Pulumi project: change into it, or name it with --cwd"),
        ("assphrase", "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE"),
        ("unable to open bucket", "log in to the backend that holds the stack (`pulumi login URL`)"),
        ("meta.yaml", "the backend cannot be read: log in to AWS, and look at the URL of `pulumi login`"),
    )
    for needle, remedy in remedies:
        if needle in said:
            return f"`pulumi` says: {first}\n  fix: {remedy}"
    return f"`pulumi stack output` failed: {first or 'it said nothing'}"

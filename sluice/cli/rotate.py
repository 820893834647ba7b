"""`sluice rotate app|owner`: give a database user a new password, by an ordinary `pulumi up`.

A resource of the stack (gate:index:GeneratedSecret) generates the password, and the bootstrap step sets it in the
database. Replacing that resource generates a new one: the steps run, and a rollout starts tasks with the new password.

IAM: as for `pulumi up`.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
from pathlib import Path
from typing import Any

from sluice.cli import exits
from sluice.cli.context import Context
from sluice.cli.interrupt import Interrupt
from sluice.cli.stack import asked, stack_option
from sluice.migration.operator_run import RunRefused

USERS = ("app", "owner", "master")
SECRET, PARENT = "gate:index:GeneratedSecret", "sluice:components:DatabaseUsers$"
POLL_SECONDS = 0.5


def arguments(verbs: Any) -> None:
    one = verbs.add_parser(
        "rotate",
        help="give a database user of the stack a new password",
        description="Run `pulumi up` with the user's password replaced: the bootstrap step sets the new one, the "
        "migration steps run, and a rollout starts tasks that use it. Any other pending change is deployed, too; the "
        "preview shows it and asks for confirmation. RDS itself rotates the master user's password.",
        epilog="example: sluice rotate app --stack prod",
    )
    one.add_argument("user", choices=USERS, help="whose password")
    one.add_argument("--yes", "-y", action="store_true", help="skip the preview and the confirmation")
    one.add_argument(
        "--up",
        action="append",
        default=[],
        metavar="OPTION",
        help="a further option of `pulumi up`, as --up=--diff; may be repeated",
    )
    one.set_defaults(main=main)


def main(context: Context, given: argparse.Namespace) -> int:
    if given.user == "master":
        raise RunRefused(by_rds(str(context.stack.gate.get("database") or "")))
    cwd, terminal = Path(given.cwd), context.terminal
    urn = password(json.loads(asked("export", given.stack, cwd)), given.user)
    approved = ["--yes", "--skip-preview"] if given.yes else []
    command = ["pulumi", "up", *stack_option(given.stack), "--replace", urn, *approved, *given.up]
    terminal.note(
        f"{given.user}: `pulumi up` with its password replaced. From the bootstrap step until the rollout has"
    )
    terminal.note("completed, tasks that serve now keep their open connections and cannot open new ones")
    context.interrupt.heeded = True
    # With --json, stdout holds the one document only.
    code = attached(subprocess.Popen(command, cwd=cwd, stdout=2 if terminal.machine else None), context.interrupt)
    if code == 0:
        terminal.note(f"{given.user} has a new password, and the serving tasks use it")
    terminal.result({"outcome": "rotated" if code == 0 else "failed", "user": given.user, "urn": urn, "exit": code})
    if context.interrupt.event.is_set():
        return exits.INTERRUPTED
    return exits.OK if code == 0 else exits.FAILED


def password(state: dict[str, Any], user: str) -> str:
    """Return the URN of the resource that generates a user's password, from the output of `pulumi stack export`.

    Raises:
        RunRefused: the stack has none.
    """
    resources = (state.get("deployment") or {}).get("resources") or []
    found = [
        str(one["urn"])
        for one in resources
        if one["type"] == SECRET and PARENT in str(one["urn"]) and str(one["urn"]).endswith(f"-{user}")
    ]
    if len(found) != 1:
        raise RunRefused(
            f"this stack generates no password for {user}: `database.roles` is false, or the stack is not deployed "
            "yet. With `database.roles: true`, migrations and service log in as users of their own"
        )
    return found[0]


def by_rds(instance: str) -> str:
    """Explain how RDS rotates the master user's password. Source: RDS ModifyDBInstance, RotateMasterUserPassword."""
    return (
        "RDS manages the master user's password in Secrets Manager and rotates it every seven days. Only the "
        "bootstrap step reads it, at its start. To rotate it now:\n"
        f"  aws rds modify-db-instance --db-instance-identifier {instance or 'INSTANCE'} "
        "--rotate-master-user-password --apply-immediately"
    )


def attached(child: subprocess.Popen[Any], interrupt: Interrupt) -> int:
    """Return the exit code of a command that uses this terminal.

    A terminal's Ctrl-C reaches it directly; a SIGTERM reaches this process only and is forwarded as Ctrl-C, once.
    """
    passed_on = False
    while True:
        try:
            return child.wait(POLL_SECONDS)
        except subprocess.TimeoutExpired:
            if interrupt.terminated and not passed_on:
                passed_on = True
                child.send_signal(signal.SIGINT)

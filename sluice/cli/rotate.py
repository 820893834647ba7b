"""`sluice rotate app|owner`: a new password for a database user, by the ordinary `pulumi up`.

The password is made by a resource of the stack (gate:index:GeneratedSecret) and set in the database by the bootstrap
step. Replacing that resource makes a new one; everything else follows: the steps run, and a rollout brings tasks that
know it.

IAM: what `pulumi up` needs.
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
from sluice.cli.stack import asked, words
from sluice.migration.operator_run import Refused

USERS = ("app", "owner", "master")
SECRET, PARENT = "gate:index:GeneratedSecret", "sluice:components:DatabaseUsers$"
POLL_SECONDS = 0.5


def arguments(verbs: Any) -> None:
    one = verbs.add_parser(
        "rotate",
        help="give a database user of the stack a new password",
        description="Runs `pulumi up` with the user's password replaced: the bootstrap step sets the new one, the "
        "migration steps run, and a rollout starts tasks that know it. Whatever else differs from what is deployed is "
        "deployed with it; the preview shows it and asks. RDS itself rotates the master user's password.",
        epilog="example: sluice rotate app --stack prod",
    )
    one.add_argument("user", choices=USERS, help="whose password")
    one.add_argument("--yes", "-y", action="store_true", help="neither preview nor question")
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
        raise Refused(by_rds(str(context.stack.gate.get("database") or "")))
    cwd, terminal = Path(given.cwd), context.terminal
    urn = password(json.loads(asked("export", given.stack, cwd)), given.user)
    approved = ["--yes", "--skip-preview"] if given.yes else []
    command = ["pulumi", "up", *words(given.stack), "--replace", urn, *approved, *given.up]
    terminal.note(
        f"{given.user}: `pulumi up` with its password replaced. From the bootstrap step until the rollout has"
    )
    terminal.note("completed, tasks that serve now keep their open connections and cannot open new ones")
    context.interrupt.heeded = True
    # With --json the one document is all of stdout.
    code = attached(subprocess.Popen(command, cwd=cwd, stdout=2 if terminal.machine else None), context.interrupt)
    if code == 0:
        terminal.note(f"the password of {given.user} is another one, and tasks that know it serve")
    terminal.result({"outcome": "rotated" if code == 0 else "failed", "user": given.user, "urn": urn, "exit": code})
    if context.interrupt.event.is_set():
        return exits.INTERRUPTED
    return exits.OK if code == 0 else exits.FAILED


def password(state: dict[str, Any], user: str) -> str:
    """The URN of the resource that makes a user's password, from what `pulumi stack export` prints. Raises Refused
    when the stack has none."""
    resources = (state.get("deployment") or {}).get("resources") or []
    found = [
        str(one["urn"])
        for one in resources
        if one["type"] == SECRET and PARENT in str(one["urn"]) and str(one["urn"]).endswith(f"-{user}")
    ]
    if len(found) != 1:
        raise Refused(
            f"this stack makes no password for {user}: `database.roles` is false, or it is not deployed yet. With "
            "`database.roles: true` migrations and service log in as users of their own"
        )
    return found[0]


def by_rds(instance: str) -> str:
    """Return how the master user's password is rotated. Source: RDS ModifyDBInstance, RotateMasterUserPassword."""
    return (
        "the master user's password is RDS's: it rotates it every seven days by itself, in Secrets Manager. Only the "
        "bootstrap step reads it, at its start. At once:\n"
        f"  aws rds modify-db-instance --db-instance-identifier {instance or 'INSTANCE'} "
        "--rotate-master-user-password --apply-immediately"
    )


def attached(child: subprocess.Popen[Any], interrupt: Interrupt) -> int:
    """The exit code of a command that has this terminal. A terminal's Ctrl-C reached it already; a SIGTERM came to us
    alone, and is passed on as Ctrl-C, once."""
    passed_on = False
    while True:
        try:
            return child.wait(POLL_SECONDS)
        except subprocess.TimeoutExpired:
            if interrupt.terminated and not passed_on:
                passed_on = True
                child.send_signal(signal.SIGINT)

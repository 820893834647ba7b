"""`sluice migrate`: the next `pulumi up` runs every migration step again, although nothing of the program changed.

For a schema that something else has changed: a restore in place, another program, a hand at the database.

IAM: what sluice.migration.mark says.
"""

from __future__ import annotations

import argparse
from typing import Any

from sluice.cli import exits
from sluice.cli.context import Context
from sluice.diagnosis.redaction.redact import redact
from sluice.migration.mark import mark
from sluice.migration.operator_run import Refused


def arguments(verbs: Any) -> None:
    one = verbs.add_parser(
        "migrate",
        help="make the next `pulumi up` run every migration step again",
        description="Records that the schema may have been changed by something else (a restore in place, another "
        "program), so that the next `pulumi up` runs every migration step again, through the gate, although image and "
        "steps are the same; its preview says so. Starts nothing by itself.",
    )
    one.add_argument("--reason", default="", help="for the history")
    one.set_defaults(main=main)


def main(context: Context, given: argparse.Namespace) -> int:
    runs = context.records.all()
    if not any(run.by == "up" and run.state == "succeeded" for run in runs):
        raise Refused("no migration of this stack has succeeded yet, so the next `pulumi up` runs the steps anyway")
    run = mark(context.deployer(), "force", redact(given.reason) or "the steps are to run again")
    context.terminal.note(f"run {run.number} recorded: the next `pulumi up` runs every migration step again")
    context.terminal.result({"outcome": "recorded", "run": run.number})
    return exits.OK

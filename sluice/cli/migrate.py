"""`sluice migrate`: make the next `pulumi up` run every migration step again, although the program is unchanged.

For a schema that was changed outside of the gate: a restore in place, another program, a manual change.
IAM: as for sluice.migration.mark.
"""

from __future__ import annotations

import argparse
from typing import Any

from sluice.cli import exits
from sluice.cli.context import Context
from sluice.diagnosis.redaction.redact import redact
from sluice.migration.mark import mark
from sluice.migration.operator_run import RunRefused


def arguments(verbs: Any) -> None:
    one = verbs.add_parser(
        "migrate",
        help="make the next `pulumi up` run every migration step again",
        description="Record that the schema may have been changed outside of the gate (a restore in place, another "
        "program). The next `pulumi up` then runs every migration step again, although image and steps are the same; "
        "its preview says so. Starts nothing itself.",
    )
    one.add_argument("--reason", default="", help="for the history")
    one.set_defaults(main=main)


def main(context: Context, given: argparse.Namespace) -> int:
    runs = context.records.all()
    if not any(run.by == "up" and run.state == "succeeded" for run in runs):
        raise RunRefused("no migration of this stack has succeeded yet; the next `pulumi up` runs the steps anyway")
    run = mark(context.deployer(), "force", redact(given.reason) or "an operator requested it")
    context.terminal.note(f"run {run.number} recorded: the next `pulumi up` runs every migration step again")
    context.terminal.result({"outcome": "recorded", "run": run.number})
    return exits.OK

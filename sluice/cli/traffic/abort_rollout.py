"""`sluice abort`: have ECS roll back the deployment that is in progress.

IAM: as for sluice.rollout.strategy.lifecycle.shift_calls, sluice.release.release_record and sluice.release.approval.
"""

from __future__ import annotations

import argparse
from typing import Any

from sluice.author import author_name
from sluice.cli import exits
from sluice.cli.context import Context
from sluice.cli.traffic.traffic_status import strategy_of, traffic_status
from sluice.migration.operator_run import RunRefused
from sluice.release.approval import Approval, Approvals
from sluice.release.release_record import ReleaseRecords


def arguments(verbs: Any) -> None:
    one = verbs.add_parser(
        "abort",
        help="end the rollout that is in progress: ECS rolls back",
        description="Have ECS roll back the deployment that is in progress, at a pause or between two, whoever started "
        "it. Users are back on the version before within seconds. After the end of a rollout, use `sluice rollback`.",
    )
    one.add_argument("--reason", default="", help="for the record, and for the deployer's error")
    one.add_argument("--yes", "-y", action="store_true", help="do not ask for confirmation")
    one.set_defaults(main=main)


def main(context: Context, given: argparse.Namespace) -> int:
    note, calls = context.terminal.note, context.service.shift
    strategy, latest = strategy_of(context), calls.latest()
    if strategy is None and not (latest and latest.pauses):
        raise RunRefused("this stack's strategy is rolling: press Ctrl-C in its `pulumi up`; nothing was changed")
    record = ReleaseRecords(context.clients["ssm"], context.stack.path).rollout()
    if latest is None or latest.ended:
        raise RunRefused(
            "no rollout is in progress; nothing was changed. `sluice rollback` moves back to an earlier release"
        )
    found = traffic_status(strategy, latest, record)
    if latest.returning:
        raise RunRefused(f"{found.progress} already; nothing was changed")
    note(f"in progress  {found.progress}")
    note(f"started by   {found.deployer or 'something else than the gate'}")
    if not given.yes and not context.terminal.confirm("Roll back?"):
        raise RunRefused("not confirmed; nothing was changed. Without a terminal, use --yes")
    hook = latest.pauses[0].hook if len(latest.pauses) == 1 else ""
    approval = Approval(latest.arn, hook, "ROLLBACK", author_name(), round(context.clock.now()), given.reason)
    Approvals(context.clients["ssm"], context.stack.path).write(approval)
    if not hook or not calls.answer_pause(latest.arn, hook, "ROLLBACK"):
        context.service.stop_deployment(latest.arn)
    note("ECS rolls back; `sluice status` shows how far it is")
    context.terminal.result({"outcome": "aborted", "deployment": latest.arn, "stage": latest.stage})
    return exits.OK

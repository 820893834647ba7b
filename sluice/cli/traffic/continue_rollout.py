"""`sluice continue`: let users in to a version that is proven on test traffic and waits for approval.

IAM: as for sluice.rollout.strategy.lifecycle.shift_calls, sluice.release.release_record and sluice.release.approval.
"""

from __future__ import annotations

import argparse
from typing import Any

from sluice.author import author_name
from sluice.cli import exits
from sluice.cli.context import Context
from sluice.cli.traffic.traffic_status import TrafficStatus, strategy_of, traffic_status
from sluice.migration.operator_run import RunRefused
from sluice.release.approval import Approval, Approvals
from sluice.release.release_record import ReleaseRecords


def arguments(verbs: Any) -> None:
    one = verbs.add_parser(
        "continue",
        help="approve a rollout that waits: let users in",
        description="Continue the pause at which a proven version waits for approval (service.approve: manual). "
        "Refused while the proofs are not done, and for a deployment that the gate did not start.",
    )
    one.add_argument("--reason", default="", help="for the record of the approval")
    one.add_argument("--yes", "-y", action="store_true", help="do not ask for confirmation")
    one.set_defaults(main=main)


def main(context: Context, given: argparse.Namespace) -> int:
    note = context.terminal.note
    found = waiting(context)
    note(f"waiting   {found.progress}")
    note(f"deployer  {found.deployer}")
    if not given.yes and not context.terminal.confirm("Let users in?"):
        raise RunRefused("not confirmed; nothing was changed. Without a terminal, use --yes")
    again = waiting(context)
    if again.pause != found.pause:
        raise RunRefused("another pause waits now; nothing was changed. See `sluice status`, then repeat the command")
    approval = Approval(
        found.deployment, found.pause, "CONTINUE", author_name(), round(context.clock.now()), given.reason
    )
    Approvals(context.clients["ssm"], context.stack.path).write(approval)
    if not context.service.shift.answer_pause(found.deployment, found.pause, "CONTINUE"):
        raise RunRefused("the pause no longer waits; nothing was changed. See `sluice status`")
    note("ECS goes on; `sluice status` shows how far it is")
    context.terminal.result({"outcome": "continued", "deployment": found.deployment, "stage": found.stage})
    return exits.OK


def waiting(context: Context) -> TrafficStatus:
    """Return the rollout that waits for approval. Raises RunRefused when none does."""
    strategy = strategy_of(context)
    latest = context.service.shift.latest()
    if strategy is None and not (latest and latest.pauses):
        raise RunRefused("this stack's strategy is rolling, which has no pauses; nothing was changed")
    record = ReleaseRecords(context.clients["ssm"], context.stack.path).rollout()
    found = traffic_status(strategy, latest, record) if latest else None
    if found is None or not found.in_progress:
        raise RunRefused("no rollout is in progress; nothing was changed")
    if not found.own:
        raise RunRefused(
            f"the gate did not start the deployment that is in progress ({found.progress}), so nothing has proven it; "
            "nothing was changed\n  fix: `sluice abort` ends it; then run `pulumi up`"
        )
    if not found.approval:
        raise RunRefused(
            f"the rollout does not wait for approval ({found.progress}): {found.deployer} has not finished its proofs, "
            "or this pause needs none; nothing was changed\n  fix: wait; if that deployer is gone, run `pulumi up`, "
            "which takes the rollout over"
        )
    return found

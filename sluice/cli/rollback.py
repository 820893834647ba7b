"""`sluice rollback`: roll the service back to an earlier release without its migrations, and hold the current one.

IAM: as for sluice.rollout.deployment.service, sluice.release.release_record, sluice.release.hold and, where a task
sends the smoke request, sluice.rollout.proof.task_question; ecs:ListTaskDefinitions and ecs:DescribeTaskDefinition on
``*``.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sluice.author import author_name, identity
from sluice.aws.patience import Unknown
from sluice.cli import exits
from sluice.cli.context import Context
from sluice.cli.release_table import HEADS, listed, revision_of
from sluice.cli.traffic.traffic_status import strategy_with_header
from sluice.errors import GateError, Interrupted
from sluice.image.digest import hexadecimal, short
from sluice.image.image_tags import ecr_of
from sluice.inputs.keep import Keep
from sluice.migration.mark import mark
from sluice.migration.operator_run import RunRefused
from sluice.migration.records.record import RunRecord
from sluice.release.hold import HeldTag, Hold, Holds, holding
from sluice.release.in_use import InUse
from sluice.release.release_record import Release, ReleaseRecords
from sluice.rollout.deployment.http_answer import asking
from sluice.rollout.deployment.judge import live_revision, primary
from sluice.rollout.deployment.load_balancers import fitting
from sluice.rollout.deployment.shape import Shape
from sluice.rollout.proof.task_question import inside
from sluice.rollout.request import Wanted
from sluice.rollout.rollback_target import after_steps, choose, smoke_of
from sluice.rollout.rollout import Rollout
from sluice.rollout.strategy.on_test_traffic import on_test_traffic

DEADLINE = 900
REVISIONS = 20
"""Number of the newest revisions that count as releases on a stack without release records."""


def arguments(verbs: Any) -> None:
    one = verbs.add_parser(
        "rollback",
        help="roll the service back to an earlier release and hold the current one",
        description="Roll the service back to the stack's previous release, or to the named one. Waits until its "
        "targets are healthy and the smoke request is answered, and holds the image of the release that served: "
        "`pulumi up` refuses it until the hold is lifted. Never runs migrations: the database is not changed.",
    )
    one.add_argument(
        "--to",
        metavar="RELEASE",
        help="number of a release, the beginning of its digest or git revision, or its version",
    )
    one.add_argument("--lift", metavar="DIGEST", help="only lift the hold on this image")
    one.add_argument("--list", action="store_true", help="only list the releases and holds")
    one.add_argument("--reason", default="", help="the reason, for the hold's record")
    one.add_argument("--yes", "-y", action="store_true", help="do not ask for confirmation")
    one.set_defaults(main=main)


@dataclass(frozen=True)
class Plan:
    """A rollback, before it is confirmed.

    Attributes:
        current: the revision that serves.
        current_image: its image.
        target: the release to roll back to.
        known: whether the target is from a release record; a mere revision may never have served.
        after: successful after-steps since the target.
        under_way: open runs.
        load_balancers: those of the service, with the ports of the target.
    """

    current: str
    current_image: str
    target: Release
    known: bool
    after: tuple[RunRecord, ...]
    under_way: tuple[RunRecord, ...]
    load_balancers: tuple[Mapping[str, Any], ...] = ()


def main(context: Context, given: argparse.Namespace) -> int:
    holds = Holds(context.clients["ssm"], context.stack.needed("holds"))
    if given.lift:
        return _lift(context, holds, given.lift)
    if given.list:
        return _list(context, holds)
    plan = _plan(context, holds, given.to)
    _announce(context, plan)
    if not given.yes and not context.terminal.confirm("Go back?"):
        raise RunRefused("not confirmed; nothing was changed. Without a terminal, pass --yes")
    return _go(context, holds, plan, given.reason)


def _plan(context: Context, holds: Holds, to: str | None) -> Plan:
    service = context.service.describe()
    now = primary(service or {})
    if service is None or service.get("status") != "ACTIVE" or now is None:
        raise RunRefused("this stack has no active service to roll back")
    current = str(now["taskDefinition"])
    image = _image(context, current)
    releases = ReleaseRecords(context.clients["ssm"], context.stack.path).all()
    known = bool(releases)
    held = {hold.digest for hold in holds.all()}
    target = choose(releases or _revisions(context, current), image.rpartition("@")[2], to, held, known)
    runs = context.records.all()
    return Plan(
        current=current,
        current_image=image,
        target=target,
        known=known,
        after=tuple(after_steps(runs, target.at)),
        under_way=tuple(run for run in runs if run.open),
        load_balancers=fitting(service.get("loadBalancers") or (), _definition(context, target.task_definition)),
    )


def _announce(context: Context, plan: Plan) -> None:
    note, target = context.terminal.note, plan.target
    note(f"current release  {revision_of(plan.current)}  {short(plan.current_image)}")
    when = datetime.fromtimestamp(target.at, UTC).strftime(", released %Y-%m-%d %H:%M UTC") if target.at else ""
    names = f", {target.names}" if target.names else ""
    note(f"roll back to     {revision_of(target.task_definition)}  {short(target.digest)}{names}{when}")
    note(f"hold             {short(plan.current_image)}: `pulumi up` refuses it until the hold is lifted")
    note("no migration runs: the database stays as the current release left it")
    if not plan.known:
        note("warning: the stack has no release records; this is the previous revision, which may never have served")
    for run in plan.after:
        note(
            f"warning: after-steps {', '.join(run.steps)} ran since then (run {run.number}, {run.state}): the earlier "
            "release may need what they removed"
        )
    for run in plan.under_way:
        note(f"warning: run {run.number} by {run.author} is in progress: its `pulumi up` may roll out its image later")


def _go(context: Context, holds: Holds, plan: Plan, reason: str) -> int:
    gate, terminal, clients = context.stack.gate, context.terminal, context.clients
    smoke = smoke_of(gate.get("smoke") or {}, plan.target.path)
    strategy = strategy_with_header(context)
    if strategy is not None:  # the caller's proof is of the newest image, and may not be in an earlier one
        strategy = replace(strategy, proof=None)
    groups = strategy.target_groups if strategy else gate.get("targetGroups") or ()
    wanted = Wanted(
        task_definition=plan.target.task_definition,
        previous=plan.current,
        deadline=int(gate.get("deadline") or DEADLINE),
        target_groups=tuple(groups),
        smoke=smoke,
        shape=Shape(load_balancers=plan.load_balancers),
        digest=plan.target.digest,
        by="rollback",
        back=True,
        strategy=strategy,
        names=plan.target.names,
    )
    left = plan.current_image.rpartition("@")[2]
    context.interrupt.heeded = True
    asks = asking(wanted.smoke)
    releases = ReleaseRecords(clients["ssm"], context.stack.path)
    ecs, logs, cluster, clock = clients["ecs"], clients["logs"], gate["cluster"], context.clock
    traffic = on_test_traffic(strategy, smoke, ecs, logs, cluster, clock, terminal.log) if strategy else None
    try:
        with holding(holds, Hold(left, author_name(), round(context.clock.now()), reason)):
            rollout = Rollout(
                context.service,
                wanted,
                context.clock,
                terminal.log,
                asks,
                releases,
                _in_use(context, wanted.digest),
                me=identity(clients.skew),
                question=inside(smoke, ecs, logs, cluster, clock, terminal.log),
                traffic=traffic,
            )
            done = rollout.run()
    except Unknown:
        terminal.note(f"{short(left)} is still held")
        raise
    except (GateError, BotoCoreError, ClientError) as failure:
        terminal.note(f"the rollback failed: {short(left)} is not held")
        if isinstance(failure, Interrupted):
            raise Interrupted(
                f"{failure}".replace("run `pulumi up` to roll out again", "the rollback was given up")
            ) from None
        raise
    _tag(context, left, add=True)
    terminal.note(
        f"{revision_of(plan.target.task_definition)} serves, {short(plan.target.digest)}; {short(left)} is held. "
        "The next `pulumi up` needs a new image"
    )
    terminal.result(
        {
            "outcome": "rolled back",
            "deployment": done.deployment,
            "taskDefinition": plan.target.task_definition,
            "image": plan.target.digest,
            "held": left,
            "afterSteps": [run.number for run in plan.after],
        }
    )
    return exits.OK


def _in_use(context: Context, image: str) -> InUse | None:
    """Return the in-use tags; None for a stack that an older version without such tags deployed."""
    keep = context.stack.gate.get("keep")
    return InUse(ecr_of(context.clients, image), Keep.parse(keep), context.terminal.log) if keep else None


def _lift(context: Context, holds: Holds, given: str) -> int:
    start = given.rpartition("@")[2].removeprefix("sha256:")
    found = [hold for hold in holds.all() if len(start) >= 7 and hexadecimal(hold.digest).startswith(start)]
    if not found:
        listed = ", ".join(short(hold.digest) for hold in holds.all()) or "nothing"
        raise RunRefused(f"{given} is not held; held: {listed}")
    if len(found) > 1:
        raise RunRefused(f"{given} matches several holds: {', '.join(hold.digest for hold in found)}")
    # Recorded before the hold is lifted: an operator who lifts it may have undone its migrations by hand.
    mark(context.deployer(), "lift", f"the hold on {short(found[0].digest)} was lifted", found[0].digest)
    holds.lift(found[0].digest)
    _tag(context, found[0].digest, add=False)
    context.terminal.note(
        f"{short(found[0].digest)} is no longer held: the next `pulumi up` may deploy it and runs the migration steps"
    )
    context.terminal.result({"lifted": found[0].digest})
    return exits.OK


def _list(context: Context, holds: Holds) -> int:
    releases = ReleaseRecords(context.clients["ssm"], context.stack.path).all()
    held = {hold.digest: hold for hold in holds.all()}
    context.terminal.result(
        {"releases": [vars(one) for one in releases], "holds": [vars(hold) for hold in held.values()]}
    )
    if context.terminal.machine:
        return exits.OK
    serves = live_revision(context.service.describe())
    context.terminal.table(HEADS, listed(releases, held, serves))
    return exits.OK


def _tag(context: Context, image: str, add: bool) -> None:
    """Put or remove the hold's tag in ECR; a failure is a warning only."""
    repository = str(context.stack.gate.get("repository") or "")
    try:
        held = HeldTag(ecr_of(context.clients, repository), repository)
        held.put(image) if add else held.remove(image)
    except (GateError, BotoCoreError, ClientError) as error:
        context.terminal.note(
            f"warning: the tag held-… could not be {'put on' if add else 'removed from'} the image in ECR ({error}); "
            "the hold itself is in SSM, but a promotion into another account does not see it"
        )


def _revisions(context: Context, current: str) -> list[Release]:
    """Return older revisions of the service's family as releases. Source: ECS ListTaskDefinitions."""
    family, _, number = revision_of(current).rpartition(":")
    pages = (
        context.clients["ecs"]
        .get_paginator("list_task_definitions")
        .paginate(familyPrefix=family, status="ACTIVE", sort="DESC", PaginationConfig={"MaxItems": 100})
    )
    arns = [
        arn for page in pages for arn in page["taskDefinitionArns"] if revision_of(arn).rpartition(":")[0] == family
    ]
    older = sorted((int(arn.rpartition(":")[2]), arn) for arn in arns if int(arn.rpartition(":")[2]) < int(number))
    return [Release(revision, _image(context, arn), arn, 0, "") for revision, arn in older[-REVISIONS:]]


def _image(context: Context, task_definition: str) -> str:
    containers = _definition(context, task_definition)["containerDefinitions"]
    return str(next((one for one in containers if one.get("essential", True)), containers[0])["image"])


def _definition(context: Context, task_definition: str) -> dict[str, Any]:
    answer = context.clients["ecs"].describe_task_definition(taskDefinition=task_definition)
    return dict(answer["taskDefinition"])

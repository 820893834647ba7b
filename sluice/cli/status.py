"""`sluice status`: show what serves, and whether it is healthy.

It requests the deep health path as a user does.
IAM: as for sluice.rollout.deployment.service; ecs:DescribeTaskDefinition on ``*``, ssm:GetParametersByPath on the
stack's parameters, cloudwatch:DescribeAlarms on ``*`` when the service has deployment alarms.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sluice.cli import exits
from sluice.cli.context import Context
from sluice.cli.deep import deep
from sluice.cli.traffic.traffic_status import as_plain, status_lines, strategy_of, traffic_status
from sluice.image.digest import short
from sluice.inputs.strategy import Strategy
from sluice.migration.records.plan import COMMANDS, describe_run, distrust
from sluice.migration.records.record import RunRecord
from sluice.release.hold import Holds
from sluice.release.release_record import Release, ReleaseRecords, RolloutRecord, deployer
from sluice.rollout.deployment.judge import TargetState
from sluice.rollout.strategy.lifecycle.weights import serving_groups


def arguments(verbs: Any) -> None:
    one = verbs.add_parser(
        "status",
        help="show what serves; exit code 1 when it is not healthy",
        description="Show the service with its release, tasks, deployments and targets, the answer of its deep health "
        "path, the last rollout and run, open runs and holds. Exit code 0 when the service is healthy, else 1.",
    )
    one.set_defaults(main=main)


def main(context: Context, given: argparse.Namespace) -> int:
    gate, clients = context.stack.gate, context.clients
    seen = context.service.describe()
    strategy = strategy_of(context)
    groups = _serving_groups(context, strategy)
    targets = {group: context.service.targets(group) for group in groups} if seen else {}
    runs = context.records.all()
    releases = ReleaseRecords(clients["ssm"], context.stack.path)
    last = releases.rollout()
    # The outputs say rolling until the first `pulumi up` with a strategy has succeeded.
    shifts = strategy is not None or bool(last and last.approval)
    latest = context.service.shift.latest() if shifts and seen else None
    traffic = traffic_status(strategy, latest, last) if latest else None
    holds = Holds(clients["ssm"], gate.get("holds") or f"{context.stack.path}/holds")
    alarms = _ringing(clients, seen)
    proof, touched = schema(runs)
    wrong = complaints(seen, targets, alarms)
    answered = deep(gate, context.clock.wait) if seen else None
    if answered is not None and answered.wrong and answered.certain:
        wrong.append(f"{answered.wrong}. Users may be failing now")
    if proof is not None and touched is not None and touched.by != "up":
        wrong.append(
            f"{describe_run(touched)} may have changed the schema since run {proof.number} proved it: the next "
            "`pulumi up` runs the migration steps again"
        )
    revision = str((seen or {}).get("taskDefinition") or "")
    image = _image(clients["ecs"], revision) if revision else ""
    document = {
        "stack": context.stack.name,
        "url": gate.get("url"),
        "healthy": not wrong,
        "wrong": wrong,
        "service": _service(seen),
        "image": image,
        "taskDefinition": revision,
        "release": _release(releases.all(), revision),
        "deployments": [_deployment(one) for one in (seen or {}).get("deployments", [])],
        "targets": {group: dict(state.states) for group, state in targets.items()},
        "alarms": alarms,
        "deepPath": vars(answered) if answered else None,
        "schema": {
            "provenBy": _run(proof) | {"image": proof.image} if proof else None,
            "touchedBy": _run(touched) if touched else None,
        },
        "traffic": as_plain(traffic) if traffic else None,
        "lastRollout": _rollout(last),
        "lastRun": _run(runs[-1]) if runs else None,
        "openRuns": [_run(run) for run in runs if run.open],
        "holds": [vars(hold) for hold in holds.all()],
    }
    context.terminal.result(document)
    if not context.terminal.machine:
        for line in page(document, list(targets.values()), context.clock.now()):
            context.terminal.line(line)
        for line in status_lines(traffic) if traffic else ():
            context.terminal.line(line)
    return exits.FAILED if wrong else exits.OK


def _serving_groups(context: Context, strategy: Strategy | None) -> Sequence[str]:
    """Return the target groups whose targets must be healthy: where traffic shifts, those that users reach."""
    if strategy is None:
        return list(context.stack.gate.get("targetGroups") or ())
    return serving_groups(context.service.shift.weights(strategy.production_rule))


def schema(runs: Sequence[RunRecord]) -> tuple[RunRecord | None, RunRecord | None]:
    """Return the run that last proved the schema, and the first later one that may have changed it. Pure."""
    proven = [run for run in runs if run.by == "up" and run.phase == "before" and run.state == "succeeded"]
    if not proven:
        return None, None
    proof = max(proven, key=lambda run: run.number)
    return proof, distrust(runs, proof.number, proof.fingerprint, proof.phase)


def complaints(
    service: Mapping[str, Any] | None, targets: Mapping[str, TargetState], alarms: Sequence[str] = ()
) -> list[str]:
    """Return what is not healthy, one text each; empty when everything is healthy."""
    if service is None:
        return ["the stack has no service"]
    if service.get("status") != "ACTIVE":
        return [f"the service is {service.get('status')}"]
    wrong = []
    desired, running = int(service.get("desiredCount", 0)), int(service.get("runningCount", 0))
    if desired == 0:
        wrong.append("the desired count is 0: nothing serves")
    elif running < desired:
        wrong.append(f"{running} of {desired} tasks run")
    for one in service.get("deployments", []):
        state, revision = one.get("rolloutState"), str(one.get("taskDefinition", "")).rpartition("/")[2]
        if state == "FAILED":
            wrong.append(f"the deployment of {revision} failed: {one.get('rolloutStateReason') or 'no reason given'}")
        elif state == "IN_PROGRESS" and one.get("status") == "PRIMARY":
            wrong.append(f"the deployment of {revision} is in progress")
    wrong += [
        f"targets of {group.partition('/')[2].partition('/')[0]}: {state}"
        for group, state in targets.items()
        if not state.all_healthy(at_least=max(1, desired))
    ]
    return wrong + [f"alarm {name} is in ALARM" for name in alarms]


def page(document: Mapping[str, Any], targets: Sequence[TargetState], now: float) -> list[str]:
    """Return the status as text."""
    service, release = document["service"], document["release"]
    report = [f"{document['stack']}: {'healthy' if document['healthy'] else 'NOT healthy'}"]
    report += [f"  {wrong}" for wrong in document["wrong"]]
    if service:
        number = f"release {release['number']}, " if release else ""
        revision = document["taskDefinition"].rpartition("/")[2]
        report.append(
            f"serves       {number}{short(document['image'])}, {revision}"
            + (f", {document['url']}" if document["url"] else "")
        )
        if release:
            report.append(f"release      {release_line(Release(**release))}")
        counts = f"{service['running']} running, {service['pending']} pending, {service['desired']} desired"
        report.append(f"service      {service['name']}, {service['status']}: {counts}")
    for one in document["deployments"]:
        failed = f", {one['failed']} failed" if one["failed"] else ""
        report.append(
            f"deployment   {one['id']} {one['status']} {one['rolloutState']}, "
            f"{one['taskDefinition'].rpartition('/')[2]}, "
            f"{one['running']} running{failed}"
        )
    report += [f"targets      {state}" for state in targets]
    if answered := document["deepPath"]:
        said = answered["wrong"] or f"GET {answered['url']} answered {answered['status']}"
        report.append(f"deep path    {said}" + ("" if answered["certain"] else " (requested from here)"))
    proof, touched = document["schema"]["provenBy"], document["schema"]["touchedBy"]
    if proof:
        since = (
            f"; since then {COMMANDS[touched['by']]} by {touched['author']} (run {touched['run']})" if touched else ""
        )
        report.append(f"schema       proven by run {proof['run']}, {short(proof['image'])}, {proof['started']}{since}")
    rollout = document["lastRollout"]
    if rollout and rollout["state"] != "proven":
        ended = f": {rollout['message']}" if rollout["message"] else ""
        report.append(
            f"last rollout {rollout['taskDefinition'].rpartition('/')[2]} by {rollout['deployer']}, "
            f"{rollout['started']}, {rollout['state']}{ended}"
        )
    last = document["lastRun"]
    if last:
        report.append(
            f"last run     {last['run']}, {COMMANDS[last['by']]} by {last['author']}, "
            f"{last['state']}, {last['started']}"
        )
    report += [
        f"open run     {run['run']}, {COMMANDS[run['by']]} by {run['author']} since {run['started']}"
        for run in document["openRuns"]
    ]
    report += [f"held         {_held(hold)}" for hold in document["holds"]]
    return report


def release_line(release: Release) -> str:
    """Return the names of a release, and its deployer."""
    names = f"{release.names}, " if release.names else ""
    return f"{names}deployed by {deployer(release)} at {_iso(release.at)}"


def _held(hold: Mapping[str, Any]) -> str:
    return f"{short(hold['digest'])} by {hold['author']}, {_iso(hold['at'])}" + (
        f": {hold['reason']}" if hold["reason"] else ""
    )


def _service(seen: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if seen is None:
        return None
    return {
        "name": seen.get("serviceName"),
        "status": seen.get("status"),
        "running": int(seen.get("runningCount", 0)),
        "pending": int(seen.get("pendingCount", 0)),
        "desired": int(seen.get("desiredCount", 0)),
    }


def _deployment(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": one.get("id"),
        "status": one.get("status"),
        "rolloutState": one.get("rolloutState"),
        "reason": one.get("rolloutStateReason"),
        "taskDefinition": str(one.get("taskDefinition", "")),
        "running": int(one.get("runningCount", 0)),
        "failed": int(one.get("failedTasks", 0)),
    }


def _release(releases: Sequence[Release], revision: str) -> dict[str, Any] | None:
    found = [one for one in releases if one.task_definition == revision]
    return vars(found[-1]) if found else None


def _rollout(rollout: RolloutRecord | None) -> dict[str, Any] | None:
    if rollout is None:
        return None
    return {
        "taskDefinition": rollout.task_definition,
        "image": rollout.digest.rpartition("@")[2],
        "deployment": rollout.deployment,
        "by": rollout.by,
        "author": rollout.author,
        "deployer": deployer(rollout),
        "started": _iso(rollout.at),
        "state": rollout.state,
        "message": rollout.message,
    }


def _run(run: RunRecord) -> dict[str, Any]:
    return {
        "run": run.number,
        "by": run.by,
        "author": run.author,
        "started": _iso(run.started),
        "state": "in progress" if run.open else run.state,
        "message": run.message,
    }


def _ringing(clients: Any, seen: Mapping[str, Any] | None) -> list[str]:
    """Return the names of the service's deployment alarms that are in ALARM."""
    alarms = ((seen or {}).get("deploymentConfiguration") or {}).get("alarms") or {}
    names = list(alarms.get("alarmNames") or [])
    if not names:
        return []
    answer = clients["cloudwatch"].describe_alarms(
        AlarmNames=names[:100], StateValue="ALARM", AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    return sorted(
        str(one["AlarmName"]) for one in [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]
    )


def _image(ecs: Any, task_definition: str) -> str:
    containers = ecs.describe_task_definition(taskDefinition=task_definition)["taskDefinition"]["containerDefinitions"]
    return str(next((one for one in containers if one.get("essential", True)), containers[0])["image"])


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")

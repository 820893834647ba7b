"""One deployment that shifts traffic, carried from stage to stage: rules are written, tasks started and stopped.

The decisions are in stages.py, scaling.py and wiring.py, with their sources; here MiniStack's records become their
plain data. AWS, "Amazon ECS service revisions" and "Service deployments" (developer guide): a rollback makes no new
revision, it is a part of the same service deployment. Not documented, chosen here: the entry of deployments[] that a
rollback returns to becomes PRIMARY again with its old id; a first deployment that fails before users reach it loses its
tasks.
MiniStack has no such deployments.
"""

from __future__ import annotations

import dataclasses
import logging
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from emulator.cloud.ecs.service import deployment, deployments, events, service_deployments
from emulator.cloud.ecs.service.service_deployments import ServiceDeployment
from emulator.cloud.ecs.strategies import hook_events, hooks, role, rules, scaling, stages, steps, wiring
from emulator.cloud.ecs.strategies.stages import Failure, Plan, Seen, State
from emulator.cloud.settings import minutes, shortened

log = logging.getLogger("sluice.strategies")
_BECAUSE = {
    deployment.BREAKER: "the circuit breaker threshold was exceeded.",
    deployment.ALARM: "an alarm was detected.",
    deployment.REQUEST: "StopServiceDeployment requested it.",
}


@dataclasses.dataclass
class Progress:
    """A deployment that shifts traffic.

    Attributes:
        made: its service deployment, which keeps its state.
        plan: what it is to do.
        source: the entry of deployments[] whose revision serves before it; None on a first deployment.
        wires: the service's load balancers.
    """

    made: ServiceDeployment
    plan: Plan
    source: dict[str, Any] | None
    wires: tuple[wiring.Wires, ...]

    @property
    def state(self) -> State:
        """Where it is."""
        return self.made.state or State()


_known: dict[str, Progress] = {}
"""Every deployment that shifts traffic, by the ARN of its service deployment."""


def begin(service: dict[str, Any]) -> None:
    """CreateService or UpdateService has begun a deployment: it is the first in the service's list."""
    newest = service["deployments"][0]
    made = service_deployments.find(newest["_service_deployment"])
    if made is None or "_resolved" in newest:
        return
    for arn in [arn for arn in _known if service_deployments.find(arn) is None]:
        del _known[arn]
    replaced = [one for before in service_deployments.of(service) if (one := of(before)) and not one.state.ended]
    for one in replaced:
        _become(one, stages.superseded(one.state))
    source = next((one for one in service["deployments"][1:] if one["rolloutState"] == "COMPLETED"), None)
    wires = wiring.wires(service["loadBalancers"])
    shifts = steps.strategy_of(made.configuration) in steps.SHIFTING
    newest["_resolved"] = _resolved(service["loadBalancers"], source, shifts)
    made.target.resolved = [
        {"targetGroupArn": one["targetGroupArn"], "productionListenerRule": wire.production}
        for one, wire in zip(newest["_resolved"], wires, strict=False)
    ]
    if not shifts:
        return
    third = [one for one in service["deployments"][1:] if one is not source]
    reconcile = any(one["runningCount"] or one["pendingCount"] for one in third) or bool(replaced)
    plan = _plan(made.configuration, source is not None, reconcile)
    made.state = State()
    made.serving = service_deployments.revision(source["_service_revision"]) if source is not None else None
    _known[made.arn] = Progress(made, plan, source, wires)


def advance(service: dict[str, Any], view: deployment.Service) -> Sequence[deployment.Action] | None:
    """Carry the service's deployment on. Returns its tasks' starts and stops; None when none of ours is under way."""
    newest = next(iter(service_deployments.of(service)), None)
    found = of(newest) if newest is not None else None
    if found is None:
        return None
    state = found.state
    if state.ended:
        return _leftover(found, view) or None
    for _ in stages.ORDER:
        before, state = state, stages.next_stage(found.plan, state, _seen(found, view), _new_id)
        _become(found, state)
        if state.ended:
            deployments.listed(service, {task.deployment for task in view.tasks})
            return _leftover(found, view)
        if (state.stage, state.status) == (before.stage, before.status):
            break
    return scaling.scale(view.tasks, _wanted(found, view.desired), found.made.own["id"], view.launch_allowed)


def of(made: ServiceDeployment) -> Progress | None:
    """The progress of a service deployment; None when it does not shift traffic."""
    return _known.get(made.arn)


def holds_strategy(service: dict[str, Any], configuration: Mapping[str, Any]) -> bool:
    """Whether UpdateService may not make the service ROLLING now: a deployment of ours is under way.

    AWS, "Update from blue/green to rolling" (developer guide): not during a deployment.
    """
    under_way = any(found and not found.state.ended for found in map(of, service_deployments.of(service)))
    return under_way and steps.strategy_of(configuration) not in steps.SHIFTING


def stop(found: Progress) -> str | None:
    """StopServiceDeployment: roll back. Returns why it cannot; None when it does.

    There is nothing to roll back to in a first deployment, and users' traffic does not return once CLEAN_UP has begun.
    """
    if found.state.rolling_back:
        return None
    if not found.plan.source:
        return "The service has no completed deployment to roll back to."
    if found.state.stage == stages.CLEAN_UP:
        return "The service deployment is in CLEAN_UP: deploy the earlier revision instead."
    failure = Failure(deployment.REQUEST, _BECAUSE[deployment.REQUEST])
    _become(found, stages.failed(found.plan, found.state, failure, time.time()))
    return None


def answer(found: Progress, hook: str, action: str) -> bool:
    """ContinueServiceDeployment. Returns whether a pause with this id waited."""
    pauses = hooks.answered(found.state.pauses, hook, action)
    if pauses is None or found.state.rolling_back or found.state.ended:
        return False
    _become(found, dataclasses.replace(found.state, pauses=pauses))
    return True


def _plan(configuration: Mapping[str, Any], source: bool, reconcile: bool) -> Plan:
    breaker, watched = configuration.get("deploymentCircuitBreaker") or {}, configuration.get("alarms") or {}
    rollback = [
        cause for cause, by in ((deployment.BREAKER, breaker), (deployment.ALARM, watched)) if by.get("rollback")
    ]
    return Plan(
        steps.production_steps(configuration),
        minutes(steps.step_minutes(configuration)),
        minutes(float(configuration.get("bakeTimeInMinutes") or 0)),
        hooks.hooks_of(configuration, minutes),
        source,
        reconcile,
        tuple(rollback),
        shortened(stages.STAGE_LIMIT_SECONDS),
        shortened(stages.DEPLOYMENT_LIMIT_SECONDS),
    )


def _resolved(
    balancers: Sequence[Mapping[str, Any]], source: Mapping[str, Any] | None, shifts: bool
) -> list[dict[str, Any]]:
    """The load balancers of a new revision, each with the target group that it gets.

    A rolling deployment of a service that shifted traffic before stays in the group that serves (not documented).
    """
    resolved = []
    for one in balancers:
        made = dict(one)
        for wire in wiring.wires([one]):
            serving = _group(wire, source)
            made["targetGroupArn"] = wire.other(serving) if shifts else serving or wire.primary
        resolved.append(made)
    return resolved


def _group(wire: wiring.Wires, entry: Mapping[str, Any] | None) -> str | None:
    """The one of both target groups that a deployment's tasks are in."""
    taken = [one.get("targetGroupArn") for one in (entry or {}).get("_resolved") or ()]
    return next((group for group in wire.groups() if group in taken), None)


def _seen(found: Progress, view: deployment.Service) -> Seen:
    own, source = found.made.own["id"], (found.source or {}).get("id")
    leaving = own if found.state.rolling_back else source
    mine = [task for task in view.tasks if task.deployment == own and not task.stopping]
    return Seen(
        now=time.time(),
        reconciled=all(task.deployment in (own, source) for task in view.tasks),
        ready=sum(task.healthy for task in mine) >= view.desired,
        cleaned=all(task.deployment != leaving for task in view.tasks),
        failures=tuple(_failures(found, view)),
    )


def _failures(found: Progress, view: deployment.Service) -> list[Failure]:
    failures = []
    if view.breaker and int(found.made.own["failedTasks"]) >= view.threshold:
        failures.append(Failure(deployment.BREAKER, _BECAUSE[deployment.BREAKER]))
    if view.alarms:
        failures.append(Failure(deployment.ALARM, _BECAUSE[deployment.ALARM]))
    return failures + [
        Failure(stages.WIRING, because) for one in found.wires for because in _mistakes(found.state, one)
    ]


def _mistakes(state: State, one: wiring.Wires) -> Iterator[str]:
    """What is wrong with a load balancer's wiring at this stage."""
    known = rules.existing()
    if state.stage in (stages.RECONCILE_SERVICE, stages.PRE_SCALE_UP):
        # ECS counts the groups that serve when a deployment begins; while it shifts, two of them do.
        yield from filter(None, (role.mistrust(one.role), wiring.mistake(one, known)))
        return
    for arn in (one.production, one.test):
        if arn and arn not in known:
            yield f"of invalid networking configuration. The listener rule {arn} does not exist"
    if hooks.waiting(state.pauses):
        return
    for before, shift, arn in (
        (stages.POST_SCALE_UP, stages.TEST_SHIFT, one.test),
        (stages.PRE_PRODUCTION_SHIFT, stages.PRODUCTION_SHIFT, one.production),
    ):
        if state.stage == before and arn and (denied := role.denial(one.role, arn, shift)):
            yield denied


def _become(found: Progress, state: State) -> None:
    """Take over a state: write the rules that it asks for, record it, tell of its pauses."""
    before, found.made.state = found.state, state
    if state == before:
        return
    if (state.stage, state.status) != (before.stage, before.status):
        log.info("%s: %s %s", found.made.own["id"], state.status, state.stage)
    _write_rules(found, before)
    hook_events.changed(found.made, before, state)
    found.made.updated = time.time()
    if found.made.started is None and state.stage:
        found.made.started = found.made.updated
    if state.failed_at is not None and before.failed_at is None:
        _failed(found)
    if state.status == stages.SUCCESSFUL:
        deployments.complete(found.made.service, found.made.own["id"])


def _write_rules(found: Progress, before: State) -> None:
    state, known = found.state, rules.existing()
    for one in found.wires:
        green = _group(one, found.made.own)
        if green is None:
            continue
        reset = state.stage == stages.RECONCILE_SERVICE != before.stage
        if (state.production != before.production or reset) and one.production in known:
            rules.shift(one, one.production, green, state.production)
        if state.test != before.test and one.test in known:
            rules.shift(one, one.test, green, state.test)


def _failed(found: Progress) -> None:
    """The deployment is given up; what it returns to, if anything, is PRIMARY again."""
    service, own, state = found.made.service, found.made.own, found.state
    because = state.failure.because if state.failure is not None else ""
    own.update(rolloutState="FAILED", rolloutStateReason=stages.reason(state), desiredCount=0)
    own["_failed_by"] = state.failure.cause if state.failure is not None else ""
    events.add(service, events.failed(own["id"], because.rstrip(".")))
    if found.source is None or state.status == stages.STOPPED:
        return
    own["status"], found.source["status"] = "ACTIVE", "PRIMARY"
    found.source["desiredCount"] = service["desiredCount"]
    if found.source not in service["deployments"]:
        service["deployments"].append(found.source)
    service["taskDefinition"] = found.source["taskDefinition"]
    found.made.rollback_target = service_deployments.revision(found.source["_service_revision"])
    found.made.rollback_began = state.failed_at
    events.add(service, events.rolling_back(found.source["id"]))


def _leftover(found: Progress, view: deployment.Service) -> Sequence[deployment.Action]:
    """What is left to do once it has ended: the tasks of a first deployment that failed before users reached it go."""
    if found.state.status != stages.STOPPED or found.source is not None or found.state.production:
        return []
    return scaling.scale(view.tasks, {}, found.made.own["id"])


def _wanted(found: Progress, desired: int) -> dict[str, int]:
    before, new = stages.wanted(found.state, desired)
    counts = {found.made.own["id"]: new}
    return {found.source["id"]: before, **counts} if found.source is not None else counts


def _new_id() -> str:
    return f"ecs-pause-{secrets.token_hex(16)}"

"""Plays seeds: a deployer that is killed, perhaps the next one too, and then one that is left in peace."""

from __future__ import annotations

import time
from collections.abc import Set
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tests.e2e.stage import until
from tests.soak.strategies.attempt import SAYS_STARTED, Attempt, attempt
from tests.soak.strategies.judgement import Seen, wrong
from tests.soak.strategies.movements import MOVING, newest
from tests.soak.strategies.stack import Stack, Up

MIGRATED, ADMITTED = "schema: exit code 0", "admission: "
"""Lines by which a `pulumi up` says how far it is before ECS deploys anything."""
OUTCOMES = {
    "ECS rolls it back first": "rolled back, then deployed",
    "is there already: watching it": "taken over",
    SAYS_STARTED: "deployed",
}
"""What a `pulumi up` did, by a line of its output."""
RATE = 50.0
"""Requests a second while deployers are killed."""


@dataclass(frozen=True)
class Killed:
    """One kill.

    Attributes:
        stage: where the deployment was.
        outcome: what the next `pulumi up` did.
        seconds: from the kill to the end of that `pulumi up`, or to its own kill.
    """

    stage: str
    outcome: str
    seconds: float


@dataclass
class Played:
    """One seed's course.

    Attributes:
        reached: requests that a version answered which was not there before.
    """

    attempt: Attempt
    kills: list[Killed] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    output: list[str] = field(default_factory=list)
    requests: int = 0
    failed: int = 0
    reached: int = 0
    seconds: float = 0.0

    @property
    def line(self) -> str:
        verdict = "WRONG" if self.wrong else "ok"
        course = "; ".join(f"{one.stage} -> {one.outcome}, {one.seconds:.0f} s" for one in self.kills)
        return (
            f"seed {self.attempt.seed:<4} {verdict:5} {self.seconds:5.1f} s  {self.requests} requests, "
            f"{self.failed} failed  {self.attempt}\n     {course or 'ended before it was killed'}"
        )


def play(stack: Stack, seed: int) -> Played:
    """Plays one seed on the stack as it is."""
    begun, plan = time.monotonic(), attempt(seed)
    played, before = Played(plan), stack.serves()
    if len(before) != 1:
        played.wrong.append(f"{before} serve before anything began")
        return played
    [served] = before
    known = newest(stack.ecs, stack.service)["serviceDeploymentArn"]
    stack.choose(plan.strategy)
    version = wanted = stack.release(plan.fault)
    ups: list[Up] = []
    with stack.movements() as movements, stack.users(RATE) as callers:
        for kill in plan.kills:
            ups.append(stack.up(version, kill))
            if not ups[-1].killed:
                break
        if plan.corrected:
            wanted = stack.release()
        ups.append(stack.up(wanted))
        sent = callers.sent
        until(lambda: callers.sent > sent + RATE, 30, "users are answered afterwards")
    answers = callers.stop()
    fine = not plan.fault or plan.corrected
    bad = frozenset([version] if plan.fault else [])
    proven = {up.version: up.proven for up in reversed(ups) if up.proven is not None}
    seen = Seen(
        before=served,
        wanted=wanted if fine else served,
        versions=frozenset({version, wanted} - bad),
        bad=bad,
        proven=proven,
        answers=answers,
        serves=frozenset(stack.serves()),
        together=movements.together,
        weights=stack.weights(),
    )
    played.wrong = wrong(seen) + _unexpected(ups, bad, newest(stack.ecs, stack.service))
    played.output = [f"-- {up.version}, {up.code}\n{up.output}" for up in ups]
    played.requests, played.failed = len(answers), sum(one.failed for one in answers)
    played.reached = sum(one.release != served for one in answers if not one.failed)
    played.kills = [
        Killed(stage_of(up, known), outcome_of(after, after.version not in bad), after.ended - up.ended)
        for up, after in pairwise(ups)
        if up.killed
    ]
    if movements.asked < 5:
        played.wrong.append(f"ECS was asked only {movements.asked} times what moves")
    played.seconds = time.monotonic() - begun
    return played


def _unexpected(ups: list[Up], bad: Set[str], left: dict[str, Any]) -> list[str]:
    """What is wrong with the ends of the deployers, and with what ECS still does (*left*, its newest deployment)."""
    found = [f"Traceback in the output of {up.version}" for up in ups if "Traceback" in up.output]
    found += [
        f"the `pulumi up` of {up.version} ended with {up.code}"
        for up in ups
        if not up.killed and (up.code == 0) is (up.version in bad)
    ]
    if left["status"] in MOVING:
        found.append(f"a service deployment is left {left['status']} at {left.get('lifecycleStage')}")
    return found


def stage_of(up: Up, known: str) -> str:
    """Where a killed deployment was.

    Args:
        known: ARN of the newest service deployment before it.
    """
    if up.deployment["serviceDeploymentArn"] == known:
        if MIGRATED in up.output:
            return "migrated, before UpdateService"
        return "migration" if ADMITTED in up.output else "program and image"
    status, stage = str(up.deployment["status"]), up.deployment.get("lifecycleStage") or "no stage yet"
    if status not in MOVING:
        return f"after the end ({status})"
    if status != "IN_PROGRESS":
        return status
    share = up.deployment["targetServiceRevision"].get("requestedProductionTrafficWeight") or 0
    paused = any(one.get("status") == "AWAITING_ACTION" for one in up.deployment.get("lifecycleHookDetails") or ())
    return f"{stage}{', paused' if paused else ''}, {share:g} % of users"


def outcome_of(after: Up, fine: bool) -> str:
    """What a `pulumi up` did about the one before it, which was killed."""
    waited = "waits for its call; " if "has no recorded end" in after.output else ""
    if after.killed:
        return f"{waited}killed too"
    if after.code:
        return f"{waited}{'FAILED' if fine else 'refused, as it should'}"
    for text, name in OUTCOMES.items():
        if text in after.output:
            return f"{waited}{name}"
    return f"{waited}nothing left to do"

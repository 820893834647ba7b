"""Plays a seed's scenario: its deploys one after the other under their faults, and the plain repeats."""

from __future__ import annotations

from tests.chaos.course import Course, Played
from tests.chaos.engine import Verdict
from tests.chaos.faults import Plan
from tests.chaos.ledger import Scene
from tests.chaos.scenario import Deploy, Scenario
from tests.chaos.stage import Stage


def play(stage: Stage, scenario: Scenario) -> Played:
    """Plays it on a stack of its own. Everything that is wrong is in the result."""
    scene = Scene(scenario.steps, scenario.seconds, {one.version: one.behaviour for one in scenario.deploys})
    course = Course(stage.stack(scene, alarm=scenario.alarm, soak=scenario.soak), f"seed {scenario.seed}")
    with course.begun() as first:
        for one in scenario.deploys if first else ():
            _until_verdict(course, one)
    return course.played


def _until_verdict(course: Course, one: Deploy) -> None:
    """The deploy and its plain repeats, the last of which meets no fault."""
    for turn, plan in enumerate([*one.plans, Plan()]):
        ended = course.one(one.version, plan, *((one.kill, one.interrupt) if turn == 0 else ()))
        said = ended.verdict
        if said is Verdict.SUCCESS or (said is Verdict.FAILED and one.behaviour != "good"):
            return
    course.played.wrong.append(f"version {one.version}: the plain repeat without faults ended as {said.name}")

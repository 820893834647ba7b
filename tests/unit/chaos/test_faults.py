"""Which faults a seed brings: always the same, never a faked write, every kind by and by."""

from __future__ import annotations

from random import Random

import pytest

from tests.chaos import faults
from tests.chaos.faults import APPLIES, KINDS, READS, WRITES, Fault, Plan
from tests.chaos.scenario import scenario


def test_the_same_seed_gives_the_same_plan_and_the_same_draws() -> None:
    one, other = scenario(7), scenario(7)
    assert one == other
    plan = one.deploys[0].plans[0]
    calls = [(operation, nth) for operation in sorted(faults.OPERATIONS) for nth in range(1, 30)]
    met = [plan.meets(operation, nth, 1.0) for operation, nth in calls]
    assert met[::-1] == [plan.meets(operation, nth, 1.0) for operation, nth in reversed(calls)]


def test_hundred_seeds_bring_every_kind_and_mixtures_of_three() -> None:
    made = [scenario(seed) for seed in range(1, 101)]
    assert {kind for one in made for kind in one.kinds} == set(KINDS)
    assert max(len(plan.kinds) for one in made for deploy in one.deploys for plan in deploy.plans) == 3
    assert all(one.deploys[-1].behaviour == "good" for one in made)
    versions = [[deploy.version for deploy in one.deploys] for one in made]
    assert all(numbers == sorted(set(numbers)) for numbers in versions)


def test_a_write_is_never_answered_from_memory() -> None:
    assert not WRITES & (APPLIES["stale"] | APPLIES["lag"] | APPLIES["one a page"])
    assert APPLIES["failures[]"] & WRITES == {"RunTask"}  # which is refused then
    assert APPLIES["stale"] <= READS


@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_of_chance_befalls_something(kind: faults.Kind) -> None:
    for seed in range(20):
        made = faults.fault(Random(seed), kind)  # noqa: S311 - a test
        assert made.kind == kind
        assert not made.operations or made.operations & APPLIES[kind]
        assert made.probability > 0


@pytest.mark.parametrize(
    ("fault", "operation", "nth", "at", "chance", "befalls"),
    [
        (Fault("throttle", probability=0.5), "RunTask", 1, 0.0, 0.4, True),
        (Fault("throttle", probability=0.5), "RunTask", 1, 0.0, 0.6, False),
        (Fault("throttle", frozenset({"StopTask"}), 1.0), "RunTask", 1, 0.0, 0.0, False),
        (Fault("stale", probability=1.0), "RunTask", 1, 0.0, 0.0, False),  # a write
        (Fault("expired", probability=1.0, beginning=2, lasting=3), "RunTask", 9, 1.9, 0.0, False),
        (Fault("expired", probability=1.0, beginning=2, lasting=3), "RunTask", 9, 4.9, 0.0, True),
        (Fault("expired", probability=1.0, beginning=2, lasting=3), "RunTask", 9, 5.0, 0.0, False),
        (Fault("cut body", frozenset({"RunTask"}), nth=frozenset({2})), "RunTask", 1, 0.0, 0.0, False),
        (Fault("cut body", frozenset({"RunTask"}), nth=frozenset({2})), "RunTask", 2, 0.0, 1.0, True),
    ],
)
def test_befalls(fault: Fault, operation: str, nth: int, at: float, chance: float, befalls: bool) -> None:
    assert fault.befalls(operation, nth, at, chance) is befalls


def test_one_call_meets_the_first_fault_that_befalls_it() -> None:
    plan = Plan((Fault("denied", frozenset({"ListTasks"}), 1.0), Fault("throttle", probability=1.0)), "seed")
    assert [fault.kind for operation in ("ListTasks", "RunTask") if (fault := plan.meets(operation, 1, 0.0))] == [
        "denied",
        "throttle",
    ]

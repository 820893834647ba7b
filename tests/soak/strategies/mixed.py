"""Good versions deployed one after the other with different strategies, while users ask a hundred times a second."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from tests.e2e.stage import until
from tests.soak.strategies.judgement import Seen, wrong
from tests.soak.strategies.stack import Stack, Up

RATE = 100.0
REQUESTS = 10_000
DEPLOYS = ("blueGreen", "canary", "linear", "guarded", "linear", "canary")
"""Every strategy follows every other one at least in one direction."""
KEPT = 0.95
"""The share of RATE that must have been sent, or the load was not what it says."""


@dataclass(frozen=True)
class Deploy:
    """One `pulumi up` of a good version."""

    strategy: str
    up: Up
    seconds: float


@dataclass
class Mixed:
    """The deploys, and what users got meanwhile.

    Attributes:
        rate: requests a second that were sent.
    """

    deploys: list[Deploy] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    requests: int = 0
    failed: int = 0
    rate: float = 0.0
    seconds: float = 0.0


def play(stack: Stack) -> Mixed:
    """Deploys with each of DEPLOYS, and lets users ask until they have sent REQUESTS."""
    found, [before] = Mixed(), stack.serves()
    with stack.movements() as movements, stack.users(RATE) as callers:
        begun = time.monotonic()
        for strategy in DEPLOYS:
            started = time.monotonic()
            stack.choose(strategy)
            up = stack.up(stack.release())
            found.deploys.append(Deploy(strategy, up, time.monotonic() - started))
            print(f"{strategy}: exit code {up.code} after {found.deploys[-1].seconds:.1f} s", flush=True)
            if up.code != 0:
                found.wrong.append(f"the `pulumi up` with {strategy} failed:\n{up.output}")
        until(lambda: callers.sent >= REQUESTS, 300, f"{REQUESTS} requests are sent")
        found.seconds = time.monotonic() - begun
    answers = callers.stop()
    ups = [one.up for one in found.deploys]
    seen = Seen(
        before=before,
        wanted=ups[-1].version,
        versions=frozenset(up.version for up in ups),
        bad=frozenset(),
        proven={up.version: up.proven for up in ups if up.proven is not None},
        answers=answers,
        serves=frozenset(stack.serves()),
        together=movements.together,
        weights=stack.weights(),
    )
    found.requests, found.failed = len(answers), sum(one.failed for one in answers)
    found.rate = len(answers) / (answers[-1].at - answers[0].at)
    found.wrong += wrong(seen)
    if found.rate < KEPT * RATE:
        found.wrong.append(f"only {found.rate:.1f} requests a second were sent")
    return found

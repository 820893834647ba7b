"""Proofs of the new version before users reach it: requests with the test header, and the caller's own task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sluice.clock import Clock
from sluice.inputs.smoke import Smoke
from sluice.inputs.strategy import Header, Strategy
from sluice.rollout.deployment.http_answer import asking
from sluice.rollout.proof.question import Question, directly
from sluice.rollout.proof.task_question import TaskQuestion


@dataclass(frozen=True)
class OnTestTraffic:
    """Sends requests to the new version on test traffic.

    Attributes:
        asks: sends the smoke request with the test header.
        proof: runs the caller's own command; None: there is none.
    """

    asks: Question
    proof: Question | None = None


def on_test_traffic(
    strategy: Strategy,
    smoke: Smoke | None,
    ecs: Any,
    logs: Any,
    cluster: str,
    clock: Clock,
    log: Callable[[str, bool], None],
) -> OnTestTraffic:
    """Return what sends requests, by the stack's smoke request and strategy.

    Args:
        log: takes a line, and whether it is only progress.
    """
    header = strategy.test_header
    variables, asks = variables_of(header), directly(asking(smoke, {header.name: header.value}))
    if smoke is not None and smoke.task is not None:
        asks = TaskQuestion(ecs, logs, cluster, smoke.task, clock, log, smoke, variables=variables)
    proof = strategy.proof
    if proof is None:
        return OnTestTraffic(asks)
    own = TaskQuestion(
        ecs, logs, cluster, proof, clock, log, smoke, proof.timeout, variables, setting="service.proof.command"
    )
    return OnTestTraffic(asks, own)


def variables_of(header: Header) -> dict[str, str]:
    """Return the variables by which a task's command reaches the new version; docs/strategies.md describes them."""
    return {"SLUICE_TEST_HEADER": header.name, "SLUICE_TEST_VALUE": header.value}

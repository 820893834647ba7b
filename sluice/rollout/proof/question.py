"""A request to the service, sent by the deployer or by a task, and its result."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sluice.inputs.smoke import Smoke
from sluice.rollout.deployment.http_answer import Ask, complaint
from sluice.rollout.diagnosis.smoke_diagnosis import Answered


class Reply(NamedTuple):
    """The result of one request.

    Attributes:
        wrong: what is wrong with the answer; empty when nothing is.
        said: request and answer, in one line.
        answered: the same for a diagnosis.
    """

    wrong: str
    said: str
    answered: Answered


Question = Callable[[Smoke, Callable[[], None]], Reply]
"""Sends one request. Takes the request and a function that raises when the rollout must end early; a request that takes
long calls it regularly."""


def directly(ask: Ask) -> Question:
    """Return what sends requests from the deployer."""

    def question(smoke: Smoke, heed: Callable[[], None]) -> Reply:
        answer = ask(smoke.url, smoke.timeout)
        return Reply(complaint(smoke, answer), f"GET {smoke.url} answered {answer.status}", Answered(smoke, answer))

    return question

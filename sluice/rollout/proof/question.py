"""Who asks the service, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sluice.inputs.smoke import Smoke
from sluice.rollout.deployment.http_answer import Ask, complaint
from sluice.rollout.diagnosis.smoke_diagnosis import Answered


class Reply(NamedTuple):
    """What came of one question.

    Attributes:
        wrong: what is wrong with the answer; empty when nothing is.
        said: who asked what, and what was answered.
        answered: the same for a diagnosis.
    """

    wrong: str
    said: str
    answered: Answered


Question = Callable[[Smoke, Callable[[], None]], Reply]
"""Asks once. Takes the request, and what raises when the work has to end before its time: a question that takes long
calls it now and then."""


def directly(ask: Ask) -> Question:
    """The deployer itself asks."""

    def question(smoke: Smoke, heed: Callable[[], None]) -> Reply:
        answer = ask(smoke.url, smoke.timeout)
        return Reply(complaint(smoke, answer), f"GET {smoke.url} answered {answer.status}", Answered(smoke, answer))

    return question

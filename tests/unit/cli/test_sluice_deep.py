"""What the deep path's answers say of a service that ECS takes for healthy."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.cli.deep import Deep, deep
from sluice.inputs.smoke import Smoke
from sluice.rollout.deployment.http_answer import Answer, Ask

URL = "https://shop.example.com/health"
GATE = {"deep": {"url": URL, "address": "lb.aws", "status": 200, "timeout": 7, "shared": False}}
SHARED = {"deep": {**GATE["deep"], "shared": True}}
GOOD, BAD, NONE = Answer(200, "ok"), Answer(503, "no such column"), Answer(0, "timed out")
ANSWERED = f"GET {URL} answered 503 instead of 200: no such column"
UNANSWERED = f"GET {URL} was not answered: timed out"

CASES: list[tuple[str, dict[str, Any], list[Answer], Deep | None]] = [
    ("a stack of an older version", {}, [], None),
    ("well", GATE, [GOOD], Deep(URL, 200)),
    ("a hiccup", GATE, [BAD, GOOD], Deep(URL, 200)),
    ("ill", GATE, [BAD, BAD], Deep(URL, 503, ANSWERED)),
    ("no answer", GATE, [NONE, NONE], Deep(URL, 0, UNANSWERED)),
    ("no answer of what may be internal", SHARED, [NONE, NONE], Deep(URL, 0, UNANSWERED, certain=False)),
    ("a bad answer of what may be internal", SHARED, [BAD, BAD], Deep(URL, 503, ANSWERED)),
]


@pytest.mark.parametrize(("gate", "answers", "found"), [one[1:] for one in CASES], ids=[one[0] for one in CASES])
def test_what_the_deep_path_says(gate: dict[str, Any], answers: list[Answer], found: Deep | None) -> None:
    waited, asked = list[float](), list[tuple[str, float, str]]()

    def by(smoke: Smoke) -> Ask:
        def send(url: str, timeout: float) -> Answer:
            asked.append((url, timeout, smoke.address))
            return answers[len(asked) - 1]

        return send

    assert deep(gate, waited.append, by) == found
    assert asked == [(URL, 7, "lb.aws")] * len(answers)
    assert len(waited) == max(0, len(answers) - 1)

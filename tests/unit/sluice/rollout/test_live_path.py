"""The load balancer's check moves only to a path that the version which serves answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from sluice.inputs.smoke import Smoke
from sluice.rollout.deployment.http_answer import Answer, Ask
from sluice.rollout.proof.live_path import moved_path

DEEP = {"url": "https://notes/health?deep=1", "address": "lb:443", "status": 204.0, "timeout": 3.0, "shared": False}
GATE = {"livePath": "/live", "deep": DEEP}
BOTH = "deploy a version that answers both /live and /up first, and change app.livePath with the one after it"


@pytest.mark.parametrize(
    ("gate", "path", "statuses", "result"),
    [
        (GATE, "/live", [], None),
        ({}, "/up", [], None),
        ({"deep": DEEP}, "/up", [], None),
        (GATE, "/up", [200], None),
        (GATE, "/up", [502, 200], None),
        (GATE, "/up", [404, 404], "refused"),
        (GATE, "/up", [204, 204], "refused"),
        (GATE, "/up", [0, 0], "unread"),
        ({"livePath": "/live"}, "/up", [], "unread"),
    ],
    ids=["same", "first", "old stack", "both", "hiccup", "new only", "no 200", "out of reach", "a task asks"],
)
def test_a_moved_path(gate: Mapping[str, Any], path: str, statuses: list[int], result: str | None) -> None:
    asked: list[str] = []

    def by(smoke: Smoke | None) -> Ask:
        assert smoke is not None
        assert smoke.address == "lb:443"

        def send(url: str, timeout: float) -> Answer:
            asked.append(url)
            return Answer(statuses[len(asked) - 1], "text")

        return send

    found = moved_path(gate, path, by)
    assert (found.result if found else None) == result
    assert asked == ["https://notes/up"] * len(statuses)
    if found:
        assert found.fix == BOTH


def test_the_words() -> None:
    found = moved_path(GATE, "/up", lambda smoke: lambda url, timeout: Answer(404, ""))
    assert str(found) == (
        "app.livePath: the version that serves answers 404 at /up; the load balancer's check would ask it there at "
        f"once, and ECS would replace its tasks as unhealthy. Fix: {BOTH}"
    )

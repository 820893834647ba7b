"""Target health: the documented thresholds, routing, draining."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Iterator

import pytest

from emulator.cloud.elb.check import check
from emulator.cloud.elb.health import CHECKING, Health, Outcome, State, Thresholds, matches, observe, routable
from emulator.cloud.elb.registered import Registered

LIMITS = Thresholds(healthy=3, unhealthy=2)
PASS, FAIL = Outcome(True), Outcome(False, "Target.Timeout", "Request timed out")


@pytest.mark.parametrize(
    ("begin", "outcomes", "end"),
    [
        (CHECKING, [PASS], State.HEALTHY),
        (CHECKING, [FAIL], State.INITIAL),
        (CHECKING, [FAIL, PASS], State.HEALTHY),
        (CHECKING, [FAIL, FAIL], State.UNHEALTHY),
        (Health(State.HEALTHY), [FAIL], State.HEALTHY),
        (Health(State.HEALTHY), [FAIL, PASS, FAIL], State.HEALTHY),
        (Health(State.HEALTHY), [FAIL, FAIL], State.UNHEALTHY),
        (Health(State.UNHEALTHY), [PASS, PASS], State.UNHEALTHY),
        (Health(State.UNHEALTHY), [PASS, PASS, FAIL, PASS], State.UNHEALTHY),
        (Health(State.UNHEALTHY), [PASS, PASS, PASS], State.HEALTHY),
    ],
)
def test_checks_change_the_state(begin: Health, outcomes: list[Outcome], end: State) -> None:
    health = begin
    for outcome in outcomes:
        health = observe(health, outcome, LIMITS)
    assert health.state is end
    assert health.reason == ("Target.Timeout" if end is State.UNHEALTHY and FAIL in outcomes[-2:] else health.reason)


@pytest.mark.parametrize(
    ("states", "chosen"),
    [
        ([State.HEALTHY, State.UNHEALTHY, State.HEALTHY], [0, 2]),
        ([State.UNHEALTHY, State.UNHEALTHY], [0, 1]),
        ([State.INITIAL, State.DRAINING, State.UNUSED], []),
        ([State.INITIAL, State.UNHEALTHY], [1]),
        ([], []),
    ],
)
def test_only_healthy_targets_get_requests_unless_there_is_none(states: list[State], chosen: list[int]) -> None:
    assert routable(states) == chosen


@pytest.mark.parametrize(
    ("status", "matcher", "passes"),
    [(200, "200", True), (204, "200", False), (204, "200-299", True), (301, "200,301", True), (503, "200-499", False)],
)
def test_matcher(status: int, matcher: str, passes: bool) -> None:
    assert matches(status, matcher) is passes


def test_a_leaving_target_gets_nothing_new_and_is_waited_for() -> None:
    targets = Registered(time.monotonic)
    target = targets.register("group", "10.0.0.1", 80)
    assert target is not None
    assert targets.register("group", "10.0.0.1", 80) is None
    assert targets.take("group") is None
    targets.observed(target, PASS, LIMITS)
    assert targets.take("group") is target

    leaving = targets.deregister("group", "10.0.0.1", None, 0.2)
    assert targets.take("group") is None
    assert target.health.state is State.DRAINING
    assert not targets.drained(leaving, time.monotonic() + 0.05)
    threading.Timer(0.05, targets.give_back, [target]).start()
    began = time.monotonic()
    assert targets.drained(leaving, began + 10)
    assert time.monotonic() - began < 5
    assert not targets.observed(target, PASS, LIMITS)
    while targets.of("group"):
        assert time.monotonic() - began < 5
    assert targets.register("group", "10.0.0.1", 80) is not None


def test_requests_are_spread() -> None:
    targets = Registered(time.monotonic)
    for number in range(2):
        target = targets.register("group", f"10.0.0.{number}", 80)
        assert target is not None
        targets.observed(target, PASS, LIMITS)
    taken = [targets.take("group") for _ in range(4)]
    assert len({one.address for one in taken if one}) == 2


class Answering(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/slow":
            time.sleep(1)
        self.send_response(503 if self.path == "/sick" else 200)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield int(server.server_address[1])
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "reason"), [("/", ""), ("/sick", "Target.ResponseCodeMismatch"), ("/slow", "Target.Timeout")]
)
def test_a_check_asks_for_real(port: int, path: str, reason: str) -> None:
    assert check("HTTP", "127.0.0.1", port, path, 0.3, "200").reason == reason


def test_a_closed_port_fails_the_check() -> None:
    assert check("HTTP", "127.0.0.1", 9, "/", 1, "200").reason == "Target.FailedHealthChecks"

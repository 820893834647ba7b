"""The status words of service deployments, the alarms' bake time, the back-off, the factor of time."""

from __future__ import annotations

import pytest

from emulator.cloud.ecs.service.deployment import bake_seconds
from emulator.cloud.ecs.service.service_deployment import Part, monitor, status
from emulator.cloud.ecs.service.throttle import back_off
from emulator.cloud.settings import TIME_VARIABLE, minutes, time_factor


@pytest.mark.parametrize(
    ("own", "rollback", "word"),
    [
        pytest.param(Part("IN_PROGRESS", True, False), None, "PENDING", id="nothing started yet"),
        pytest.param(Part("IN_PROGRESS", True), None, "IN_PROGRESS", id="under way"),
        pytest.param(Part("COMPLETED", True), None, "SUCCESSFUL", id="not COMPLETED, as deployments[] say"),
        pytest.param(Part("COMPLETED", False), None, "SUCCESSFUL", id="stays so when it is replaced"),
        pytest.param(Part("FAILED", True), None, "STOPPED", id="failed without a rollback"),
        pytest.param(Part("IN_PROGRESS", False), None, "STOPPED", id="superseded"),
        pytest.param(Part("FAILED", False), Part("IN_PROGRESS", True), "ROLLBACK_IN_PROGRESS", id="rolls back"),
        pytest.param(Part("FAILED", False), Part("COMPLETED", True), "ROLLBACK_SUCCESSFUL", id="rolled back"),
        pytest.param(Part("FAILED", False), Part("COMPLETED", False), "ROLLBACK_SUCCESSFUL", id="then replaced"),
        pytest.param(Part("FAILED", False), Part("FAILED", True), "ROLLBACK_FAILED", id="the rollback failed"),
        pytest.param(Part("FAILED", False), Part("IN_PROGRESS", False), "ROLLBACK_FAILED", id="it was superseded"),
    ],
)
def test_the_status_words(own: Part, rollback: Part | None, word: str) -> None:
    assert status(own, rollback) == word


@pytest.mark.parametrize(
    ("enabled", "triggered", "word", "monitored"),
    [
        (False, False, "IN_PROGRESS", "DISABLED"),
        (True, False, "IN_PROGRESS", "MONITORING"),
        (True, False, "SUCCESSFUL", "MONITORING_COMPLETE"),
        (True, True, "ROLLBACK_IN_PROGRESS", "TRIGGERED"),
        (True, True, "STOPPED", "TRIGGERED"),
    ],
)
def test_what_the_monitors_say(enabled: bool, triggered: bool, word: str, monitored: str) -> None:
    assert monitor(enabled, triggered, word) == monitored


@pytest.mark.parametrize(
    ("periods", "seconds"), [([], 0), ([(60, 1)], 60), ([(60, 1), (60, 3)], 180), ([(300, 5)], 300)]
)
def test_the_bake_time(periods: list[tuple[int, int]], seconds: float) -> None:
    assert bake_seconds(periods) == seconds


def test_the_back_off_grows_to_a_quarter_of_an_hour() -> None:
    assert [back_off(failures) for failures in (0, 1, 2, 3, 4)] == [0, 0, 1, 2, 4]
    assert back_off(12) == back_off(1000) == 900


@pytest.mark.parametrize(("text", "factor"), [("", 1), ("1", 1), ("10", 10), ("2.5", 2.5), ("1000", 1000)])
def test_the_factor_of_time(text: str, factor: float) -> None:
    assert time_factor(text) == factor


@pytest.mark.parametrize(("text", "seconds"), [("", 3.0), ("1", 180.0), ("60", 3.0), ("1000", 0.18)])
def test_minutes_of_a_strategy(text: str, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TIME_VARIABLE, text)
    time_factor.cache_clear()
    assert minutes(3) == pytest.approx(seconds)
    time_factor.cache_clear()


@pytest.mark.parametrize("text", ["0", "0.5", "-1", "1001", "fast", "nan"])
def test_a_factor_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SystemExit, match="SLUICE_TIME="):
        time_factor(text)

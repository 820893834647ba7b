"""A start's seconds beside the settings' health checks."""

from __future__ import annotations

import pytest

from check.result import Broken, Warned
from check.service.startup import judged
from infra.settings.service import Health

LOCAL = Health.model_validate({"startPeriod": 10, "interval": 5, "timeout": 3, "retries": 3})
"""As the local stack has it: failed checks count from 10 s on, three of them take 15 s."""


def test_a_start_with_room_passes() -> None:
    assert judged(6.0, LOCAL, "/live") == "10 s are allowed (service.health.startPeriod)"


@pytest.mark.parametrize(
    ("seconds", "health", "fix"),
    [
        (60.0, LOCAL, "set service.health.startPeriod to 90 or more"),
        (16.0, LOCAL, "set service.health.startPeriod to 30 or more"),
        (
            301.0,
            Health.model_validate({"startPeriod": 300}),
            "make the start shorter: service.health.startPeriod is at most 300 s",
        ),
        (241.0, Health(), "make the start shorter: service.health.startPeriod is at most 300 s"),
    ],
)
def test_a_start_that_ecs_does_not_wait_for_fails_and_names_setting_and_seconds(
    seconds: float, health: Health, fix: str
) -> None:
    with pytest.raises(Broken, match=f"/live answered {seconds:.0f} s after the start") as broken:
        judged(seconds, health, "/live")
    assert f"service.health.startPeriod is {health.start_period} s" in broken.value.what
    assert broken.value.remedy.startswith(fix)


@pytest.mark.parametrize(
    ("seconds", "says"),
    [(12.0, "retries × interval \\(15 s\\) keep the task"), (8.0, "a slower machine is too slow")],
)
def test_a_start_with_little_room_is_warned_of(seconds: float, says: str) -> None:
    with pytest.raises(Warned, match=says) as warned:
        judged(seconds, LOCAL, "/live")
    assert warned.value.remedy == "set service.health.startPeriod to 20 or more, or make the start shorter"

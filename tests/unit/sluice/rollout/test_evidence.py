"""What AWS says about a rollout, in lines: the recorded shapes of the API."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.rollout.diagnosis import evidence


def test_stop_reasons_are_counted_the_most_frequent_first() -> None:
    exited = {"stoppedReason": "Essential container in task exited", "containers": [{"name": "app", "exitCode": 137}]}
    killed = exited | {"containers": [{"name": "app", "exitCode": 137, "reason": "OutOfMemoryError: killed"}]}
    group = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/notes/0123456789abcdef"
    checks = {
        "stopCode": "ServiceSchedulerInitiated",
        "stoppedReason": f"Task failed ELB health checks in (target-group {group})",
        "containers": [{"name": "app", "exitCode": 143}],
    }
    stopping = checks | {"containers": [{"name": "app"}]}
    assert evidence.stop_reasons([checks, killed, exited, exited, exited, stopping, {}]) == [
        "3 × Essential container in task exited; container app exit code 137",
        "2 × Task failed ELB health checks in (target-group notes)",
        "1 × Essential container in task exited; container app exit code 137 (OutOfMemoryError: killed)",
        "1 × no reason given",
    ]


def event(id: str, text: str) -> dict[str, str]:
    return {"id": id, "message": f"(service notes) {text}"}


def test_events_are_new_limited_and_without_noise() -> None:
    events = [event(str(number), f"was unable to place task {number}.") for number in range(20)]
    events += [
        event("n", "has reached a steady state."),
        event("s", "has started 2 tasks: (task 1)."),
        event("k", "old"),
    ]
    assert evidence.new_events({"events": events}, {"k"}, limit=2) == [
        "18 earlier ones",
        "was unable to place task 1.",
        "was unable to place task 0.",
    ]
    assert evidence.new_events({"events": [event("1", "same"), event("2", "same")]}, set()) == ["same (× 2)"]
    assert evidence.new_events(None, set()) == []


@pytest.mark.parametrize(
    ("service", "says"),
    [
        (None, "nothing: the service is gone"),
        ({"status": "DRAINING"}, "nothing: the service is gone"),
        ({"status": "ACTIVE", "deployments": [{"taskDefinition": "td/n:1", "runningCount": 0}]}, "no task of the"),
        (
            {
                "status": "ACTIVE",
                "deployments": [
                    {"taskDefinition": "td/n:1", "runningCount": 1},
                    {"taskDefinition": "td/n:2", "runningCount": 1},
                    {"taskDefinition": "td/n:1", "runningCount": 1},
                ],
            },
            "2 tasks of n:1, 1 task of n:2",
        ),
    ],
)
def test_what_serves(service: dict[str, Any] | None, says: str) -> None:
    assert says in evidence.serves_now(service)


BREAKER: dict[str, Any] = {
    "status": "ROLLBACK_SUCCESSFUL",
    "statusReason": "rolled back because the circuit breaker threshold was exceeded.",
    "deploymentCircuitBreaker": {"status": "TRIGGERED", "failureCount": 3, "threshold": 3},
    "alarms": {"status": "DISABLED"},
    "rollback": {"reason": "circuit breaker threshold exceeded"},
}
ALARM: dict[str, Any] = {
    "status": "ROLLBACK_IN_PROGRESS",
    "deploymentCircuitBreaker": {"status": "MONITORING", "failureCount": 0, "threshold": 3},
    "alarms": {"status": "TRIGGERED", "alarmNames": ["a", "b"], "triggeredAlarmNames": ["b"]},
}


@pytest.mark.parametrize(
    ("record", "lines", "by"),
    [
        (None, [], ""),
        ({"status": "SUCCESSFUL"}, [], ""),
        (
            BREAKER,
            [
                "the circuit breaker ended it: 3 tasks failed, its threshold is 3",
            ],
            " by the ECS circuit breaker",
        ),
        (ALARM, ["alarm b ended it"], " by an alarm"),
    ],
)
def test_a_service_deployment(record: dict[str, Any] | None, lines: list[str], by: str) -> None:
    assert evidence.service_deployment(record) == lines
    assert evidence.ended_by("", lines) == by


def test_who_ended_it_by_the_reason_alone() -> None:
    assert (
        evidence.ended_by("ECS deployment circuit breaker: tasks failed to start.", []) == " by the ECS circuit breaker"
    )
    assert evidence.ended_by("not completed within the deadline", []) == ""


def test_tasks_that_were_only_scaled_in_say_nothing_beside_those_that_failed() -> None:
    scaled = {"stoppedReason": "Scaling activity initiated by (deployment ecs-svc/1)"}
    sick = {"stoppedReason": "Task failed ELB health checks in (target-group t)"}
    assert evidence.failed([scaled, sick, scaled]) == [sick]
    assert evidence.failed([scaled]) == [scaled]
    assert evidence.failed([]) == []

"""The text of a failed rollout: cause and fix first, then facts, each once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sluice.aws.patience import Patience
from sluice.diagnosis.printed import Printed
from sluice.rollout.deployment.http_answer import Answer
from sluice.rollout.deployment.judge import Judgement, State
from sluice.rollout.diagnosis.rollout_failure import SHOWN_LINES, RolloutFailed, Witness
from tests.unit.sluice.migration.simulation import Clock
from tests.unit.sluice.rollout.rolling import GROUP, NEW, OLD, Service, roll_out

BEGUN = datetime(2026, 11, 27, 12, tzinfo=UTC)
TARGETS = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/notes/0123456789abcdef"
APP: dict[str, Any] = {
    "name": "app",
    "portMappings": [{"containerPort": 8080}],
    "logConfiguration": {"options": {"awslogs-group": "/notes", "awslogs-stream-prefix": "service"}},
}
ROLLED_BACK = Judgement(State.ROLLED_BACK, "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/0.")
REFUSED = "Invalid HTTP_HOST header: '10.0.1.7:8080'. You may need to add '10.0.1.7' to ALLOWED_HOSTS."


def unhealthy(service: Service, description: str, lines: list[str]) -> None:
    """Three tasks that were replaced for their targets, each with its event."""
    service.readings.containers = [APP]
    service.readings.group = {"HealthCheckPath": "/live", "HealthCheckIntervalSeconds": 5}
    service.events = [
        {
            "id": str(number),
            "message": f"(service notes) (task 5c6a3c1e-8f0b-{number}) (port 8080) is unhealthy in "
            f"(target-group {TARGETS}) due to (reason {description}).",
        }
        for number in range(3)
    ]
    tasks: list[dict[str, Any]] = [
        {
            "taskArn": f"arn:task/notes/{number}",
            "stopCode": "ServiceSchedulerInitiated",
            "stoppedReason": f"Task failed ELB health checks in (target-group {TARGETS})",
            "startedAt": BEGUN,
            "stoppingAt": BEGUN + timedelta(seconds=20),
            "containers": [{"name": "app", "exitCode": 143}],
        }
        for number in range(3)
    ]
    service.stopped_tasks = lambda deployment, task_definition: tasks  # type: ignore[method-assign]
    service.last_lines = lambda task: lines  # type: ignore[method-assign]
    service.readings.first = [Printed(BEGUN.timestamp() + 1, line) for line in lines]


def explained(service: Service, **more: Any) -> str:
    """What the witness of a deployment says that ECS rolled back."""
    witness = Witness(service, Patience(service.clock, "explaining"), NEW, (GROUP,))  # type: ignore[arg-type]
    why = more.pop("why", ROLLED_BACK)
    return witness.explain(why, "ecs-svc/1", more.pop("previous", OLD), **more)


@pytest.fixture
def service() -> Service:
    return Service(Clock(), {})


def test_the_whole_text(service: Service) -> None:
    unhealthy(service, "Health checks failed with these codes: [400]", [REFUSED] * 30)
    service.rolled_back = "ecs-svc/1"
    assert explained(service).splitlines() == [
        "the rollout of notes:8 was rolled back by the ECS circuit breaker: 3 tasks failed, its threshold is 3",
        "  cause:         the application refuses the Host header: the load balancer's check asks /live with the "
        "task's own address and port as Host, and gets 400",
        "  fix:           let /live (app.livePath) answer whatever Host it is asked for, or add the tasks' own "
        "addresses to the allowed hosts; then run `pulumi up` again",
        "  stopped tasks: 3 × Task failed ELB health checks in (target-group notes)",
        "  ECS says:      (port 8080) is unhealthy in (target-group notes) due to (reason Health checks failed with "
        "these codes: [400]). (× 3)",
        "  last lines of task 0:",
        f"    | {REFUSED} (× 30)",
        "  log:           log group /notes, stream service/app/0",
        "  notes:7 keeps serving: 1 task of notes:7.",
    ]


def test_a_log_of_different_lines_stays_short(service: Service) -> None:
    words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"]
    unhealthy(service, "Health checks failed", [f"{one} {other}" for one in words for other in words[:3]])
    shown = [line for line in explained(service).splitlines() if line.startswith("    | ")]
    assert len(shown) == SHOWN_LINES
    assert shown[-1] == "    | kappa gamma"


def test_a_silent_slow_start_names_the_setting_and_the_seconds(service: Service) -> None:
    unhealthy(service, "Health checks failed", [])
    service.readings.containers = [APP | {"healthCheck": {"command": ["CMD", "true"], "startPeriod": 10}}]
    text = explained(service)
    assert "in the 20 s that a task lived; failed checks count after service.health.startPeriod (10 s)" in text
    assert "set service.health.startPeriod to more than 30" in text
    assert "log:           it had printed nothing" in text


def test_where_it_listens_is_looked_for_at_the_beginning_of_the_log(service: Service) -> None:
    unhealthy(service, "Health checks failed", ["tick"] * 30)
    service.readings.first = [Printed(BEGUN.timestamp() + 1, "listening on http://127.0.0.1:8080")]
    assert "cause:         the application probably listens on 127.0.0.1 only" in explained(service)


@pytest.mark.parametrize(
    ("previous", "first", "says", "silent"),
    [
        ("", None, "This was the first deployment: there is no version to roll back to.", "known to have served"),
        ("", True, "This was the first deployment", "known to have served"),
        ("", False, "no version to roll back to that is known to have served", "first deployment"),
        (OLD, None, "notes:7 keeps serving", "first deployment"),
        (OLD, False, "notes:7 keeps serving", "first deployment"),
    ],
)
def test_a_first_deployment_is_said_only_of_a_first_one(
    service: Service, previous: str, first: bool | None, says: str, silent: str
) -> None:
    text = explained(service, previous=previous, first=first)
    assert says in text
    assert silent not in text


@pytest.mark.parametrize(
    ("state", "new", "old", "says"),
    [
        (State.ROLLED_BACK, 0, 2, "notes:7 keeps serving: 2 tasks of notes:7."),
        (State.ROLLED_BACK, 1, 2, "notes:7 keeps serving: 2 tasks of notes:7, beside 1 task of notes:8."),
        (State.FAILED, 1, 2, "notes:7 keeps serving: 2 tasks of notes:7, beside 1 task of notes:8."),
        (State.FAILED, 2, 0, "now serves:    2 tasks of notes:8"),
        (State.FAILED, 0, 0, "now serves:    nothing: no task of the service runs"),
        (State.SUPERSEDED, 1, 2, "now serves:    1 task of notes:8, 2 tasks of notes:7"),
    ],
)
def test_the_version_before_keeps_serving_where_its_tasks_run(
    service: Service, state: State, new: int, old: int, says: str
) -> None:
    service.deployments = [
        {"taskDefinition": NEW, "runningCount": new, "rolloutState": "FAILED"},
        {"taskDefinition": OLD, "runningCount": old, "rolloutState": "COMPLETED"},
    ]
    assert explained(service, why=Judgement(state, "ended")).endswith(f"  {says}")


def test_the_answer_of_a_smoke_request_and_the_running_tasks_log_give_the_cause() -> None:
    service = Service(Clock(), {NEW: "COMPLETED", OLD: "COMPLETED"})
    service.stopped_tasks = lambda deployment, task_definition: []  # type: ignore[method-assign]
    service.readings.running = [{"taskArn": "arn:task/notes/new"}]
    service.last_lines = lambda task: ["ERROR:  permission denied for table notes"]  # type: ignore[method-assign]
    with pytest.raises(RolloutFailed) as failure:
        roll_out(service, ask=lambda url, timeout: Answer(503, "no database"))
    text = str(failure.value)
    assert "cause:         the application answers 503 at /health; its log points to: the database user of" in text
    assert "| ERROR:  permission denied for table notes" in text
    assert text.endswith("notes:7 serves again.")


def test_what_cannot_be_read_is_said_and_hides_nothing_else(service: Service) -> None:
    unhealthy(service, "Health checks failed with these codes: [404]", ["not found"])

    def refuse(*anything: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "DescribeTargetGroups")

    service.readings.target_group = refuse  # type: ignore[method-assign, assignment]
    text = explained(service)
    assert "health check: could not be read" in text
    assert "answer 404" in text

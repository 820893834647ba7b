"""A step that does not end: what hangs, and what is the web server in the step's place (C2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sluice.diagnosis.step_timeout import ports, server
from sluice.diagnosis.verdict import StepFailed
from sluice.inputs.step import Step
from tests.unit.sluice.migration.simulation import Script, client_error
from tests.unit.sluice.rollout.deploying import PLACE, Stage, subject

STEP = Step("master", ("migrate", "master"))
PORTS = frozenset({8080})
SERVICE = "arn:aws:ecs:eu-west-1:123456789012:task-definition/notes-service:9"
LISTENS = {"portMappings": [{"containerPort": 8080, "protocol": "tcp"}]}


@pytest.mark.parametrize(
    ("line", "certain"),
    [
        ("serving on 8080", True),
        ("serving on :8080", True),
        ("Listening at: http://0.0.0.0:8080 (1)", True),
        ("INFO:     Uvicorn running on http://0.0.0.0:8080 (Press CTRL+C to quit)", True),
        ("Serving HTTP on 0.0.0.0 port 8080 (http://0.0.0.0:8080/) ...", True),
        ("Tomcat started on port 8080 (http) with context path '/'", True),
        ('{"level":30,"msg":"listening","port":8080}', True),
        ("Starting development server at http://127.0.0.1:8080/", True),
        ("serving", False),
        ("Server started", False),
    ],
)
def test_a_server_in_the_step_s_place_is_said_to_be_one(line: str, certain: bool) -> None:
    found = server(STEP, ["booting", line, "10 workers"], PORTS)
    assert found is not None
    assert found.certain is certain
    assert ("port 8080, the service's own" in found.advice.cause) is certain


@pytest.mark.parametrize("line", ["Uvicorn running on http://0.0.0.0:9000", "Listening on :3000", "started on port 81"])
def test_where_the_service_s_port_is_not_known_any_port_counts_as_probable(line: str) -> None:
    found = server(STEP, [line], frozenset())
    assert found is not None
    assert not found.certain


@pytest.mark.parametrize(
    "line",
    [
        "",
        "applying 0002_titles",
        "Waiting for changelog lock....",
        "connected to db:5432, ready",
        "metrics listening on :8080",
        "Listening on :9000",
        "Started MigrateApplication in 3.2 seconds (process running for 3.9)",
        "INFO:     Application startup complete.",
        "preserving 8080 rows",
        "job 8080 started",
        "migration 8080: backfill started",
    ],
)
def test_a_migration_that_hangs_is_no_server(line: str) -> None:
    assert server(STEP, [line], PORTS) is None


def test_ports_of_a_task_definition() -> None:
    assert ports({}) == frozenset()
    assert ports({"containerDefinitions": [LISTENS, {"name": "agent"}, {"portMappings": [{}]}]}) == PORTS


def failure(stage: Stage, service: str = SERVICE) -> str:
    with pytest.raises(StepFailed) as failed:
        stage.deploy(subject(), place=replace(PLACE, service=service))
    return str(failed.value)


def serving(*lines: str) -> Stage:
    """A task that prints the lines and does not end; the service listens on 8080."""
    stage = Stage(Script(hangs=True, exit=143, lines=lines))
    stage.ecs.containers = [{**stage.ecs.containers[0], **LISTENS}]
    return stage


def test_a_step_that_times_out_as_a_server_is_said_to_be_one_by_its_first_lines() -> None:
    """What it printed since then has pushed that line out of the last ones."""
    text = failure(serving("serving on 8080", *(f"heartbeat {number}" for number in range(100))))
    lines = text.split("\n")
    assert lines[0].startswith("migration step 'master' failed: timed out after 1 min 00 s")
    assert lines[2].startswith(
        "  cause:       the step started the web server on port 8080, the service's own, instead of a migration: the "
        "image's entrypoint ignores its arguments"
    )
    assert lines[3] == "  seen:        serving on 8080"
    assert lines[4].startswith('  fix:         end the entrypoint\'s script with `exec "$@"`')
    assert "lock" not in text


def test_a_step_that_hangs_otherwise_is_not() -> None:
    text = failure(serving("applying 0002"))
    assert "  cause:       a migration that hangs usually waits for a lock" in text


def test_a_known_line_explains_more_than_a_server_that_names_no_port() -> None:
    text = failure(serving("serving", "ERROR:  deadlock detected"))
    assert "  seen:        ERROR:  deadlock detected" in text
    assert "web server" not in text


def test_a_server_that_somebody_stopped_by_hand_is_named_beside_that() -> None:
    stage = serving("serving on 8080")
    wait = stage.clock.wait

    def stops(seconds: float) -> None:
        wait(seconds)
        if stage.clock.elapsed > 10 and stage.ecs.tasks[0].stop_asked is None:
            stage.ecs.stop_task("c", stage.ecs.tasks[0].arn, "by Ann")

    stage.clock.wait = stops  # type: ignore[method-assign]
    text = failure(stage)
    assert "a person or program called StopTask" in text
    assert "its log points to: the step started the web server on port 8080" in text


def test_a_service_that_cannot_be_read_keeps_no_failure_back() -> None:
    stage = serving("serving on 8080")

    def trouble(call: str) -> Any:
        denied = call == "describe_task_definition" and stage.ecs.tasks
        return client_error("AccessDeniedException", "DescribeTaskDefinition") if denied else None

    stage.ecs.trouble = trouble
    text = failure(stage)
    assert "the step probably started the web server instead of a migration" in text
    assert any("warning: the service's ports could not be read" in line for line in stage.lines)


def test_an_operator_s_run_knows_no_service() -> None:
    text = failure(serving("serving on 8080"), service="")
    assert "the step probably started the web server instead of a migration" in text

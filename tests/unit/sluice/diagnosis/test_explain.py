"""A failed step in words, and what is started again before it is called failed."""

from __future__ import annotations

import re

import pytest

from sluice.diagnosis.explain import step_failure
from sluice.diagnosis.log_place import LogPlace
from sluice.diagnosis.step_timeout import server, timed_out
from sluice.diagnosis.verdict import Outcome, StepFailed, verdict
from sluice.inputs.step import Step
from tests.unit.sluice.diagnosis.outcomes import APP, exited, stopped, unstarted
from tests.unit.sluice.migration.simulation import Script
from tests.unit.sluice.rollout.deploying import Stage

STEP = Step("master", ("migrate", "master"))
PLACE = LogPlace("/notes", "migration", "app")
ARN = "arn:aws:ecs:eu-west-1:123456789012:task/notes/abc"


def test_the_line_that_gave_the_cause_away_is_named_before_the_last_lines() -> None:
    lines = ["applying 0002", 'UndefinedTable: relation "notez" does not exist', "rolled back"]
    outcome = verdict(exited(1), APP, "app")
    assert step_failure(STEP, 0, outcome, lines, PLACE, ARN).split("\n") == [
        "migration step 'master' failed: exit code 1",
        "  command:     migrate master",
        "  cause:       the migration needs a table, column, schema or role that does not exist",
        '  seen:        UndefinedTable: relation "notez" does not exist',
        "  fix:         check the order of the migrations, the search_path and the database that the step "
        "connects to; then run `pulumi up` again",
        "  last lines of task abc:",
        "    | applying 0002",
        '    | UndefinedTable: relation "notez" does not exist',
        "    | rolled back",
        "  log:         log group /notes, stream migration/app/abc",
        "  The service was not changed.",
    ]


def test_a_log_without_a_known_line_leaves_the_exit_code_s_own_words() -> None:
    text = step_failure(STEP, 0, verdict(exited(1), APP, "app"), ["boom"], PLACE, ARN)
    assert "cause:       the command ran and reported a failure" in text
    assert "seen:" not in text


def test_memory_is_not_explained_away_by_the_log() -> None:
    outcome = verdict(exited(137, "OutOfMemoryError: Container killed due to memory usage"), APP, "app")
    text = step_failure(STEP, 0, outcome, ["connection refused, trying again"], PLACE, ARN)
    assert "cause:       the container exceeded its memory limit; its log points to: " in text


def test_what_never_ran_has_no_log_to_speak_of() -> None:
    text = step_failure(STEP, 0, verdict(unstarted("CannotPullContainerError: x: not found"), APP), [], PLACE, ARN)
    assert "log:" not in text


def test_of_a_task_that_printed_nothing_the_log_is_named() -> None:
    text = step_failure(STEP, 0, verdict(exited(1), APP, "app"), [], PLACE, ARN)
    assert "  log:         it had printed nothing (log group /notes, stream migration/app/abc)" in text


def test_an_interrupted_step_keeps_who_stopped_it_and_adds_what_the_log_says() -> None:
    outcome = verdict(stopped("UserInitiated", "by Ann", app=143), APP, "app")
    text = step_failure(STEP, 0, outcome, ["ERROR:  deadlock detected"], PLACE, ARN)
    assert "StopTask" in text
    assert "its log points to: another session holds a lock" in text


@pytest.mark.parametrize(
    "reason",
    [
        'CannotStartContainerError: exec: "migrate": executable file not found in $PATH',
        "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/amd64'",
    ],
)
def test_what_cannot_change_by_itself_is_started_once(reason: str) -> None:
    stage = Stage(Script(fails_to_start=reason))
    with pytest.raises(StepFailed, match="could not start"):
        stage.deploy()
    assert stage.ecs.calls.count("run_task") == 1


def test_a_used_up_quota_is_asked_for_once() -> None:
    limit = [{"reason": "You've reached the limit on the number of vCPUs you can run concurrently"}]
    stage = Stage(Script(refused=limit))
    with pytest.raises(StepFailed, match="an account limit is reached"):
        stage.deploy()
    assert stage.ecs.calls.count("run_task") == 1


def test_after_a_lock_the_text_gives_the_commands_that_show_and_end_its_holder() -> None:
    outcome = verdict(exited(1), APP, "app")
    text = step_failure(STEP, 0, outcome, ["ERROR:  canceling statement due to lock timeout"], PLACE, ARN)
    (sessions,) = [line for line in text.splitlines() if line.startswith("  sessions:")]
    shown, ended = re.findall(r"`(sluice run --read-only -- psql -c \".*?\")`", sessions)
    assert "pg_blocking_pids(pid)" in shown
    assert "pg_terminate_backend(PID)" in ended
    assert sessions.endswith('docs/runbook.md, "A lock that stays"')
    other = step_failure(STEP, 0, outcome, ["permission denied for table notes"], PLACE, ARN)
    assert "sessions:" not in other


@pytest.mark.parametrize("line", ["ERROR:  canceling statement due to lock timeout", "ERROR:  deadlock detected"])
def test_after_a_lock_the_text_says_how_to_find_an_invalid_index(line: str) -> None:
    text = step_failure(STEP, 0, verdict(exited(1), APP, "app"), [line], PLACE, ARN)
    assert "CREATE INDEX CONCURRENTLY leaves an invalid index" in text
    assert "SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid" in text


def test_a_step_that_was_interrupted_otherwise_may_have_left_one_too() -> None:
    """By a stop, the end of its time, a signal, or rows that are not unique."""
    failed = verdict(exited(1), APP, "app")
    ends: list[tuple[Outcome, list[str]]] = [
        (verdict(stopped("UserInitiated", "by Ann", app=143), APP, "app"), []),
        (timed_out(verdict(stopped("UserInitiated", "time", app=143), APP, "app"), "it did not end within 5 s"), []),
        (verdict(exited(137), APP, "app"), []),
        (failed, ['ERROR:  could not create unique index "i"']),
        (failed, ["+ CREATE INDEX CONCURRENTLY i ON notes (text)", "boom"]),
    ]
    for outcome, lines in ends:
        assert "indexes:     CREATE INDEX CONCURRENTLY leaves" in step_failure(STEP, 0, outcome, lines, PLACE, ARN)


def test_a_web_server_that_ran_in_the_steps_place_builds_no_index() -> None:
    ended = timed_out(verdict(stopped("UserInitiated", "time", app=143), APP, "app"), "it did not end within 5 s")
    lines = ["Uvicorn running on http://0.0.0.0:8080"]
    text = step_failure(STEP, 0, ended, lines, PLACE, ARN, server(STEP, lines, frozenset({8080})))
    assert "the step started the web server on port 8080" in text
    assert "indexes:" not in text
    unsure = server(STEP, lines, frozenset({9090}))
    assert "indexes:" in step_failure(STEP, 0, ended, lines, PLACE, ARN, unsure), "its own server may be a debugger's"


def test_other_failures_speak_of_no_index() -> None:
    assert "INDEX" not in step_failure(STEP, 0, verdict(exited(1), APP, "app"), ["boom"], PLACE, ARN)
    unable = verdict(unstarted("CannotPullContainerError: x: not found"), APP)
    assert "indexes:" not in step_failure(STEP, 0, unable, ["CREATE INDEX CONCURRENTLY"], PLACE, ARN)


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("Migration table is already locked", "sluice run -- npx knex migrate:unlock"),
        ("error: Dirty database version 3. Fix and force version.", "sluice run -- migrate -path DIRECTORY"),
        ("Error: P3009", "sluice run -- npx prisma migrate resolve --rolled-back NAME"),
        ("Error: P3018", "sluice run -- npx prisma migrate resolve --rolled-back NAME"),
        ("Detected failed migration to version 3 (titles)", "sluice run -- flyway repair"),
        ("Waiting for changelog lock....", "sluice run -- liquibase release-locks"),
    ],
)
def test_what_an_interrupted_run_left_is_named_with_the_tool_s_own_command(line: str, command: str) -> None:
    assert command in step_failure(STEP, 0, verdict(exited(1), APP, "app"), [line, "exit"], PLACE, ARN)


def test_what_a_program_prints_cannot_hurt_the_explanation() -> None:
    step = Step("master", ("migrate", "--password", "hunter two"))
    lines = ["\x1b[31mDB_PASS=hunter2\x1b[0m", *(f"{number} " + "x" * 350_000 for number in range(29))]
    outcome = verdict(exited(1, "CannotStart: \x1b[2J password=hunter2"), APP, "app")
    text = step_failure(step, 0, outcome, lines, PLACE, ARN)
    assert "hunter" not in text
    assert "\x1b" not in text
    assert "  command:     migrate --password ***" in text
    assert max(map(len, text.split("\n"))) < 2_100
    assert len(text) < 10_000
    assert "28 earlier lines not shown; the full text is in the log" in text
    assert "    | 28 xxx" in text

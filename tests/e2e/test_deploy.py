"""The whole road on real containers: deploy, roll, fail, interrupt, kill, and go on."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from tests.e2e.plugins_of import plugins_of
from tests.e2e.stage import STACK, Client, Stage, until

PAGE = "src/notes/page.html"


def test_first_deploy(stage: Stage) -> None:
    """From nothing: the migration ran in the very image that serves, and the service answers."""
    finished = stage.up()
    outputs = stage.outputs()
    status, _, page = Client(outputs["url"]).ask()
    assert status == 200
    assert "<html" in page
    assert all(code == 0 for step in outputs["migrations"] for code in step["exitCodes"])
    assert {"master", "verify"} <= {step["name"] for step in outputs["migrations"]}
    digest = outputs["image"].rpartition("@")[2]
    assert {task["containers"][0]["imageDigest"] for task in stage.migration_tasks()} == {digest}
    assert "master | " in finished.output, "the migration's log lines must be shown"


def test_nothing_changed_starts_nothing(deployed: Stage) -> None:
    before = {task["taskArn"] for task in deployed.migration_tasks()}
    service = deployed.service()
    finished = deployed.up()
    assert "unchanged" in finished.output
    # It waits for nothing; two other groups of tests deploy beside it, so this is no measure (alone it takes 7 s).
    assert finished.seconds < 30
    assert {task["taskArn"] for task in deployed.migration_tasks()} == before
    assert deployed.service()["deployments"][0]["id"] == service["deployments"][0]["id"]


def test_preview_touches_nothing_and_says_what_would_run(deployed: Stage) -> None:
    before = {task["taskArn"] for task in deployed.migration_tasks()}
    deployed.edit(PAGE, "</body>", "<!-- previewed --></body>")
    finished = deployed.pulumi("preview", "--diff")
    assert re.search(
        r"would run .*master.*verify.*: the image changed|would run .*master.*verify.*: if ", finished.output
    )
    assert {task["taskArn"] for task in deployed.migration_tasks()} == before


def test_refresh_finds_no_drift(deployed: Stage) -> None:
    deployed.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    deployed.pulumi("preview", "--expect-no-changes")


def test_changed_code_rolls_without_a_failed_request(deployed: Stage) -> None:
    before = deployed.outputs()
    deployed.edit(PAGE, "</body>", "<!-- second --></body>")
    with Client(before["url"]).calling() as client:
        finished = deployed.up()
        until(lambda: "<!-- second -->" in client.answers[-1][3], 10, "the new version answers")
    after = deployed.outputs()
    assert after["image"] != before["image"]
    assert after["migrations"][0]["tasks"] != before["migrations"][0]["tasks"]
    assert client.failed == []
    assert len(client.answers) > 20
    assert "<!-- second -->" not in client.answers[0][3]
    migrated = finished.output.index("verify: exit code 0")
    assert migrated < finished.output.index("deployment ecs-svc/"), "no task may be replaced before the gate has passed"


def test_a_failing_migration_fails_the_update_and_the_old_version_serves(deployed: Stage) -> None:
    before = deployed.service()
    broken = deployed.add_migration(9001, "import sys\nprint('tenant 42 has no owner', flush=True)\nsys.exit(3)")
    with Client(deployed.outputs()["url"]).calling() as client:
        finished = deployed.up(expect=None)
    assert finished.code != 0
    assert "migration step 'master' failed: exit code 3" in finished.output
    assert "tenant 42 has no owner" in finished.output
    assert "The service was not changed" in finished.output
    assert "Traceback" not in finished.output
    after = deployed.service()
    assert after["taskDefinition"] == before["taskDefinition"]
    assert after["deployments"][0]["id"] == before["deployments"][0]["id"]
    assert client.failed == []

    broken.write_text(broken.read_text().replace("sys.exit(3)", "op.execute('create table tenants_9001 (id int)')"))
    with Client(deployed.outputs()["url"]).calling() as client:
        deployed.up()
    deployed.applied(broken)
    assert client.failed == []
    assert deployed.service()["taskDefinition"] != before["taskDefinition"]


def test_a_version_that_does_not_answer_goes_back(deployed: Stage) -> None:
    """It starts, its /live answers, its targets are healthy, and yet it is not fit: the smoke request decides."""
    before = deployed.service()["taskDefinition"]
    deployed.edit("src/notes/app.py", '"/health"', '"/health-elsewhere"')
    with Client(deployed.outputs()["url"]).calling() as client:
        finished = deployed.up(expect=None)
    assert finished.code != 0
    assert "smoke request" in finished.output
    assert "serves again" in finished.output
    assert deployed.service()["taskDefinition"] == before
    assert client.failed == []


SLOW = "import time\nprint('locking the table', flush=True)\ntime.sleep({})\nop.execute('select 1')"


def test_ctrl_c_stops_the_task_and_leaves_the_service(deployed: Stage) -> None:
    stage = deployed
    revision = stage.add_migration(9100, SLOW.format(10))
    service, before = stage.service(), {task["taskArn"] for task in stage.migration_tasks()}
    running = stage.start("up", "--yes", "--skip-preview")
    running.wait_for("locking the table", 120)
    interrupted = time.monotonic()
    running.send(signal.SIGINT)
    finished = running.finish(30)
    assert finished.code != 0
    assert time.monotonic() - interrupted < 10
    assert re.search(r"was cancelled: task \S+ was asked to stop, and may run up to 30 s more", finished.output)
    (task,) = [
        task for task in stage.migration_tasks() if task["taskArn"] not in before and _command(task) == "migrate master"
    ]
    until(lambda: _status(stage, task["taskArn"]) == "STOPPED", 60, "the task stops")
    assert stage.service()["taskDefinition"] == service["taskDefinition"]
    assert Client(stage.outputs()["url"]).ask()[0] == 200
    stage.up()
    stage.applied(revision)
    assert stage.service()["taskDefinition"] != service["taskDefinition"]


def test_killed_deployer_is_taken_over_and_only_one_task_ever_ran(deployed: Stage) -> None:
    stage = deployed
    revision = stage.add_migration(9200, SLOW.format(20))
    before = {task["taskArn"] for task in stage.migration_tasks()}
    running = stage.start("up", "--yes", "--skip-preview")
    running.wait_for("locking the table", 120)
    running.send(signal.SIGKILL)
    assert running.finish(30).code == -signal.SIGKILL
    until(lambda: not plugins_of(running.process.pid), 10, "the plugins of the killed pulumi exit")
    stage.pulumi("cancel", "--yes", "--stack", STACK)
    finished = stage.up()
    stage.applied(revision)
    assert "taking over run" in finished.output
    started = [task for task in stage.migration_tasks() if task["taskArn"] not in before]
    commands = [_command(task) for task in started]
    recorded = [task for step in stage.outputs()["migrations"] for task in step["tasks"]]
    assert sorted(task["taskArn"].rpartition("/")[2] for task in started) == sorted(recorded), "one task per shard"
    assert commands.count("migrate master") == 1
    assert Client(stage.outputs()["url"]).ask()[0] == 200


def test_no_password_is_kept_outside_secrets_manager(deployed: Stage) -> None:
    """Nor was it in any state, revision, task, record or log line of the tests before this one."""
    secrets = deployed.client("secretsmanager")
    names = [one["ARN"] for one in secrets.list_secrets()["SecretList"]]
    passwords = [json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])["password"] for name in names]
    assert len(set(passwords)) == 3, "of the master user, the owner and the application"
    assert min(map(len, passwords)) >= 16, "a short one would be found by chance"
    places = dict(_places(deployed))
    families = {name.partition(":")[0] for name in places if name.startswith("sluice-")}
    assert {name.rpartition("-")[2] for name in families} >= {"bootstrap", "migration", "service"}, families
    for kind in ("state", "history of the state", "task", "parameter", "log of", "docker"):
        assert any(name.startswith(kind) and text for name, text in places.items()), f"nothing to search: {kind}"
    for password in passwords:
        forms = {password, quote(password, safe=""), json.dumps(password)[1:-1]}
        assert [name for name, text in places.items() if any(form in text for form in forms)] == []


def _places(stage: Stage) -> Iterator[tuple[str, str]]:
    """Whatever is written down where more people read than in Secrets Manager: its name and its text."""
    yield "state, decrypted", stage.pulumi("stack", "export", "--show-secrets", "--stack", STACK).output
    for file in sorted(one for one in stage.place.state.rglob("*") if one.is_file()):
        yield f"history of the state: {file.name}", file.read_text(errors="replace")
    ecs, ssm, logs = (stage.client(name) for name in ("ecs", "ssm", "logs"))
    for status in ("ACTIVE", "INACTIVE"):
        for page in ecs.get_paginator("list_task_definitions").paginate(status=status):
            for arn in page["taskDefinitionArns"]:
                text = json.dumps(ecs.describe_task_definition(taskDefinition=arn), default=str)
                yield arn.rpartition("/")[2], text
    for task in stage.migration_tasks():
        yield f"task {task['taskArn']}", json.dumps(task, default=str)
    for page in ssm.get_paginator("get_parameters_by_path").paginate(Path="/sluice", Recursive=True):
        for one in page["Parameters"]:
            yield f"parameter {one['Name']}", one["Value"]
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            found = logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"])
            yield (
                f"log of {group['logGroupName']}",
                "\n".join(one["message"] for some in found for one in some["events"]),
            )
    image = stage.outputs()["image"]
    for words in (["inspect"], ["history", "--no-trunc"]):
        command = ["docker", *words, image]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
        yield " ".join(command), done.stdout


def _command(task: dict[str, Any]) -> str:
    return " ".join(task["overrides"]["containerOverrides"][0]["command"])


def _status(stage: Stage, arn: str) -> str:
    cluster = stage.outputs()["cluster"]
    return str(stage.client("ecs").describe_tasks(cluster=cluster, tasks=[arn])["tasks"][0]["lastStatus"])

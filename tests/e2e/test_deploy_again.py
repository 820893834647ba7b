"""What makes the steps run again, what must not go around them, and what runs after the rollout."""

from __future__ import annotations

import json
import subprocess

import psycopg
import pytest

from local import environment
from tests.e2e.stage import ROOT, STACK, Client, Running, Stage

PAGE = "src/notes/page.html"


def urns(stage: Stage, token: str) -> list[str]:
    """The URNs of the stack's resources of a type."""
    state = json.loads(stage.pulumi("stack", "export", "--stack", STACK).output)
    found = [str(one["urn"]) for one in state["deployment"]["resources"] if one["type"] == token]
    assert found, f"the stack has no {token}"
    return found


def test_a_partial_update_cannot_go_around_the_gate(deployed: Stage) -> None:
    """Service and Rollout take the gate's output: without the gate in the update they keep what it let through."""
    before, tasks = deployed.service(), len(deployed.migration_tasks())
    deployed.edit(PAGE, "</body>", "<!-- around the gate --></body>")
    everything_but_the_gate = (
        "sluice:components:Image",
        "aws:ecs/taskDefinition:TaskDefinition",
        "aws:ecs/service:Service",
        "gate:index:Rollout",
    )
    targets = [target for token in everything_but_the_gate for target in urns(deployed, token)]
    # Of an image that was in the repository already there is no resource in the state yet, only its component.
    targets.append(targets[0].replace("components:Image::", "components:Image$docker:index/image:Image::"))
    deployed.pulumi("up", "--yes", "--skip-preview", *(word for target in targets for word in ("--target", target)))
    after = deployed.service()
    assert after["taskDefinition"] == before["taskDefinition"]
    assert after["deployments"][0]["id"] == before["deployments"][0]["id"]
    assert len(deployed.migration_tasks()) == tasks
    assert "around the gate" not in Client(deployed.outputs()["url"]).ask()[2]


@pytest.mark.parametrize("user", ["app", "owner"])
def test_a_rotated_password_loses_no_request(deployed: Stage, user: str) -> None:
    """By `sluice rotate`, which runs the ordinary `pulumi up`."""
    (before,) = [one for one in _logins(deployed) if one["username"].endswith(f"_{user}")]
    tasks = {task for step in deployed.outputs()["migrations"] for task in step["tasks"]}
    words = ["sluice", "rotate", user, "--yes", "--stack", STACK, f"--up=--config-file={deployed.settings}"]
    with Client(deployed.outputs()["url"]).calling() as client:
        finished = Running([*words, "--up=--non-interactive"], deployed.env).finish()
    assert finished.code == 0, finished.output
    assert len(client.answers) > 20
    assert client.failed == []
    (after,) = [one for one in _logins(deployed) if one["username"] == before["username"]]
    assert after["password"] != before["password"]
    assert _accepted(deployed, after)
    assert not _accepted(deployed, before)
    assert tasks.isdisjoint({task for step in deployed.outputs()["migrations"] for task in step["tasks"]})
    assert Client(deployed.outputs()["url"]).ask()[0] == 200


def _logins(stage: Stage) -> list[dict[str, str]]:
    """What the secrets of the stack's database users hold."""
    client = stage.client("secretsmanager")
    named = [
        one["ARN"] for one in client.list_secrets()["SecretList"] if "Database user " in one.get("Description", "")
    ]
    return [json.loads(client.get_secret_value(SecretId=arn)["SecretString"]) for arn in named]


def _accepted(stage: Stage, login: dict[str, str]) -> bool:
    """Whether the database lets somebody in with this login."""
    at = stage.outputs()["database"]
    try:
        with psycopg.connect(
            host=at["address"],
            port=at["port"],
            dbname=at["name"],
            user=login["username"],
            password=login["password"],
            sslmode="require",
            connect_timeout=10,
        ):
            return True
    except psycopg.OperationalError as error:
        if "password authentication failed" not in str(error):
            raise
        return False


def test_a_recreated_database_is_migrated_again(deployed: Stage) -> None:
    """The very same image, and yet an empty database: its identity is part of what the steps ran for."""
    before = deployed.outputs()
    (database,) = urns(deployed, "aws:rds/instance:Instance")
    finished = deployed.pulumi("up", "--yes", "--skip-preview", "--replace", database)
    assert "the database itself (recreated or restored) changed" in finished.output
    after = deployed.outputs()
    assert after["image"] == before["image"]
    assert {task for step in after["migrations"] for task in step["tasks"]}.isdisjoint(
        {task for step in before["migrations"] for task in step["tasks"]}
    )
    assert Client(after["url"]).ask()[0] == 200


@pytest.fixture
def with_after_step(deployed: Stage) -> Stage:
    text = deployed.settings.read_text()
    step = "    - name: contract\n      command: [migrate, verify]\n      phase: after\n"
    assert "  migrations:\n" in text
    deployed.settings.write_text(text.replace("  migrations:\n", f"  migrations:\n{step}"))
    deployed.edit(PAGE, "</body>", "<!-- contracted --></body>")
    return deployed


def test_after_steps_run_once_the_version_before_is_gone(with_after_step: Stage) -> None:
    stage = with_after_step
    old = stage.service()["taskDefinition"]
    with Client(stage.outputs()["url"]).calling() as client:
        stage.up()
    assert client.failed == []
    (contract,) = [step for step in stage.outputs()["migrations"] if step["name"] == "contract"]
    assert contract["exitCodes"] == [0]
    ecs, outputs = stage.client("ecs"), stage.outputs()
    cluster = outputs["cluster"]
    stopped = ecs.list_tasks(cluster=cluster, serviceName=outputs["service"], desiredStatus="STOPPED")["taskArns"]
    before = [
        task for task in ecs.describe_tasks(cluster=cluster, tasks=stopped)["tasks"] if task["taskDefinitionArn"] == old
    ]
    (ran,) = ecs.describe_tasks(cluster=cluster, tasks=contract["tasks"])["tasks"]
    assert before
    assert all(task["stoppedAt"] <= ran["createdAt"] for task in before)
    again = stage.up()
    assert "contract" not in again.output.partition("Outputs:")[0], "nothing changed, so nothing runs"


def sluice(stage: Stage, *words: str) -> str:
    """An operator's command on the deployed stack; returns what it said."""
    env = dict(stage.env)
    env["PATH"] = f"{environment.pulumi_bin(stage.place)}:{env['PATH']}"
    done = subprocess.run(
        [str(ROOT / "bin" / "sluice"), *words[:1], "--stack", STACK, *words[1:]],
        cwd=ROOT, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_success_lasts_until_an_operator_may_have_changed_the_schema(deployed: Stage) -> None:
    """K1: a command of the image that undoes migrations, then `pulumi up` with nothing changed."""
    before = len(deployed.migration_tasks())
    assert "runs the migration steps again" in sluice(deployed, "run", "--", "migrate", "verify")
    sluice(deployed, "run", "--read-only", "--", "migrate", "verify")
    preview = deployed.pulumi("preview").output
    assert "would run bootstrap, master, tenants, verify: `sluice run` by" in preview
    assert "migrate verify) may have changed the schema since run" in preview
    deployed.up()
    ran = sum(len(step["tasks"]) for step in deployed.outputs()["migrations"])
    assert len(deployed.migration_tasks()) == before + 2 + ran
    assert "schema       proven by run" in sluice(deployed, "status")
    again = deployed.up()
    assert "unchanged" in again.output
    assert "running bootstrap" not in again.output

"""Every attack on the local cloud is held off; on commit 1a5c0d0 those that attacks.py lists succeeded."""

from __future__ import annotations

import http.client
import json
import stat
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import pytest

from emulator.cloud import key
from tests.e2e.cloud.attacks import ATTACKS, IMAGE, REGION, Target
from tests.e2e.cloud.stage import Stage, until
from tests.unit.emulator.plugins.ports import listening


@pytest.fixture(scope="module")
def target(stage: Stage) -> Target:
    cloud = stage.cloud
    return Target(cloud.endpoint, cloud.registry, cloud.account, cloud.secret())


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_held_off(target: Target, name: str) -> None:
    assert ATTACKS[name](target) is None


def test_only_the_user_reads_the_key_and_what_is_derived_from_it(stage: Stage) -> None:
    for file in (stage.cloud.local_dir / key.FILE, stage.cloud.docker_config() / "config.json"):
        assert stat.S_IMODE(file.stat().st_mode) & 0o077 == 0, file
    secrets = (stage.cloud.secret(), stage.cloud.registry_password)
    for file in (stage.cloud.local_dir / "cloud.json", stage.cloud.local_dir / "logs" / "cloud.log"):
        assert not any(secret in file.read_text() for secret in secrets), file
    command = Path(f"/proc/{stage.cloud.pid}/cmdline").read_text()
    assert not any(secret in command for secret in secrets)


def test_it_listens_on_the_bridge_alone(stage: Stage) -> None:
    """The emulated AWS and its load balancers: no port of the process is open elsewhere."""
    stage.load_balancer()
    addresses = listening(stage.cloud.pid)
    assert addresses == {stage.cloud.host}


CALL = """
import urllib.request, os, sys, time, json
print(json.dumps({name: os.environ[name] for name in os.environ if name.startswith("AWS_")}), flush=True)
print(urllib.request.urlopen(os.environ["ECS_CONTAINER_METADATA_URI_V4"] + "/task").status, flush=True)
time.sleep(60)
"""


def test_a_tasks_credentials_are_its_roles_and_end_with_it(stage: Stage) -> None:
    """They are in the container's environment, as every SDK looks there first."""
    role = stage.client("iam").create_role(RoleName=stage.name("task"), AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    definition = stage.ecs.register_task_definition(
        family="with-role",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        taskRoleArn=role,
        containerDefinitions=[logged(stage, {"command": ["python", "-c", CALL], "stopTimeout": 2})],
    )["taskDefinition"]["taskDefinitionArn"]
    arn = stage.run(definition)
    stage.in_state(arn, "RUNNING")
    until(lambda: len(stage.lines(arn, "call")) == 2, 20)
    said, status = stage.lines(arn, "call")
    assert status == "200", "the task's own metadata answers"
    given = json.loads(said)
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    assert set(given) == {*names, "AWS_ENDPOINT_URL"}

    def caller(**other: str) -> str:
        keys = {name.lower(): given[name] for name in names} | other
        connect: Any = boto3.client
        sts = connect("sts", endpoint_url=stage.cloud.endpoint, region_name=REGION, **keys)
        return str(sts.get_caller_identity()["Arn"])

    assert f":assumed-role/{role.rpartition('/')[2]}/" in caller()
    with pytest.raises(botocore.exceptions.ClientError, match="InvalidClientTokenId"):
        caller(aws_session_token="another")
    with pytest.raises(botocore.exceptions.ClientError, match="SignatureDoesNotMatch"):
        caller(aws_secret_access_key="another")
    stage.ecs.stop_task(cluster=stage.cluster, task=arn)
    stage.in_state(arn, "STOPPED")
    with pytest.raises(botocore.exceptions.ClientError, match="InvalidClientTokenId"):
        caller()


def test_a_task_without_a_role_has_no_credentials(stage: Stage) -> None:
    arn = stage.run(stage.task_definition(IMAGE, "call", command=["sh", "-c", "env"]))
    stage.in_state(arn, "STOPPED")
    assert [line for line in stage.lines(arn, "call") if line.startswith("AWS_")] == [
        f"AWS_ENDPOINT_URL=http://host.docker.internal:{stage.cloud.port}"
    ]


def logged(stage: Stage, more: dict[str, Any]) -> dict[str, Any]:
    options = {"awslogs-group": "/e2e/app", "awslogs-region": REGION, "awslogs-stream-prefix": "call"}
    return {
        "name": "app",
        "image": IMAGE,
        "essential": True,
        "logConfiguration": {"logDriver": "awslogs", "options": options},
        **more,
    }


def test_a_web_socket_is_refused(stage: Stage) -> None:
    connection = http.client.HTTPConnection(stage.cloud.host, stage.cloud.port, timeout=5)
    headers = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    try:
        connection.request("GET", "/", headers=headers)
        assert connection.getresponse().status == 403
    finally:
        connection.close()

"""Versions that could not start, or whose steps would not be what runs: refused in seconds, with no task started."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from emulator.cloud import emulator, key
from sluice.aws.session import Account, Clients
from sluice.protocol.resource import Refused
from sluice.provider.migration_run import MigrationRun
from tests.e2e.cloud.conftest import cloud_python, new_account
from tests.e2e.cloud.stage import GROUP, NETWORK, Stage
from tests.e2e.gate.variant import variant
from tests.unit.sluice.provider.resources import Lines, call, run

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
STEPS = [{"name": "schema", "command": ["python", "-c", "print('migrated')"], "phase": "before", "timeout": 60}]
ADMISSION_SECONDS = 0.5


@dataclass
class Gate:
    """A stack's parts, and what its MigrationRun says to an image."""

    stage: Stage
    good: str
    secret: str
    role: str
    clients: Clients
    runs: int = 0

    def revision(self, family: str, image: str, *secrets: str, **container: Any) -> str:
        options = {"awslogs-group": GROUP, "awslogs-region": "us-east-1", "awslogs-stream-prefix": family}
        made = {
            "name": "app",
            "image": image,
            "essential": True,
            "secrets": [{"name": f"S{number}", "valueFrom": one} for number, one in enumerate(secrets)],
            "logConfiguration": {"logDriver": "awslogs", "options": options},
            **container,
        }
        answer = self.stage.ecs.register_task_definition(
            family=family,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            executionRoleArn=self.role,
            taskRoleArn=self.role,
            runtimePlatform={"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
            containerDefinitions=[made],
        )
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def deploy(self, image: str, service_secret: str = "", timeout: int = 60, **container: Any) -> tuple[Lines, str]:
        """What the run said, and its refusal; empty when the steps ran. *timeout*: of a step, in seconds."""
        self.runs += 1
        inputs = {
            "cluster": self.stage.cluster,
            "taskDefinition": self.revision("migration", image, f"{self.secret}:password::", **container),
            "container": "app",
            "serviceTaskDefinition": self.revision(
                "service", image, service_secret or f"{self.secret}:password::", portMappings=[{"containerPort": 8080}]
            ),
            "network": {"subnets": NETWORK["awsvpcConfiguration"]["subnets"], "assignPublicIp": True},
            "steps": [step | {"timeout": timeout} for step in STEPS],
            "imageDigest": image,
            "records": f"/sluice/admission/{self.runs}/runs",
            "database": "db-1",
            "environment": {},
            "secrets": {},
            "phase": "before",
        }
        lines = Lines()
        try:
            run(MigrationRun(lambda: self.clients).create(call(lines, preview=False), inputs))
        except Refused as refusal:
            return lines, str(refusal)
        return lines, ""

    @property
    def tasks(self) -> int:
        """How many tasks were ever started."""
        ecs, cluster = self.stage.ecs, self.stage.cluster
        return sum(
            len(ecs.list_tasks(cluster=cluster, desiredStatus=one)["taskArns"]) for one in ("RUNNING", "STOPPED")
        )


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    folder, account = tmp_path_factory.mktemp("admission"), new_account()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", account)
        patch.setenv("AWS_SECRET_ACCESS_KEY", key.of(folder).secret(account))
        try:
            stage = Stage(emulator.start(folder, None, account, python=cloud_python()))
            secret = stage.secrets.create_secret(Name="shop-secret", SecretString='{"password": "p"}')["ARN"]
            iam = stage.client("iam")
            role = iam.create_role(
                RoleName="shop", Path="/sluice/shop/test/", AssumeRolePolicyDocument=json.dumps(TRUST)
            )["Role"]["Arn"]
            allowed = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": secret}
            iam.put_role_policy(
                RoleName="shop",
                PolicyName="read",
                PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}),
            )
            good = stage.push("1")
            clients = Clients(Account(region="us-east-1", endpoint=stage.cloud.endpoint, account=account))
            yield Gate(stage, good, secret, role, clients)
        finally:
            emulator.stop(folder)


def test_a_good_version_is_looked_at_in_half_a_second_and_runs(gate: Gate) -> None:
    lines, refusal = gate.deploy(gate.good)
    assert refusal == ""
    assert not [line for line in lines if line.startswith("warning")]
    [said] = [line for line in lines if "admission: " in line]
    print(said)
    assert any("migrated" in line for line in lines)


Make = Callable[[Gate], tuple[str, str]]
REFUSED: list[tuple[str, Make, str]] = [
    (
        "C1",
        lambda gate: (variant(gate.stage.cloud, gate.good, Entrypoint=["sh", "-c"]), ""),
        "keeps only the first word",
    ),
    (
        "C2",
        lambda gate: (variant(gate.stage.cloud, gate.good, Entrypoint=["sh", "-c", "exec python /app.py serve"]), ""),
        "ignores its arguments: it always runs `exec python /app.py serve`",
    ),
    (
        "C3",
        lambda gate: (variant(gate.stage.cloud, gate.good, platform="linux/arm64"), ""),
        "is built for linux/arm64, and its tasks run on linux/amd64",
    ),
    (
        "root",
        lambda gate: (variant(gate.stage.cloud, gate.good, User="root"), ""),
        "runs as root (the service, step 'schema')",
    ),
    (
        "C6 without its suffix",
        lambda gate: (gate.good, gate.secret[:-7]),
        "is not the full ARN of a secret: arn:aws:secretsmanager:",
    ),
    ("C6 missing", lambda gate: (gate.good, f"{gate.secret[:-18]}gone-AbCdEf"), "secret gone-AbCdEf: does not exist"),
]


@pytest.mark.parametrize(("make", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_nothing_is_started_for_a_version_that_could_not_start(gate: Gate, make: Make, said: str) -> None:
    image, secret = make(gate)
    before, begun = gate.tasks, time.monotonic()
    _, refusal = gate.deploy(image, secret)
    print(f"{time.monotonic() - begun:.1f} s\n{refusal}")
    assert refusal.startswith("not admitted: ")
    assert said in refusal
    assert all(label in refusal for label in ("No migration was run", "    cause: ", "    fix: "))
    assert gate.tasks == before, "the database was not touched"
    record = gate.stage.ssm.get_parameter(Name=f"/sluice/admission/{gate.runs}/runs/1")["Parameter"]["Value"]
    assert json.loads(record)["state"] == "failed", "history knows it, and the next `up` begins anew"


def test_a_step_that_runs_the_service_in_its_command_s_place_is_said_to_do_that(gate: Gate) -> None:
    """C2, where the entrypoint cannot be seen through: it is a program that ignores its arguments."""
    lines, failure = gate.deploy(variant(gate.stage.cloud, gate.good, Entrypoint=["python", "/app.py"]), timeout=8)
    assert any("the step starts the service instead, unless that program runs its arguments" in line for line in lines)
    assert failure.startswith("migration step 'schema' failed: timed out after 8 s")
    assert (
        "  cause:       the step probably started the web server instead of a migration: the image's entrypoint"
        in failure
    )
    assert "  seen:        version 1 serves" in failure
    assert "(`app.stepEntryPoint: [env]`)" in failure

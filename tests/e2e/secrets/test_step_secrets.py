"""Secrets of the application, all the way: given on this machine, asked for by a step, changed under the service."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from emulator.cloud import emulator
from tests.e2e.stage import ROOT, Stage

ELSEWHERE = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop-AbCdEf"
VALUE = "from-the-file"
PROGRAM = "import os; print('length', len(os.environ['SECRET_KEY_BASE'])); print('other', 'API_TOKEN' in os.environ)"
ASKS = "steps get no app.secrets unless they ask: migrations[].secrets"


class Shop(Stage):
    """The local stack, whose application has two secrets and whose last step needs one of them."""

    def write(self, *, asked: list[str], token: str = ELSEWHERE) -> None:
        document = yaml.safe_load(self.settings.read_text())
        config = document["config"]
        config["app"]["secrets"] = {"SECRET_KEY_BASE": "local", "API_TOKEN": token}
        steps = [step for step in config["migrations"] if step["name"] != "boots"]
        boots: dict[str, Any] = {"name": "boots", "command": ["python", "-c", PROGRAM], "timeout": 60}
        config["migrations"] = [*steps, boots | ({"secrets": asked} if asked else {})]
        self.settings.write_text(yaml.safe_dump(document, sort_keys=False))

    def provide(self) -> str:
        """As `make up` does before `pulumi up`; what it printed."""
        code = f"import sys; from pathlib import Path; from local.secrets import main; sys.exit(main('{self.stack}', "
        words = [str(self.place.venv / "bin" / "python"), "-c", f"{code}Path({str(self.settings.parent)!r})))"]
        done = subprocess.run(words, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=60, check=True)
        return done.stdout

    def sluice(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [str(ROOT / "bin" / "sluice"), "--stack", self.stack, *words]
        return subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=120, check=False)

    def step(self, name: str) -> dict[str, Any]:
        [found] = [one for one in self.outputs()["gate"]["steps"] if one["name"] == name]
        return dict(found)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder: Path = tmp_path_factory.mktemp("secrets")
    try:
        shop = Shop(folder)
        shop.write(asked=["SECRET_KEY_BASE"])
        (folder / f".secrets.{shop.stack}.env").write_text(f"# of this machine\nSECRET_KEY_BASE='{VALUE}'\n")
        yield shop
    finally:
        emulator.stop(folder / "local")


def test_a_first_deploy_needs_no_cloud_before_it(shop: Shop) -> None:
    refused = shop.pulumi("preview", expect=None)
    assert f"has no value on this machine yet; run `make up STACK={shop.stack}`" in refused.output
    said = shop.provide()
    assert f"app.secrets.SECRET_KEY_BASE: its value is that of .secrets.{shop.stack}.env" in said
    assert "app.secrets.API_TOKEN: it does not exist here: made up" in said
    shop.up()


def test_a_step_that_asks_gets_its_secret_and_no_other(shop: Shop) -> None:
    finished = shop.up()
    assert finished.code == 0
    boots = shop.step("boots")
    assert boots["secrets"] == ["SECRET_KEY_BASE"]
    ecs = shop.client("ecs")
    known = ecs.describe_task_definition(taskDefinition=boots["taskDefinition"])["taskDefinition"]
    [container] = known["containerDefinitions"]
    given = {one["name"]: one["valueFrom"] for one in container["secrets"]}
    assert given.keys() == {"DB_USER", "DB_PASSWORD", "SECRET_KEY_BASE"}
    plain = ecs.describe_task_definition(taskDefinition=shop.outputs()["gate"]["taskDefinition"])["taskDefinition"]
    assert {one["name"] for one in plain["containerDefinitions"][0]["secrets"]} == {"DB_USER", "DB_PASSWORD"}
    assert known["executionRoleArn"] == plain["executionRoleArn"]
    readable = policy(shop, known["executionRoleArn"])
    assert arn(given["SECRET_KEY_BASE"]) in readable
    assert len(readable) == 2, "the owner's, and what a step asks for"
    lines = log(shop, boots["name"])
    assert [f"length {len(VALUE)}", "other False"] == lines[-2:]


def test_an_operators_command_gets_the_secrets_of_the_step_that_is_alike(shop: Shop) -> None:
    done = shop.sluice("run", "--read-only", "--", "python", "-c", PROGRAM)
    assert done.returncode == 0, done.stderr
    assert f"length {len(VALUE)}" in done.stdout
    assert "secrets: SECRET_KEY_BASE, as step 'boots'" in done.stderr
    named = shop.sluice(
        "run", "--read-only", "--secrets", "SECRET_KEY_BASE", "--", "sh", "-c", "echo ${#SECRET_KEY_BASE}"
    )
    assert f"{len(VALUE)}\n" in named.stdout, named.stderr
    without = shop.sluice("run", "--read-only", "--secrets", "none", "--", "python", "-c", PROGRAM)
    assert without.returncode == 1
    assert ASKS in without.stderr
    refused = shop.sluice("run", "--secrets", "API_TOKEN", "--", "true")
    assert refused.returncode == 3
    assert "no migration step has API_TOKEN; steps have: SECRET_KEY_BASE" in refused.stderr


def test_a_step_that_does_not_ask_fails_and_is_told_how_to(shop: Shop) -> None:
    serving = shop.service()["taskDefinition"]
    try:
        shop.write(asked=[])
        failed = shop.up(expect=None)
    finally:
        shop.write(asked=["SECRET_KEY_BASE"])
    assert failed.code != 0
    text = " ".join(failed.output.split())
    assert "KeyError: 'SECRET_KEY_BASE'" in text
    assert ASKS in text
    assert 'Traceback (most recent call last): File "/work' not in text
    assert shop.service()["taskDefinition"] == serving, "the version before keeps serving"
    shop.up()


def test_a_secret_of_the_service_is_admitted_while_the_image_stays_the_same(shop: Shop) -> None:
    secret = shop.client("secretsmanager").create_secret(Name="vendor", SecretString=json.dumps({"maps": "x"}))["ARN"]
    before, image = len(shop.migration_tasks()), shop.outputs()["image"]
    serving = shop.service()["taskDefinition"]
    try:
        shop.write(asked=["SECRET_KEY_BASE"], token=f"{secret}:mops::")
        refused = shop.up(expect=None)
        assert refused.code != 0
        assert "not admitted: secret vendor-" in refused.output
        assert "it has no key 'mops': the task cannot start" in refused.output
        assert shop.service()["taskDefinition"] == serving, "nothing was rolled out"
        shop.write(asked=["SECRET_KEY_BASE"], token=f"{secret}:maps::")
        shop.up()
    finally:
        shop.write(asked=["SECRET_KEY_BASE"])
    assert shop.service()["taskDefinition"] != serving
    assert shop.outputs()["image"] == image
    assert len(shop.migration_tasks()) == before, "no step ran"


def arn(reference: str) -> str:
    return ":".join(reference.split(":")[:7])


def policy(shop: Shop, role: str) -> list[str]:
    """What an execution role may read."""
    iam, name = shop.client("iam"), role.rpartition("/")[2]
    [inline] = iam.list_role_policies(RoleName=name)["PolicyNames"]
    document = iam.get_role_policy(RoleName=name, PolicyName=inline)["PolicyDocument"]
    document = json.loads(document) if isinstance(document, str) else document
    [resources] = [one["Resource"] for one in document["Statement"] if one["Sid"] == "Secrets"]
    return list(resources)


def log(shop: Shop, step: str) -> list[str]:
    """The lines of a step's last task."""
    [ran] = [one for one in shop.outputs()["migrations"] if one["name"] == step]
    group = shop.outputs()["logGroup"]["migration"]
    events = shop.client("logs").get_log_events(
        logGroupName=group, logStreamName=ran["logStreams"][0], startFromHead=True
    )["events"]
    return [str(event["message"]).strip() for event in events]

"""`sluice` on a small stage: a service and a migration in ECS, and a `pulumi` that only says the outputs."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from emulator.cloud import emulator
from tests.e2e.cloud.conftest import cloud_python, new_account
from tests.e2e.cloud.stage import Stage

ROOT = Path(__file__).resolve().parents[3]
PREFIX = "/sluice/notes/e2e"


@dataclass
class Finished:
    code: int
    out: str
    err: str


@dataclass
class Operator:
    """Somebody at a terminal, with the stack's outputs."""

    stage: Stage
    env: Mapping[str, str]
    outputs: dict[str, Any]
    file: Path

    def save(self) -> None:
        self.file.write_text(json.dumps(self.outputs))

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(ROOT / "bin" / "sluice"), *words],
            env=dict(self.env),
            cwd=self.file.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def sluice(self, *words: str) -> Finished:
        process = self.start(*words)
        try:
            out, err = process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return Finished(process.returncode, out, err)


@pytest.fixture(scope="session")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    folder = tmp_path_factory.mktemp("sluice")
    cloud = emulator.start(folder / "cloud", None, new_account(), python=cloud_python())
    try:
        yield deployed(Stage(cloud), folder)
    finally:
        emulator.stop(folder / "cloud")


def deployed(stage: Stage, folder: Path) -> Operator:
    """Two versions; the second one serves, with one target, and both are on record as releases."""
    images = [stage.push("1"), stage.push("2")]
    definitions = [stage.task_definition(image, "service") for image in images]
    migration = stage.task_definition(images[1], "migration")
    address, group = stage.load_balancer()
    service = stage.service(definitions[1], group, count=1)
    stage.completed(service["serviceName"], service["deployments"][0]["id"])
    for number in (1, 2):
        content = {
            "digest": images[number - 1],
            "task_definition": definitions[number - 1],
            "at": round(time.time()) - 1000 + number,
            "deployment": f"ecs-svc/{number}",
        }
        stage.ssm.put_parameter(Name=f"{PREFIX}/releases/{number}", Value=json.dumps(content), Type="String")
    gate = {
        "project": "notes",
        "stack": "e2e",
        "taskDefinition": migration,
        "serviceTaskDefinition": definitions[1],
        "container": "app",
        "subnets": ["subnet-1"],
        "securityGroups": [],
        "assignPublicIp": True,
        "records": f"{PREFIX}/runs",
        "holds": f"{PREFIX}/holds",
        "region": "us-east-1",
        "cluster": stage.cluster,
        "service": service["serviceName"],
        "targetGroups": [group],
        "url": f"http://{address}",
        "smoke": {"url": f"http://{address}/live", "status": 200, "timeout": 5},
        "deadline": 60,
        "repository": stage.repository,
        "image": images[1],
    }
    program, file = folder / "bin" / "pulumi", folder / "outputs.json"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\nexec cat {file}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "AWS_ENDPOINT_URL": stage.cloud.endpoint,
        "AWS_ACCESS_KEY_ID": stage.cloud.account,
        "AWS_SECRET_ACCESS_KEY": stage.cloud.secret(),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": "*",
    }
    found = Operator(stage, env, {"gate": gate}, file)
    found.save()
    return found

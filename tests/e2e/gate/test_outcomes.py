"""Ends of tasks made to happen in containers, all at once: what people read is what docs/outcomes.md says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from emulator.cloud import emulator
from sluice.diagnosis.explain import account
from sluice.diagnosis.verdict import essential, verdict
from tests.e2e.cloud.conftest import cloud_python, new_account
from tests.e2e.cloud.stage import GROUP, NETWORK, Stage, until
from tests.unit.sluice.diagnosis.outcomes import CASES

EMULATED = {case.name: case for case in CASES if case.emulated}
UNTIL_TOLD = "import signal, sys, time; signal.signal(15, lambda *_: sys.exit({code})); print('up', flush=True)"
WAITS = UNTIL_TOLD + "; time.sleep(300)"


def shell(words: str) -> dict[str, Any]:
    """By a shell that stays: the first process of a container is immune to its own signals."""
    return {"command": ["sh", "-c", f"{words}; exit $?"]}


def by_signal(number: int) -> dict[str, Any]:
    return shell(f'python -c "import os; os.kill(os.getpid(), {number})"')


def program(text: str) -> dict[str, Any]:
    return {"command": ["python", "-c", text]}


@dataclass(frozen=True)
class End:
    """How a case is made to happen.

    Attributes:
        app: members of the migration's container definition.
        agent: the same of an essential side-car.
        stopped: StopTask is called once the container has printed its first line.
    """

    app: dict[str, Any]
    agent: dict[str, Any] | None = None
    stopped: bool = False


def ends(stage: Stage) -> dict[str, End]:
    """Every case of the table that says it is tested here."""
    secret = stage.secrets.create_secret(Name="notes", SecretString='{"username": "notes"}')["ARN"]
    nowhere = {"awslogs-group": "/none", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "app"}
    return {
        "exit 0": End(shell("true")),
        "exit 1, nothing known in its log": End(shell("echo oops; false")),
        "exit 1, a known line in its log": End(program("import alembic")),
        "exit 1, it wrote into the image": End(
            {**program("open('/alembic.log', 'w')"), "readonlyRootFilesystem": True}
        ),
        "exit 2": End(shell("sh -c 'exit 2'")),
        "exit 126": End(shell("/etc/passwd")),
        "exit 127, the shell names the program": End(shell("prisma migrate deploy")),
        "exit 134": End(by_signal(6)),
        "exit 137, memory": End({**program("len(bytearray(200 * 2**20))"), "memory": 64}),
        "exit 137, killed": End(by_signal(9)),
        "exit 139": End(by_signal(11)),
        "exit 143": End(by_signal(15)),
        "exit 0 after an interruption": End(program(WAITS.format(code=0)), stopped=True),
        "stopped by a person or program": End(program(WAITS.format(code=143)), stopped=True),
        "stopped by a person or program, and not ended in its stopTimeout": End(
            {**program("import time; print('up', flush=True); time.sleep(300)"), "stopTimeout": 2}, stopped=True
        ),
        "program absent from the image": End({"command": ["prisma", "migrate", "deploy"]}),
        "program not executable": End({"command": ["/etc/passwd"]}),
        "image not found": End({"image": f"{stage.repository}@sha256:{'0' * 64}"}),
        "secret missing": End({"secrets": [{"name": "PASSWORD", "valueFrom": f"{secret[:-12]}gone-abcdef"}]}),
        "key missing in a secret": End({"secrets": [{"name": "PASSWORD", "valueFrom": f"{secret}:password::"}]}),
        "log group missing": End({"logConfiguration": {"logDriver": "awslogs", "options": nowhere}}),
        "essential side-car died first": End(program(WAITS.format(code=143)), shell("sleep 3; false")),
        "essential side-car stopped with a migration that exited 0": End(
            shell("sleep 3"), program(WAITS.format(code=143))
        ),
    }


class Tasks:
    """All of them, started together and awaited one by one."""

    def __init__(self, stage: Stage, image: str) -> None:
        self.stage = stage
        self.essential: dict[str, frozenset[str]] = {}
        self.arns: dict[str, str] = {}
        wanted = ends(stage)
        assert wanted.keys() == EMULATED.keys(), "the page says otherwise"
        for name, end in wanted.items():
            self.arns[name] = self._start(name, image, end)
        for name, end in wanted.items():
            if end.stopped:
                until(self._printed(name), 60)
                stage.ecs.stop_task(cluster=stage.cluster, task=self.arns[name], reason="by Ann")

    def _start(self, name: str, image: str, end: End) -> str:
        options = {"awslogs-group": GROUP, "awslogs-region": "us-east-1", "awslogs-stream-prefix": "app"}
        log = {"logDriver": "awslogs", "options": options}
        containers = [{"name": "app", "image": image, "logConfiguration": log, **end.app}]
        if end.agent is not None:
            containers.append({"name": "agent", "image": image, "logConfiguration": log, **end.agent})
        made = self.stage.ecs.register_task_definition(
            family="app",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            containerDefinitions=containers,
        )["taskDefinition"]
        self.essential[name] = essential(made["containerDefinitions"])
        answer = self.stage.ecs.run_task(
            cluster=self.stage.cluster,
            taskDefinition=made["taskDefinitionArn"],
            launchType="FARGATE",
            networkConfiguration=NETWORK,
        )
        return str(answer["tasks"][0]["taskArn"])

    def _printed(self, name: str) -> Callable[[], bool]:
        def printed() -> bool:
            try:
                return self.stage.lines(self.arns[name]) != []
            except self.stage.logs.exceptions.ResourceNotFoundException:
                return False  # its stream is made when it starts

        return printed

    def lines(self, name: str) -> list[str]:
        try:
            return self.stage.lines(self.arns[name])
        except self.stage.logs.exceptions.ResourceNotFoundException:
            return []


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tasks]:
    folder = tmp_path_factory.mktemp("outcomes")
    try:
        stage = Stage(emulator.start(folder, None, new_account(), python=cloud_python()))
        yield Tasks(stage, stage.push("1"))
    finally:
        emulator.stop(folder)


@pytest.mark.parametrize("name", EMULATED)
def test_what_people_read_is_what_the_page_says(tasks: Tasks, name: str) -> None:
    task = tasks.stage.in_state(tasks.arns[name], "STOPPED", 90)
    outcome = account(verdict(task, tasks.essential[name], "app"), tasks.lines(name))
    said = EMULATED[name].outcome()
    assert (outcome.kind, outcome.exit_code, outcome.lasting) == (said.kind, said.exit_code, said.lasting), outcome
    assert (outcome.cause, outcome.remedy) == (said.cause, said.remedy), outcome.title
    # The title carries the case's own reasons: ids and addresses differ, the words before them do not.
    assert outcome.title.partition(":")[0] == said.title.partition(":")[0]

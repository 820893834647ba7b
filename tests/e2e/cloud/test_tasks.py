"""One-off tasks: exit codes, logs, stops, tokens and failures to start are AWS's."""

from __future__ import annotations

import time
from typing import Any

import botocore.exceptions
import pytest

from tests.e2e.cloud.stage import Stage, docker, until


@pytest.fixture(scope="module")
def image(stage: Stage) -> str:
    return stage.push("1")


def test_exit_code_logs_and_digest_of_a_task_that_ran(stage: Stage, image: str) -> None:
    program = (
        "import sys; print('one'); print('two', file=sys.stderr); print('x' * 20000); print('last', end=''); "
        "sys.exit(3)"
    )
    arn = stage.run(stage.task_definition(image), ["python", "-c", program], startedBy="sluice/1")
    task = stage.in_state(arn, "STOPPED")
    container = task["containers"][0]
    assert container["exitCode"] == 3
    assert container["imageDigest"] == image.partition("@")[2]
    assert (task["stopCode"], task["stoppedReason"]) == (
        "EssentialContainerExited",
        "Essential container in task exited",
    )
    assert task["startedBy"] == "sluice/1"
    assert task["createdAt"] <= task["startedAt"] <= task["stoppedAt"]
    # Complete at the very first look after STOPPED, long lines whole.
    assert sorted(stage.lines(arn)) == ["last", "one", "two", "x" * 20000]


WAIT = "print('up', flush=True)\nwhile True: time.sleep(1)"
PROGRAMS = {
    "SIGTERM unhandled": (f"import time; {WAIT}", 30, 143, 0, 10),
    "SIGKILL after stopTimeout": (f"import signal, time; signal.signal(15, lambda *_: None); {WAIT}", 3, 137, 3, 15),
    "the program's own": (f"import signal, sys, time; signal.signal(15, lambda *_: sys.exit(7)); {WAIT}", 30, 7, 0, 10),
}


@pytest.mark.parametrize(("program", "stop_timeout", "code", "shortest", "longest"), PROGRAMS.values(), ids=PROGRAMS)
def test_stop_task_tells_the_true_exit_code(
    stage: Stage, image: str, program: str, stop_timeout: int, code: int, shortest: float, longest: float
) -> None:
    # PID 1 ignores signals without a handler: an init in front gives the program the default ones.
    definition = stage.task_definition(image, stopTimeout=stop_timeout, entryPoint=["python", "-c", INIT])
    arn = stage.run(definition, ["python", "-c", program])
    stage.in_state(arn, "RUNNING")
    until(lambda: stage.lines(arn) == ["up"], 20)
    began = time.monotonic()
    answered = stage.ecs.stop_task(cluster=stage.cluster, task=arn, reason="enough")["task"]
    assert answered["desiredStatus"] == "STOPPED"
    assert answered["lastStatus"] != "STOPPED"
    seen = set()
    while (task := stage.task(arn))["lastStatus"] != "STOPPED":
        seen.add(task["lastStatus"])
        assert "stoppedAt" not in task
        if task["lastStatus"] in ("RUNNING", "DEACTIVATING"):
            assert "exitCode" not in task["containers"][0]
        assert time.monotonic() - began < longest
        time.sleep(0.02)
    assert shortest <= time.monotonic() - began
    assert seen <= {"RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING"}
    assert (task["stopCode"], task["stoppedReason"], task["containers"][0]["exitCode"]) == (
        "UserInitiated",
        "enough",
        code,
    )


INIT = """
import os, signal, sys
child = os.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
sys.exit(128 - status if status < 0 else status)
"""


def test_a_client_token_starts_one_task(stage: Stage, image: str) -> None:
    definition = stage.task_definition(image, stopTimeout=2)
    request: dict[str, Any] = {
        "cluster": stage.cluster,
        "taskDefinition": definition,
        "launchType": "FARGATE",
        "clientToken": "t-1",
    }
    first = stage.ecs.run_task(**request)["tasks"][0]["taskArn"]
    assert stage.ecs.run_task(**request)["tasks"][0]["taskArn"] == first
    with pytest.raises(botocore.exceptions.ClientError) as conflict:
        stage.ecs.run_task(**request, startedBy="other")
    assert conflict.value.response["Error"]["Code"] == "ConflictException"
    assert conflict.value.response["resourceIds"] == [first]
    other = stage.ecs.create_cluster(clusterName="other")["cluster"]["clusterArn"]
    assert stage.ecs.run_task(**{**request, "cluster": other})["tasks"][0]["taskArn"] != first
    stage.ecs.stop_task(cluster=stage.cluster, task=first)
    stage.in_state(first, "STOPPED", 45)
    again = stage.ecs.run_task(**request)["tasks"]
    assert [task["taskArn"] for task in again] == [first]
    assert "containers" not in again[0]


def test_list_tasks_takes_started_by_alone(stage: Stage, image: str) -> None:
    arn = stage.run(
        stage.task_definition(image, stopTimeout=2), ["python", "-c", "import time; time.sleep(60)"], startedBy="mine"
    )
    assert stage.ecs.list_tasks(cluster=stage.cluster, startedBy="mine")["taskArns"] == [arn]
    for more in ({"family": "app"}, {"desiredStatus": "STOPPED"}, {"launchType": "FARGATE"}):
        with pytest.raises(botocore.exceptions.ClientError, match="cannot specify startedBy with other arguments"):
            stage.ecs.list_tasks(cluster=stage.cluster, startedBy="mine", **more)
    stage.ecs.stop_task(cluster=stage.cluster, task=arn)
    assert stage.ecs.list_tasks(cluster=stage.cluster, startedBy="mine")["taskArns"] == []
    assert arn in stage.ecs.list_tasks(cluster=stage.cluster, family="app", desiredStatus="STOPPED")["taskArns"]
    stage.in_state(arn, "STOPPED", 45)


def test_what_cannot_start_says_why_and_has_no_exit_code(stage: Stage, image: str) -> None:
    missing = stage.repository + "@sha256:" + "0" * 64
    nowhere = {
        "logDriver": "awslogs",
        "options": {"awslogs-group": "/none", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "x"},
    }
    arn = "arn:aws:secretsmanager:us-east-1:" + stage.cloud.account + ":secret:none-abcdef:password::"
    for definition, words in (
        (stage.task_definition(missing), ("CannotPullContainerError", "not found")),
        (
            stage.task_definition(image, logConfiguration=nowhere),
            ("ResourceInitializationError: failed to validate logger args", "The specified log group does not exist"),
        ),
        (
            stage.task_definition(image, secrets=[{"name": "X", "valueFrom": arn}]),
            ("ResourceInitializationError: unable to pull secrets", "unable to retrieve secret from asm"),
        ),
        (stage.task_definition(image, command=["no-such-program"]), ("CannotStartContainerError", "no-such-program")),
    ):
        task = stage.in_state(stage.run(definition), "STOPPED")
        assert task["stopCode"] == "TaskFailedToStart"
        for word in words:
            assert word in task["stoppedReason"]
        assert "exitCode" not in task["containers"][0]
        assert task["containers"][0]["reason"]


def test_secrets_reach_the_container_and_nobody_else(stage: Stage, image: str) -> None:
    made = stage.secrets.create_secret(
        Name=stage.name("secret"), SecretString='{"username": "a", "password": "p@ss:w"}'
    )
    definition = stage.task_definition(image, secrets=[{"name": "PASSWORD", "valueFrom": f"{made['ARN']}:password::"}])
    arn = stage.run(definition, ["python", "-c", "import os; print(os.environ['PASSWORD'] == 'p@ss:w')"])
    assert stage.in_state(arn, "STOPPED")["containers"][0]["exitCode"] == 0
    assert stage.lines(arn) == ["True"]
    assert "p@ss:w" not in docker("image", "inspect", image)


def test_an_inactive_revision_and_an_unknown_cluster_are_refused(stage: Stage, image: str) -> None:
    definition = stage.task_definition(image, family="gone")
    stage.ecs.deregister_task_definition(taskDefinition=definition)
    with pytest.raises(botocore.exceptions.ClientError, match="TaskDefinition is inactive"):
        stage.ecs.run_task(cluster=stage.cluster, taskDefinition=definition)
    with pytest.raises(stage.ecs.exceptions.ClusterNotFoundException):
        stage.ecs.run_task(cluster="nowhere", taskDefinition=stage.task_definition(image))

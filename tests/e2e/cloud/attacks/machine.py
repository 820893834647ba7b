"""Containers and functions that own the machine, started by a caller that the local cloud takes, as a task may be."""

from __future__ import annotations

import io
import tempfile
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import botocore.exceptions

from tests.e2e.cloud.attacks.target import IMAGE, REGION, Target

SYS_ADMIN = 1 << 21
DEADLINE_SECONDS = 40.0


def a_folder_of_the_machine(target: Target) -> str | None:
    with tempfile.TemporaryDirectory(prefix="sluice-attack-") as folder:
        _run(
            target,
            f"touch /machine{folder}/was-here",
            {"mountPoints": [{"sourceVolume": "machine", "containerPath": "/machine"}]},
            {"volumes": [{"name": "machine", "host": {"sourcePath": "/"}}]},
        )
        return "wrote a file of the machine" if (Path(folder) / "was-here").exists() else None


def dockers_own_socket(target: Target) -> str | None:
    lines = _run(
        target,
        "test -S /docker.sock && echo has-socket",
        {"mountPoints": [{"sourceVolume": "socket", "containerPath": "/docker.sock"}]},
        {"volumes": [{"name": "socket", "host": {"sourcePath": "/var/run/docker.sock"}}]},
    )
    return "has Docker's socket" if "has-socket" in lines else None


def a_privileged_container(target: Target) -> str | None:
    lines = _run(target, "grep CapEff /proc/self/status", {"privileged": True})
    # Where this machine is a container itself, it has not the rights that Docker was asked to give.
    asked = [line for line in lines if "unable to apply caps" in line]
    return f"Docker was asked for it: {asked[0][-60:]}" if asked else _may_everything(lines)


def an_added_capability(target: Target) -> str | None:
    more = {"linuxParameters": {"capabilities": {"add": ["SYS_ADMIN"]}}}
    return _may_everything(_run(target, "grep CapEff /proc/self/status", more))


def the_machines_network(target: Target) -> str | None:
    lines = _run(target, "cat /proc/net/dev", {}, {"networkMode": "host"})
    return "sees docker0" if any("docker0" in line for line in lines) else None


def the_machines_processes(target: Target) -> str | None:
    lines = _run(target, "ls -d /proc/[0-9]* | wc -l", {}, {"pidMode": "host"})
    return f"sees {lines[0]} processes" if lines and int(lines[0]) > 10 else None  # its own are two or three


def a_function_on_the_machine(target: Target) -> str | None:
    with tempfile.TemporaryDirectory(prefix="sluice-attack-") as folder:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as bundle:
            code = f"import pathlib\ndef go(event, context): pathlib.Path('{folder}/was-here').touch()\n"
            bundle.writestr("attack.py", code)
        functions, name = target.client("lambda"), f"attack-{time.time_ns()}"
        try:
            functions.create_function(
                FunctionName=name,
                Runtime="python3.12",
                Role=f"arn:aws:iam::{target.account}:role/attack",
                Handler="attack.go",
                Code={"ZipFile": archive.getvalue()},
            )
            functions.invoke(FunctionName=name)
        except botocore.exceptions.ClientError:
            return None
        return "ran as a process of the machine's user" if (Path(folder) / "was-here").exists() else None


def _run(
    target: Target, script: str, container: Mapping[str, Any], definition: Mapping[str, Any] | None = None
) -> list[str]:
    """What a task of the attacker's printed, or why it did not start; nothing when it was refused."""
    ecs, logs, name = target.client("ecs"), target.client("logs"), f"attack-{time.time_ns()}"
    ecs.create_cluster(clusterName="attack")
    logs.create_log_group(logGroupName=name)
    options = {"awslogs-group": name, "awslogs-region": REGION, "awslogs-stream-prefix": "a"}
    made = {
        "name": "app",
        "image": IMAGE,
        "essential": True,
        "command": ["sh", "-c", script],
        "logConfiguration": {"logDriver": "awslogs", "options": options},
        **container,
    }
    try:
        arn = ecs.register_task_definition(
            family=name,
            **{"networkMode": "awsvpc", "cpu": "256", "memory": "512", **(definition or {})},
            containerDefinitions=[made],
        )["taskDefinition"]["taskDefinitionArn"]
        task = ecs.run_task(cluster="attack", taskDefinition=arn)["tasks"][0]["taskArn"]
    except botocore.exceptions.ClientError:
        return []
    end = time.monotonic() + DEADLINE_SECONDS
    while (seen := ecs.describe_tasks(cluster="attack", tasks=[task])["tasks"][0])["lastStatus"] != "STOPPED":
        assert time.monotonic() < end, "the attacker's task does not end"
        time.sleep(0.1)
    if seen["stopCode"] == "TaskFailedToStart":
        return [seen["stoppedReason"]]
    stream = f"a/app/{task.rpartition('/')[2]}"
    found = logs.get_log_events(logGroupName=name, logStreamName=stream, startFromHead=True)
    return [event["message"] for event in found["events"]]


def _may_everything(lines: list[str]) -> str | None:
    mask = int(lines[0].split()[-1], 16) if lines else 0
    return f"capabilities {mask:x}" if mask & SYS_ADMIN else None

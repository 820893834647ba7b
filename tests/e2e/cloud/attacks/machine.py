"""Containers and functions that own the machine, started by a caller that the local cloud takes, as a task may be."""

from __future__ import annotations

import io
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import botocore.exceptions

from tests.e2e.cloud.attacks.target import IMAGE, REGION, Target, ask

SYS_ADMIN = 1 << 21
DEADLINE_SECONDS = 40.0
SECRET = b"for this machine alone"


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


@contextmanager
def own_service() -> Iterator[tuple[int, list[str]]]:
    """A service that only this machine should reach. Gives its port, and the requests that came."""
    came: list[str] = []

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            came.append(f"{self.command} {self.path}")
            self.send_response(200)
            self.send_header("Content-Length", str(len(SECRET)))
            self.end_headers()
            self.wfile.write(SECRET)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *arguments: object) -> None:
            """Nothing: the attack tells what came."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield server.server_address[1], came
    finally:
        server.shutdown()
        server.server_close()


def the_loopback_behind_a_load_balancer(target: Target) -> str | None:
    elb, name = target.client("elbv2"), f"a{time.time_ns()}"[-20:]
    with own_service() as (port, _):
        balancer = elb.create_load_balancer(Name=name, Subnets=["subnet-1"])["LoadBalancers"][0]
        group = elb.create_target_group(
            Name=name, Protocol="HTTP", Port=port, VpcId="vpc-1", TargetType="ip", HealthCheckPath="/"
        )["TargetGroups"][0]["TargetGroupArn"]
        action = [{"Type": "forward", "TargetGroupArn": group}]
        arn = balancer["LoadBalancerArn"]
        elb.create_listener(LoadBalancerArn=arn, Port=80, Protocol="HTTP", DefaultActions=action)
        try:
            elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "127.0.0.1", "Port": port}])
            answer = ask(f"http://{balancer['DNSName']}/private")
        except botocore.exceptions.ClientError:
            return None
        finally:
            elb.delete_load_balancer(LoadBalancerArn=arn)
    return "read a service of the loopback" if answer.body == SECRET else None


def the_loopback_behind_a_topic(target: Target) -> str | None:
    sns = target.client("sns")
    topic = sns.create_topic(Name=f"attack-{time.time_ns()}")["TopicArn"]
    with own_service() as (port, came):
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"http://127.0.0.1:{port}/admin/delete")
        end = time.monotonic() + 3
        while not came and time.monotonic() < end:
            time.sleep(0.05)
        return f"made the emulator call a service of the loopback: {came[0]}" if came else None


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

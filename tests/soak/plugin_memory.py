"""Resident memory of the plugin, idle and watching a hundred shards: `python -m tests.soak.plugin_memory`.

The plugin is the real one, started as the engine starts it, on real boto3 clients; only AWS is played, by a server of
this process whose tasks run until their logs were read often enough, and whose logs grow with every read. Source of
the figures: VmRSS in /proc/PID/status.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import threading
import time
from collections import Counter
from concurrent import futures
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2, provider_pb2_grpc

from sluice.protocol import values

ROOT = Path(__file__).resolve().parents[2]
CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/notes"
RUNS, SHARDS = 2, 50
DEADLINE_SECONDS = 880
"""Before the steps' own time-out."""
LINES = 20
"""Log lines that every read finds."""
_IDENTITY = (
    "<GetCallerIdentityResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><GetCallerIdentityResult>"
    "<Account>123456789012</Account><Arn>a</Arn><UserId>u</UserId></GetCallerIdentityResult></GetCallerIdentityResponse>"
)


@dataclass(frozen=True)
class Memory:
    """What was measured, in MiB, and while how much was done."""

    idle: float
    watching: float
    afterwards: float
    looks: int
    reads: int
    lines: int

    @property
    def above_idle(self) -> float:
        return self.watching - self.idle

    def __str__(self) -> str:
        return (
            f"idle {self.idle:.1f} MiB; at most {self.watching:.1f} MiB while watching {RUNS * SHARDS} shards "
            f"(+{self.above_idle:.1f} MiB) over {self.looks} looks, {self.reads} reads of logs and {self.lines} lines "
            f"shown; {self.afterwards:.1f} MiB afterwards"
        )


class _Aws(ThreadingHTTPServer):
    """The calls that a MigrationRun makes. Every task ends well once all logs together were read *reads* times."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, reads: int) -> None:
        super().__init__(("127.0.0.1", 0), _Call)
        self.reads = reads
        self.calls: Counter[str] = Counter()
        self.tasks: dict[str, float] = {}
        self.parameters: dict[str, str] = {}
        self.versions: Counter[str] = Counter()
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def answer(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            self.calls[operation] += 1
            return dict(getattr(self, f"_{operation}")(request))

    def _DescribeTaskDefinition(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - the API's name
        options = {"awslogs-group": "/g", "awslogs-stream-prefix": "m", "awslogs-region": "us-east-1"}
        logs = {"logDriver": "awslogs", "options": options}
        container = {"name": "app", "image": "app", "essential": True, "logConfiguration": logs}
        return {"taskDefinition": {"family": "m", "revision": 1, "containerDefinitions": [container]}}

    def _RunTask(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        arn = f"{CLUSTER.replace('cluster', 'task')}/{len(self.tasks):032x}"
        self.tasks[arn] = time.time()
        return {"tasks": [self._task(arn)], "failures": []}

    def _DescribeTasks(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"tasks": [self._task(arn) for arn in request["tasks"]], "failures": []}

    def _task(self, arn: str) -> dict[str, Any]:
        created = self.tasks[arn]
        ended = self.calls["GetLogEvents"] >= self.reads
        task: dict[str, Any] = {
            "taskArn": arn,
            "clusterArn": CLUSTER,
            "lastStatus": "STOPPED" if ended else "RUNNING",
            "createdAt": created,
            "startedAt": created,
            "attachments": [{"type": "ElasticNetworkInterface", "details": [{"name": "n", "value": "v" * 40}] * 6}],
            "containers": [{"name": "app", "lastStatus": "RUNNING", "image": "i" * 120}],
            "overrides": {"containerOverrides": [{"name": "app", "command": ["migrate"], "environment": []}]},
        }
        if ended:
            task |= {"stopCode": "EssentialContainerExited", "stoppedReason": "Essential container in task exited"}
            task |= {"stoppedAt": time.time(), "containers": [{"name": "app", "exitCode": 0}]}
        return task

    def _GetLogEvents(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        known = int(request.get("nextToken", "f/0").removeprefix("f/"))
        ended = self.calls["GetLogEvents"] >= self.reads
        more = 0 if ended else LINES
        events = [
            {"message": f"row {known + one} " + "x" * 120, "timestamp": 0, "ingestionTime": 0} for one in range(more)
        ]
        return {"events": events, "nextForwardToken": f"f/{known + more}", "nextBackwardToken": "b/0"}

    def _PutParameter(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        self.parameters[request["Name"]] = request["Value"]
        self.versions[request["Name"]] += 1
        return {"Version": self.versions[request["Name"]]}

    def _GetParameter(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"Parameter": self._parameter(request["Name"])}

    def _parameter(self, name: str) -> dict[str, Any]:
        return {"Name": name, "Value": self.parameters[name], "Version": self.versions[name]}

    def _GetParametersByPath(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        inside = request["Path"] + "/"
        found = [
            self._parameter(name)
            for name in self.parameters
            if name.startswith(inside) and (request.get("Recursive") or "/" not in name.removeprefix(inside))
        ]
        return {"Parameters": found}


class _Call(BaseHTTPRequestHandler):
    server: _Aws
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        text = json.dumps(self.server.answer(operation, json.loads(body))) if operation else _IDENTITY
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1" if operation else "text/xml")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *arguments: object) -> None:
        """Nothing: the calls are counted."""


class _Engine(engine_pb2_grpc.EngineServicer):
    lines = 0

    def Log(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: N802 - the protocol's name
        self.lines += not request.ephemeral
        return empty_pb2.Empty()


def measure(reads: int) -> Memory:
    """Starts a plugin, lets it watch until it has read logs *reads* times, and ends it."""
    aws, engine = _Aws(reads), _Engine()
    server = grpc.server(futures.ThreadPoolExecutor(4))
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    env = os.environ | {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    env.pop("AWS_PROFILE", None)
    command = [str(ROOT / "sluice/provider/pulumi-resource-gate"), address]
    with tempfile.TemporaryFile() as errors:
        plugin = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            assert plugin.stdout is not None
            port = plugin.stdout.readline().strip()
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                endpoint = f"http://127.0.0.1:{aws.server_address[1]}"
                found = _watched(provider_pb2_grpc.ResourceProviderStub(channel), plugin.pid, endpoint)
        finally:
            plugin.terminate()
            plugin.wait(15)
            server.stop(0)
            aws.shutdown()
            aws.server_close()
    idle, watching, afterwards = found
    return Memory(idle, watching, afterwards, aws.calls["DescribeTasks"], aws.calls["GetLogEvents"], engine.lines)


def _watched(provider: Any, pid: int, endpoint: str) -> tuple[float, float, float]:
    configuration = values.encode({"region": "us-east-1", "endpoint": endpoint}, frozenset())
    provider.Configure(provider_pb2.ConfigureRequest(args=configuration), timeout=30)
    idle = highest = _resident(pid)
    creations = [
        provider.Create.future(
            provider_pb2.CreateRequest(
                urn=f"urn:pulumi:s::p::gate:index:MigrationRun::m{number}",
                type="gate:index:MigrationRun",
                name=f"m{number}",
                properties=values.encode(_inputs(number), frozenset()),
            ),
            timeout=DEADLINE_SECONDS,
        )
        for number in range(RUNS)
    ]
    while not all(creation.done() for creation in creations):
        highest = max(highest, _resident(pid))
        time.sleep(0.1)  # between two samples
    for creation in creations:
        assert creation.result().id
    return idle, highest, _resident(pid)


def _inputs(number: int) -> dict[str, Any]:
    return {
        "cluster": CLUSTER,
        "taskDefinition": "arn:aws:ecs:us-east-1:123456789012:task-definition/m:1",
        "container": "app",
        "network": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": False},
        "steps": [{"name": "tenants", "command": ["migrate"], "shards": SHARDS}],
        "imageDigest": "repo@sha256:" + "a" * 64,
        "database": "db-1",
        "phase": "before",
        "records": f"/sluice/notes/memory-{number}/runs",
        "serviceTaskDefinition": "arn:aws:ecs:us-east-1:123456789012:task-definition/s:1",
    }


def _resident(pid: int) -> float:
    """MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("reads", nargs="?", type=int, default=1000, help="how often logs are read meanwhile (1000)")
    print(measure(parser.parse_args().reads))

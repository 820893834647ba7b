"""MiniStack as it is: the installed package in a process of its own, on the loopback, without any correction."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from emulator.cloud.emulator import environment_of
from tests.e2e.cloud.conftest import cloud_python, new_account
from tests.e2e.cloud.stage import docker, until
from tests.e2e.ministack.account import Account

HOST = "127.0.0.1"
INSIDE = ("-m", "tests.e2e.ministack.probes.inside")


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Account]:
    """Start it, and end it with the containers that it started. folder: for its log and what it writes."""
    instance = f"sluice-plain-{secrets.token_hex(4)}"
    port = free_port()
    environment = environment_of(os.environ) | {
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOSTNAME": instance,  # its label: it sweeps the containers of its own instance alone
        "MINISTACK_IMAGE_PREFIX": f"{HOST}:1",  # a database's container would open a port on every interface
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "TMPDIR": str(folder),
    }
    log = folder / "ministack.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [str(cloud_python()), "-m", "ministack"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    account = Account(
        f"http://{HOST}:{port}",
        server.pid,
        (new_account(), new_account()),
        lambda number: "any",
        (str(cloud_python()), *INSIDE, "plain"),
    )
    try:
        until(lambda: answers(account.endpoint) or server.poll() is not None, 60)
        assert server.poll() is None, log.read_text()
        yield account
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(20)
        left = docker("ps", "--all", "--quiet", "--filter", f"label=ministack.instance={instance}:{port}").split()
        if left:
            docker("rm", "--force", "--volumes", *left)


def answers(endpoint: str) -> bool:
    """Whether the emulator answers."""
    try:
        with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def free_port() -> int:
    """A port of the loopback that nothing uses."""
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])

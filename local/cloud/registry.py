"""The container registry of one checkout: Debian's docker-registry in a container, on a free port of the loopback.

It is published on 127.0.0.1 because the Docker daemon accepts a registry without TLS only there. Images live inside the
container: they go when the local cloud goes.
"""

from __future__ import annotations

import socket
import time
import urllib.error
import urllib.request

from local.cloud.containers import ACCOUNT_LABEL, DockerError, docker

IMAGE = "sluice-local/registry:2"
LOOPBACK = "127.0.0.1"
_ROLE = "registry"
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy leads to this machine


def start(account: str, deadline: float = 30.0) -> str:
    """Start the account's registry, or find it running. Returns `127.0.0.1:PORT`.

    Args:
        account: the 12-digit account of this checkout.
        deadline: seconds until it must answer.

    Raises:
        DockerError: the image is missing, the container ended, or it did not answer in time.
    """
    address = revive(account, deadline)
    if address is not None:
        return address
    labels = ["--label", f"{ACCOUNT_LABEL}={account}", "--label", f"sluice.role={_ROLE}"]
    # A port of our choice, for one of Docker's choice would be another after `docker restart`.
    publish = ["--publish", f"{LOOPBACK}:{_free_port()}:5000"]
    name = ["--name", f"sluice-{account}-registry"]
    return _ready(docker(["run", "--detach", *publish, *labels, *name, "--pull", "never", IMAGE]), deadline)


def revive(account: str, deadline: float = 30.0) -> str | None:
    """The address of the account's registry, started again with all its images when it was stopped; None: removed.

    Raises:
        DockerError: it cannot be started, or did not answer in time.
    """
    labels = ["--filter", f"label={ACCOUNT_LABEL}={account}", "--filter", f"label=sluice.role={_ROLE}"]
    for container in docker(["ps", "--all", "--quiet", "--no-trunc", *labels]).split():
        if docker(["inspect", "--format", "{{.State.Running}}", container]) != "true":
            docker(["start", container])
        return _ready(container, deadline)
    return None


def _ready(container: str, deadline: float) -> str:
    address = _address(container)
    end = time.monotonic() + deadline
    while not _answers(address):
        if time.monotonic() > end:
            log = docker(["logs", "--tail", "5", container])
            raise DockerError(
                f"the container registry at {address} did not answer within {deadline:.0f} s: {log}"
                "\n  to do: `make down`, then `make up`"
            )
        if docker(["inspect", "--format", "{{.State.Running}}", container]) != "true":
            log = docker(["logs", "--tail", "5", container])
            raise DockerError(
                f"the container registry ended at its start: {log or 'it said nothing'}"
                "\n  to do: `make down`, then `make up`"
            )
        time.sleep(0.05)
    return address


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _address(container: str) -> str:
    published = docker(["port", container, "5000/tcp"]).splitlines()
    return published[0].strip()


def _answers(address: str) -> bool:
    try:
        with _DIRECT.open(f"http://{address}/v2/", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False

"""The container registry of one checkout: Debian's docker-registry in a container, on a free port of the loopback.

It is published on 127.0.0.1 because the Docker daemon accepts a registry without TLS only there. Images live inside the
container: they go when the local cloud goes.
"""

from __future__ import annotations

import time
import urllib.error
import urllib.request

from local.cloud.containers import ACCOUNT_LABEL, DockerError, docker

IMAGE = "sluice-local/registry:2"
LOOPBACK = "127.0.0.1"
_ROLE = "registry"


def start(account: str, deadline: float = 30.0) -> str:
    """Start the account's registry, or find it running. Returns `127.0.0.1:PORT`.

    Args:
        account: the 12-digit account of this checkout.
        deadline: seconds until it must answer.

    Raises:
        DockerError: the image is missing, the container ended, or it did not answer in time.
    """
    container = find(account)
    if container is None:
        container = docker(
            [
                "run",
                "--detach",
                "--publish",
                f"{LOOPBACK}::5000",
                "--label",
                f"{ACCOUNT_LABEL}={account}",
                "--label",
                f"sluice.role={_ROLE}",
                "--name",
                f"sluice-{account}-registry",
                "--pull",
                "never",
                IMAGE,
            ]
        )
    address = _address(container)
    end = time.monotonic() + deadline
    while not _answers(address):
        if time.monotonic() > end:
            log = docker(["logs", "--tail", "5", container])
            raise DockerError(f"the registry at {address} did not answer within {deadline:.0f} s: {log}")
        if docker(["inspect", "--format", "{{.State.Running}}", container]) != "true":
            log = docker(["logs", "--tail", "5", container])
            raise DockerError(f"the registry ended at its start: {log or 'it said nothing'}")
        time.sleep(0.05)
    return address


def find(account: str) -> str | None:
    """The id of the account's running registry, or None. One that has stopped is removed."""
    labels = ["--filter", f"label={ACCOUNT_LABEL}={account}", "--filter", f"label=sluice.role={_ROLE}"]
    for container in docker(["ps", "--all", "--quiet", "--no-trunc", *labels]).split():
        if docker(["inspect", "--format", "{{.State.Running}}", container]) == "true":
            return container
        docker(["rm", "--force", "--volumes", container])
    return None


def _address(container: str) -> str:
    published = docker(["port", container, "5000/tcp"]).splitlines()
    return published[0].strip()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{address}/v2/", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False

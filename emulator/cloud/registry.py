"""The container registry of one checkout: Debian's docker-registry in a container, on a free port of the loopback.

It is published on 127.0.0.1 because the Docker daemon accepts a registry without TLS only there. Other containers reach
it too, at the container's own address, so it takes nobody without the checkout's password, as ECR takes nobody without
a token. Images live inside the container: they go when the local cloud goes.
"""

from __future__ import annotations

import base64
import io
import socket
import tarfile
import time
import urllib.error
import urllib.request

from emulator.cloud.containers import ACCOUNT_LABEL, DockerError, docker
from emulator.cloud.key import USER

IMAGE = "sluice-local/registry:2"
LOOPBACK = "127.0.0.1"
_ROLE = "registry"
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy leads to this machine


_GIVEN = "/etc/sluice-login"
_HASHES = "/etc/sluice-htpasswd"
# The registry wants bcrypt, whose lowest cost is enough for a random password; that does not stay in the container.
_PREPARE = (
    f"umask 077; test ! -f {_GIVEN} || "
    f'perl -ne \'print "{USER}:", crypt($_, q{{$2b$04$}} . q{{.}} x 22), "\\n"\' {_GIVEN} > {_HASHES} && '
    f"rm -f {_GIVEN} && exec docker-registry serve /etc/sluice-registry.yml"
)
_SETTINGS = {
    "REGISTRY_AUTH": "htpasswd",
    "REGISTRY_AUTH_HTPASSWD_REALM": "the local cloud",
    "REGISTRY_AUTH_HTPASSWD_PATH": _HASHES,
}


def start(account: str, password: str, deadline: float = 30.0) -> str:
    """Start the account's registry, or find it running. Returns `127.0.0.1:PORT`.

    Args:
        account: the 12-digit account of this checkout.
        password: of the registry's one user.
        deadline: seconds until it must answer.

    Raises:
        DockerError: the image is missing, the container ended, or it did not answer in time.
    """
    address = revive(account, password, deadline)
    if address is not None:
        return address
    labels = ["--label", f"{ACCOUNT_LABEL}={account}", "--label", f"sluice.role={_ROLE}"]
    # A port of our choice, for one of Docker's choice would be another after `docker restart`.
    publish = ["--publish", f"{LOOPBACK}:{_free_port()}:5000"]
    name = ["--name", f"sluice-{account}-registry"]
    settings = [word for item in _SETTINGS.items() for word in ("--env", "=".join(item))]
    started = ["--pull", "never", IMAGE, "sh", "-c", _PREPARE]
    container = docker(["create", *publish, *labels, *name, *settings, *started])
    # Not in the container's environment, where `docker inspect` would show it.
    docker(["cp", "-", f"{container}:/"], content=_archive(_GIVEN, password))
    docker(["start", container])
    return _ready(container, password, deadline)


def revive(account: str, password: str, deadline: float = 30.0) -> str | None:
    """The address of the account's registry, started again with all its images when it was stopped.

    Returns:
        None when there is none, or none that takes this password and nobody without one: such a one is removed.

    Raises:
        DockerError: it cannot be started, or did not answer in time.
    """
    labels = ["--filter", f"label={ACCOUNT_LABEL}={account}", "--filter", f"label=sluice.role={_ROLE}"]
    for container in docker(["ps", "--all", "--quiet", "--no-trunc", *labels]).split():
        if docker(["inspect", "--format", "{{.State.Running}}", container]) != "true":
            docker(["start", container])
        address = _ready(container, password, deadline)
        if _status(address, password) == 200 and _status(address, "") == 401:
            return address
        docker(["rm", "--force", "--volumes", container])
    return None


def _ready(container: str, password: str, deadline: float) -> str:
    """Its address, as soon as it answers anything."""
    address = _address(container)
    end = time.monotonic() + deadline
    while _status(address, password) not in (200, 401):
        if time.monotonic() > end:
            log = docker(["logs", "--tail", "5", container])
            raise DockerError(
                f"the container registry at {address} did not answer within {deadline:.0f} s: {log}"
                "\n  fix: `make down`, then `make up`"
            )
        if docker(["inspect", "--format", "{{.State.Running}}", container]) != "true":
            log = docker(["logs", "--tail", "5", container])
            raise DockerError(
                f"the container registry ended at its start: {log or 'it said nothing'}"
                "\n  fix: `make down`, then `make up`"
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


def _status(address: str, password: str) -> int:
    """What the registry answers to a login; 0 when it does not answer."""
    request = urllib.request.Request(f"http://{address}/v2/")
    if password:
        request.add_header("Authorization", "Basic " + base64.b64encode(f"{USER}:{password}".encode()).decode())
    try:
        with _DIRECT.open(request, timeout=2) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def _archive(path: str, text: str) -> bytes:
    """A tar of one file that only its owner reads."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as bundle:
        entry = tarfile.TarInfo(path.lstrip("/"))
        entry.mode, entry.size = 0o600, len(text)
        bundle.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()

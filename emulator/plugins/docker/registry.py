"""Registry log-in without a trace, and the question whether an image is still there."""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import json
import os
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from emulator.cloud.key import USER
from emulator.variables import REGISTRY_PASSWORD

_SECONDS = 10.0
_MANIFESTS = (
    "application/vnd.docker.distribution.manifest.v2+json", "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json",
)  # fmt: skip


def server_of(address: str) -> str:
    """``host:port`` of a registry, from that or from a URL such as ECR's proxyEndpoint."""
    return address.split("://", 1)[-1].split("/", 1)[0]


@contextlib.contextmanager
def login(registry: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """An environment in which ``docker push`` is logged in to *registry*.

    One without a password of its own may be the local cloud's, whose login is in this process's environment.

    The password is in a file of a folder that only this user can read and that is gone afterwards: not in
    ``~/.docker/config.json``, where ``docker login`` would leave it, and not in a command line.
    """
    if not registry.get("password"):
        registry = local_login(str(registry.get("server", "")))
    if not registry:
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="pulumi-docker-") as folder:
        config = Path(folder) / "config.json"
        config.touch(mode=0o600)
        config.write_text(
            json.dumps({"auths": {server_of(str(registry.get("server", ""))): {"auth": _pair(registry)}}})
        )
        # Another folder also hides which daemon the user's `docker context` means.
        yield {"DOCKER_CONFIG": folder, "DOCKER_HOST": daemon()}


def _pair(login: Mapping[str, Any]) -> str:
    return base64.b64encode(f"{login.get('username', '')}:{login['password']}".encode()).decode()


def daemon() -> str:
    """The address of the daemon that plain ``docker`` talks to."""
    if os.environ.get("DOCKER_HOST"):
        return os.environ["DOCKER_HOST"]
    words = ["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]
    asked = subprocess.run(words, capture_output=True, text=True, timeout=_SECONDS, check=False)
    return asked.stdout.strip() if asked.returncode == 0 and asked.stdout.strip() else "unix:///var/run/docker.sock"


def local_login(server: str) -> Mapping[str, str]:
    """The login of the local cloud's registry, which `make env` and every `make` verb bring; empty for another one."""
    password = os.environ.get(REGISTRY_PASSWORD, "")
    if not password or not _is_loopback(server_of(server)):
        return {}
    return {"server": server, "username": USER, "password": password}


def is_missing(reference: str) -> bool:
    """True when a registry on this machine says that it does not have ``host:port/name@digest``.

    Only loopback registries are asked: their login is known. Anything but a clear 404 is not an answer.
    """
    server, _, rest = reference.partition("/")
    name, _, digest = rest.partition("@")
    if not digest or not _is_loopback(server):
        return False
    request = urllib.request.Request(
        f"http://{server}/v2/{name}/manifests/{digest}", headers={"Accept": ", ".join(_MANIFESTS)}, method="HEAD"
    )
    if login := local_login(server):
        request.add_header("Authorization", f"Basic {_pair(login)}")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=_SECONDS):
            return False
    except urllib.error.HTTPError as error:
        return error.code == 404
    except OSError:
        return False


def _is_loopback(server: str) -> bool:
    host = server.rsplit(":", 1)[0]
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

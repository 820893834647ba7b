"""Probes that no API shows: they call MiniStack's own functions, in a process of MiniStack's environment.

`python -m tests.e2e.ministack.probes.inside plain|corrected FOLDER` prints by name whether each shows its fault.
Nothing here is imported from the environment of the tests.
"""

from __future__ import annotations

import base64
import json
import sys
import threading
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

ISSUER = "token.actions.githubusercontent.com"
ROLE = "arn:aws:iam::123456789012:role/deployer"
PASSWORD = "the-master-password"


class Container:
    """A container of a Docker client that talks to no Docker."""

    id = "0" * 64

    def __init__(self, labels: dict[str, str]) -> None:
        self.labels, self.attrs, self.removed = labels, {"Labels": labels}, False

    def stop(self, **options: Any) -> None:
        """Stop it."""

    def start(self) -> None:
        """Start it."""

    def put_archive(self, path: str, data: bytes) -> bool:
        """Take files."""
        return True

    def remove(self, **options: Any) -> None:
        """Remove it."""
        self.removed = True


class Docker:
    """A Docker client with one container, which keeps what it is asked to create."""

    def __init__(self, labels: dict[str, str]) -> None:
        self.container, self.created = Container(labels), dict[str, Any]()
        self.containers = self

    def list(self, filters: dict[str, list[str]], **options: Any) -> list[Container]:
        """The container, when it has every label that the filter names."""
        wanted = [label.partition("=") for label in filters["label"]]
        labels = self.container.labels
        fits = all(name in labels and (not equals or labels[name] == value) for name, equals, value in wanted)
        return [self.container] if fits else []

    def create(self, *arguments: Any, **created: Any) -> Container:
        """Create a container."""
        self.created = created
        return self.container


def unnamed_container_is_swept() -> bool:
    """Run the sweep of the start over a container of another version of MiniStack."""
    from ministack import app

    client = Docker({"ministack": "ecs"})
    kept, app._reaper_docker_client = app._reaper_docker_client, lambda: client
    try:
        app._stop_docker_containers(True)
    finally:
        app._reaper_docker_client = kept
    return client.container.removed


def container_has_no_account() -> bool:
    """Ask for the labels of a task's container."""
    from ministack.core import container_reaper

    return "sluice.account" not in container_reaper.own_labels("ecs")


def database_container() -> dict[str, Any]:
    """What Docker is asked to create for a PostgreSQL instance."""
    from ministack.services import rds

    client = Docker({})
    environment = {"POSTGRES_USER": "master", "POSTGRES_PASSWORD": PASSWORD, "POSTGRES_DB": "app"}
    ports = {"5432/tcp": 15999}
    rds._run_rds_container(client, "postgres", {"image": "postgres", "environment": environment, "ports": ports})
    return client.created


def password_is_in_the_environment() -> bool:
    """Look for the password in the container's environment."""
    return PASSWORD in database_container()["environment"].values()


def port_is_open_on_every_interface() -> bool:
    """Look for a published port that names no address."""
    return isinstance(database_container()["ports"]["5432/tcp"], int)


def event_reaches_loopback() -> bool:
    """Deliver an event to an API destination."""
    from ministack.services import eventbridge

    return reached(lambda address: eventbridge._http_open(urllib.request.Request(address)))


def identity_provider_is_reached() -> bool:
    """Exchange a code at an identity provider."""
    from ministack.services import alb

    return reached(lambda address: alb._oidc_post_form(address, {"code": "1"}))


def repository_claim_is_unknown() -> bool:
    """Read the keys of a GitHub job's token."""
    from ministack.services import sts

    claims = {"iss": f"https://{ISSUER}", "aud": "sts.amazonaws.com", "sub": "repo:a/b", "repository_id": "7"}
    token = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in ({}, claims, {}))
    return f"{ISSUER}:repository_id" not in sts._web_identity_principal(token, "", ROLE)[1]


def reached(connect: Callable[[str], Any]) -> bool:
    """Whether `connect` calls an address on the loopback."""
    calls = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            calls.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        do_GET = do_POST = answer  # noqa: N815 - the names of http.server

        def log_message(self, *arguments: object) -> None:
            """Say nothing: standard output is the result."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        connect(f"http://127.0.0.1:{server.server_port}/")
    except OSError:
        pass  # the corrected emulator connects to nobody
    finally:
        server.shutdown()
        server.server_close()
    return bool(calls)


PROBES = (
    unnamed_container_is_swept,
    container_has_no_account,
    password_is_in_the_environment,
    port_is_open_on_every_interface,
    event_reaches_loopback,
    identity_provider_is_reached,
    repository_claim_is_unknown,
)


def correct(folder: Path) -> None:
    """Install every correction in this process, which serves nothing."""
    from emulator.cloud import key
    from emulator.cloud.__main__ import prepare
    from emulator.cloud.settings import Settings

    loopback = "127.0.0.1"
    settings = Settings("900000000000", "us-east-1", loopback, 1, f"{loopback}:1", folder, folder, key.of(folder))
    prepare(settings)
    from emulator.cloud import corrections

    corrections.install(settings)


if __name__ == "__main__":
    if sys.argv[1] == "corrected":
        correct(Path(sys.argv[2]))
    print(json.dumps({probe.__name__: probe() for probe in PROBES}))

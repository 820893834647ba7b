"""One PostgreSQL server for these tests, and a database in it for each of them."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.notes.stage import BOSS, DEADLINE, IMAGE, Server, Stage, await_answer, docker

# PostgreSQL refuses a key that others may read, or that belongs to neither root nor itself.
START = (
    "cp /tls/* /var/lib/postgresql/ && chown postgres /var/lib/postgresql/server.key"
    " && chmod 600 /var/lib/postgresql/server.key && exec docker-entrypoint.sh postgres -c ssl=on"
    " -c ssl_cert_file=/var/lib/postgresql/server.crt -c ssl_key_file=/var/lib/postgresql/server.key"
    " -c log_statement=all -c log_min_error_statement=debug5"
)

TENANTS = ("org_a", "org_b", "org_c")


def certify(folder: Path) -> None:
    """An authority, a certificate of its for localhost, and another authority."""
    days = ["-days", "2", "-newkey", "rsa:2048", "-nodes"]
    ca = ["-x509", *days, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test authority"]
    server = ["-x509", *days, "-keyout", "server.key", "-out", "server.crt", "-subj", "/CN=localhost"]
    server += ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "subjectAltName=DNS:localhost"]
    server += ["-addext", "basicConstraints=critical,CA:FALSE"]
    other = ["-x509", *days, "-keyout", "other.key", "-out", "other.pem", "-subj", "/CN=another authority"]
    for words in (ca, server, other):
        subprocess.run(
            ["openssl", "req", *words], cwd=folder, check=True, capture_output=True, text=True, timeout=DEADLINE
        )


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("tls")
    certify(folder)
    environment = {
        "POSTGRES_USER": BOSS[0],
        "POSTGRES_PASSWORD": BOSS[1],
        "POSTGRES_DB": "postgres",
        "SLUICE_FORCE_SSL": "0",
    }
    words = [word for key, value in environment.items() for word in ("-e", f"{key}={value}")]
    options = ["--name", f"notes-test-{secrets.token_hex(4)}", "-p", "127.0.0.1::5432", "--entrypoint", "sh"]
    container = docker(["create", *options, *words, IMAGE, "-c", START])
    try:
        docker(["cp", str(folder), f"{container}:/tls"])
        docker(["start", container])
        port = int(docker(["port", container, "5432/tcp"]).splitlines()[0].rpartition(":")[2])
        await_answer(port)
        yield Server(container, port, folder / "ca.pem", folder / "other.pem")
    finally:
        docker(["rm", "-f", "-v", container])


@pytest.fixture(scope="session")
def prepared(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """Roles made, master database migrated by the owner, three tenants provisioned. For all tests: do not change it."""
    stage = Stage(server, f"n{secrets.token_hex(3)}", tmp_path_factory.mktemp("prepared"))
    stage.create()
    stage.bootstrap()
    stage.migrate("master", login=stage.owner)
    stage.provision(*TENANTS, login=stage.owner)
    return stage


@pytest.fixture
def stage(server: Server, tmp_path: Path) -> Stage:
    """An empty master database."""
    stage = Stage(server, f"n{secrets.token_hex(3)}", tmp_path)
    stage.create()
    return stage


@pytest.fixture
def bootstrapped(prepared: Stage, tmp_path: Path) -> Stage:
    """One test's own copy of what is prepared."""
    stage = Stage(prepared.server, f"n{secrets.token_hex(3)}", tmp_path)
    stage.copy(prepared, *TENANTS)
    return stage

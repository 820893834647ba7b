"""An RDS instance is the image `sluice-local/postgres:17`, reachable for the host and for tasks, with TLS.

AWS, "Using SSL with a PostgreSQL DB instance" (RDS user guide): from PostgreSQL 15 on connections without TLS are
refused; the certificate names the endpoint. The engine version is 17 where none is asked for (MiniStack: 15.3; AWS
creates no such instance any more). The master password is copied into the container as a file: `docker inspect` shows
no password.
"""

from __future__ import annotations

import io
import ipaddress
import tarfile
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import rds

from emulator.cloud.correction import Correction
from emulator.cloud.replace import replace
from emulator.cloud.settings import Settings

IMAGE = "sluice-local/postgres:{major}"
DATA = "/var/lib/postgresql/data"
DEFAULT_VERSION = "17"
_LOOPBACK = "127.0.0.1"
_PASSWORD_FILE = f"{rds._PG_TLS_DIR}/master_password"


def install(settings: Settings) -> None:
    """Replace the image, the default version, and the way the container is started."""
    default_version, scope = rds._default_engine_version, rds._rds_docker_scope

    def docker_scope(account_id: str | None = None, region: str | None = None) -> str:
        """Two emulators on one Docker daemon may have the same account, as two rehearsals of one stack do."""
        return str(scope(f"{settings.account}/{account_id or get_account_id()}", region))

    def default_engine_version(engine: str) -> str:
        return DEFAULT_VERSION if engine == "postgres" else str(default_version(engine))

    def image_for_engine(engine: str, version: str, user: str, password: str, name: str) -> Any:
        if engine != "postgres":
            # MiniStack takes four Nones for "no container": only PostgreSQL instances are real here.
            return None, None, None, None
        environment = {"POSTGRES_USER": user, "POSTGRES_PASSWORD": password, "POSTGRES_DB": name}
        return IMAGE.format(major=version.split(".")[0]), environment, 5432, DATA

    def run_container(
        client: Any, engine: str, arguments: dict[str, Any], tls_names: Any = (), tls_ips: Any = ()
    ) -> Any:
        return _run(client, arguments, settings.host)

    replace(rds, "_rds_docker_scope", docker_scope)
    replace(rds, "_default_engine_version", default_engine_version)
    replace(rds, "_docker_image_for_engine", image_for_engine)
    replace(rds, "_run_rds_container", run_container)


CORRECTION = Correction(
    rule="A PostgreSQL instance takes TLS connections, and no environment variable shows its password.",
    fault="The container's environment shows the password, its port is open on every interface, the default is 15.3.",
    ministack="1.5.33",
    install=install,
)


def _run(client: Any, arguments: dict[str, Any], host: str) -> Any:
    made = dict(arguments)
    # On the bridge address for tasks and people, on the loopback for MiniStack's own readiness check; nowhere else.
    made["ports"] = {inside: [(host, outside), (_LOOPBACK, outside)] for inside, outside in arguments["ports"].items()}
    environment = dict(arguments["environment"])
    password = environment.pop("POSTGRES_PASSWORD")
    environment["POSTGRES_PASSWORD_FILE"] = _PASSWORD_FILE
    certificate, key = rds._pg_server_material(["localhost"], [str(ipaddress.ip_address(host)), _LOOPBACK, "::1"])
    made.update(
        environment=environment,
        user="0:0",
        entrypoint=["sh", "-c", f'chown -R postgres:postgres {rds._PG_TLS_DIR} && exec "$@"', "sluice-tls"],
    )
    made["command"] = [
        "docker-entrypoint.sh",
        "postgres",
        "-c",
        "ssl=on",
        "-c",
        f"ssl_cert_file={rds._PG_TLS_DIR}/server.crt",
        "-c",
        f"ssl_key_file={rds._PG_TLS_DIR}/server.key",
    ]
    made.pop("detach", None)
    container = client.containers.create(**made)
    try:
        container.put_archive("/", archive({"server.crt": certificate, "server.key": key, "master_password": password}))
        container.start()
    except Exception:
        container.remove(force=True, v=True)
        raise
    return container


def archive(files: dict[str, str]) -> bytes:
    """A tar of the files in a directory that only its owner reads."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as bundle:
        folder = tarfile.TarInfo(rds._PG_TLS_DIR.lstrip("/"))
        folder.type, folder.mode = tarfile.DIRTYPE, 0o700
        bundle.addfile(folder)
        for name, text in files.items():
            content = text.encode()
            entry = tarfile.TarInfo(f"{folder.name}/{name}")
            entry.mode, entry.size = 0o600, len(content)
            bundle.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()

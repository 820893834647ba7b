"""A local cloud that runs: what is remembered of it, and whether it answers as ours.

Standard library only: set-up asks before any virtual environment exists.
"""

from __future__ import annotations

import base64
import dataclasses
import http.client
import json
from collections.abc import Mapping
from pathlib import Path

from emulator import record
from emulator.cloud import key, process

RECORD = "cloud.json"
IDENTITY_PATH = "/_sluice/identity"
IDENTITY_HEADER = "x-sluice-identity"
_RECORDED = {"endpoint": str, "host": str, "port": int, "pid": int, "registry": str, "account": str}


@dataclasses.dataclass(frozen=True)
class Cloud:
    """A running emulated AWS.

    Attributes:
        endpoint: what AWS_ENDPOINT_URL must be.
        host: the Docker bridge address it is bound to; reachable from the host and from task containers.
        port: its port there.
        pid: the server's process id.
        registry: `127.0.0.1:PORT` of the container registry that stands behind ECR.
        account: the 12-digit account id; also the access key id that selects it.
        local_dir: the folder with its record, its logs and its key.
        fresh: started by this call, so it remembers nothing of what an earlier one was told.
        lost: why an earlier one is gone, when this call had to start another in its place.
    """

    endpoint: str
    host: str
    port: int
    pid: int
    registry: str
    account: str
    local_dir: Path
    fresh: bool = False
    lost: str = ""

    def secret(self, account: str = "") -> str:
        """The secret access key of an account, whose access key id is its number; else of the cloud's own.

        Raises:
            key.KeyFileError: the key file is torn, belongs to somebody else, or others may read it.
        """
        return key.of(self.local_dir).secret(account or self.account)

    @property
    def registry_password(self) -> str:
        """The password of the container registry, whose user is `AWS`. Raises key.KeyFileError."""
        return key.of(self.local_dir).registry_password

    def docker_config(self) -> Path:
        """A folder for DOCKER_CONFIG that logs Docker in to the registry. Raises key.KeyFileError, OSError."""
        folder = self.local_dir / "docker"
        folder.mkdir(mode=0o700, exist_ok=True)
        login = base64.b64encode(f"{key.USER}:{self.registry_password}".encode()).decode()
        file = folder / "config.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps({"auths": {self.registry: {"auth": login}}}))
        return folder


def remember(cloud: Cloud) -> None:
    """Keep the record of a cloud; one that says the same stays as it is."""
    facts = {name: getattr(cloud, name) for name in _RECORDED}
    if record.read(cloud.local_dir / RECORD) != facts:
        record.write(cloud.local_dir / RECORD, facts)


def recorded(local_dir: Path) -> Cloud | None:
    """The recorded cloud; where no whole record is, the one that runs."""
    found = record.read(local_dir / RECORD)
    if all(isinstance(found.get(name), kind) for name, kind in _RECORDED.items()):
        return Cloud(**{name: found[name] for name in _RECORDED}, local_dir=local_dir)
    for pid, options in process.serving(local_dir):
        if options.get("host") and options.get("port", "").isdigit():
            return started_with(options, pid)
    return None


def started_with(options: Mapping[str, str], pid: int) -> Cloud:
    """The cloud of a process. options: of its command line, by their names."""
    host, port = options["host"], int(options["port"])
    registry, account = options.get("registry", ""), options.get("account", "")
    return Cloud(f"http://{host}:{port}", host, port, pid, registry, account, Path(options["local-dir"]))


def answers(cloud: Cloud) -> bool:
    """Whether the recorded process answers at the endpoint, and with the identity that was recorded."""
    connection = http.client.HTTPConnection(cloud.host, cloud.port, timeout=3)
    try:
        connection.request("GET", IDENTITY_PATH, headers={IDENTITY_HEADER: key.of(cloud.local_dir).identity})
        answer = connection.getresponse()
        if answer.status != 200:
            return False
        said = json.loads(answer.read())
        expected = {"account": cloud.account, "pid": cloud.pid, "local_dir": str(cloud.local_dir)}
        return isinstance(said, dict) and expected.items() <= said.items()
    except (OSError, ValueError, http.client.HTTPException, key.KeyFileError):
        return False
    finally:
        connection.close()

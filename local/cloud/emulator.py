"""Start, find and stop the emulated AWS of this checkout.

Standard library only: set-up calls this before any virtual environment exists. What is running is recorded in `<local
folder>/cloud.json` and believed only when the recorded process is ours and the endpoint answers with our identity.
"""

from __future__ import annotations

import dataclasses
import http.client
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from local.cloud import registry as container_registry
from local.cloud.containers import DockerError, bridge_address, remove_owned

ROOT = Path(__file__).resolve().parents[2]
IDENTITY_PATH = "/_sluice/identity"
REGION = "us-east-1"


class CloudError(RuntimeError):
    """The local cloud cannot be started or stopped; the text is for people."""


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
        fresh: started by this call, so it remembers nothing of what an earlier one was told.
    """

    endpoint: str
    host: str
    port: int
    pid: int
    registry: str
    account: str
    fresh: bool = False


def start(
    local_dir: Path, port: int | None = None, account: str = "", *, python: Path | None = None, deadline: float = 60.0
) -> Cloud:
    """Start the local cloud, or find the healthy one that already serves this local folder.

    Args:
        local_dir: the checkout's local folder; the log is in `logs/cloud.log` below it.
        port: the port to serve on; None takes the recorded one when it is free, else any free one.
        account: 12 digits that no other checkout on this machine uses.
        python: the interpreter that has MiniStack; the project's `.venv-cloud` when None.
        deadline: seconds until the endpoint must answer.

    Raises:
        CloudError: the port is taken, Docker does not work, or the server did not come up in time.
    """
    if not (len(account) == 12 and account.isdigit()):
        raise CloudError(f"the local cloud's account must be 12 digits, not {account!r}")
    local_dir = local_dir.resolve()
    running = status(local_dir)
    if running is not None and running.account == account and port in (None, running.port):
        try:
            found = container_registry.find(account)
        except DockerError as error:
            raise CloudError(str(error)) from error
        if found is not None:
            return running
    record = _read(local_dir)
    if record is not None:
        stop(local_dir)
    interpreter = python or ROOT / ".venv-cloud" / "bin" / "python"
    if not interpreter.exists():
        raise CloudError(f"{interpreter} is missing: run `make up`, which installs the local cloud")
    try:
        host = bridge_address()
        chosen = _port(host, port, record.port if record is not None else None)
        remove_owned(account)
        registry = container_registry.start(account)
    except DockerError as error:
        raise CloudError(str(error)) from error
    return _launch(local_dir, interpreter, host, chosen, registry, account, deadline)


def status(local_dir: Path) -> Cloud | None:
    """The healthy local cloud of this local folder, or None."""
    local_dir = local_dir.resolve()
    cloud = _read(local_dir)
    if cloud is None or not _ours(cloud.pid, local_dir) or not _answers(cloud, local_dir):
        return None
    return cloud


def stop(local_dir: Path, deadline: float = 40.0) -> bool:
    """End the local cloud of this local folder and remove its containers and networks. Docker itself stays.

    Args:
        local_dir: the checkout's local folder.
        deadline: seconds for an orderly end before SIGKILL.

    Returns:
        Whether there was anything recorded to stop.

    Raises:
        CloudError: a container could not be removed.
    """
    local_dir = local_dir.resolve()
    cloud = _read(local_dir)
    if cloud is None:
        return False
    if _ours(cloud.pid, local_dir):
        _end(cloud.pid, local_dir, deadline)
    try:
        remove_owned(cloud.account)
    except DockerError as error:
        raise CloudError(str(error)) from error
    (local_dir / "cloud.json").unlink(missing_ok=True)
    return True


def _launch(
    local_dir: Path, interpreter: Path, host: str, port: int, registry: str, account: str, deadline: float
) -> Cloud:
    logs = local_dir / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / "cloud.log"
    command = [
        str(interpreter),
        "-m",
        "local.cloud",
        "--local-dir",
        str(local_dir),
        "--host",
        host,
        "--port",
        str(port),
        "--account",
        account,
        "--registry",
        registry,
        "--region",
        REGION,
    ]
    # The caller's AWS settings must not leak in: the emulator itself is nobody's client.
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "MINISTACK_", "PYTHON")) and name != "HOSTNAME"
    }
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    cloud = Cloud(f"http://{host}:{port}", host, port, process.pid, registry, account)
    record = {field: value for field, value in dataclasses.asdict(cloud).items() if field != "fresh"}
    (local_dir / "cloud.json").write_text(json.dumps(record, indent=2) + "\n")
    end = time.monotonic() + deadline
    try:
        while not _answers(cloud, local_dir):
            if process.poll() is not None:
                raise CloudError(f"the local cloud ended at its start (exit code {process.returncode}): {_tail(log)}")
            if time.monotonic() > end:
                raise CloudError(
                    f"the local cloud did not answer at {cloud.endpoint} within {deadline:.0f} s: see {log}"
                )
            time.sleep(0.1)
    except BaseException:
        stop(local_dir)
        raise
    return dataclasses.replace(cloud, fresh=True)


def _port(host: str, wanted: int | None, recorded: int | None) -> int:
    if wanted is not None:
        if not _free(host, wanted):
            raise CloudError(
                f"port {wanted} on {host} is taken by another program: end it, or set SLUICE_PORT to a free port"
            )
        return wanted
    if recorded is not None and _free(host, recorded):
        return recorded
    with socket.socket() as probe:
        _bind(probe, host, 0)
        return int(probe.getsockname()[1])


def _free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def _bind(probe: socket.socket, host: str, port: int) -> None:
    try:
        probe.bind((host, port))
    except OSError as error:
        raise CloudError(
            f"cannot listen on the Docker bridge address {host} ({error.strerror}): the local cloud needs a "
            "Docker Engine on this very machine"
        ) from error


def _read(local_dir: Path) -> Cloud | None:
    try:
        record = json.loads((local_dir / "cloud.json").read_text())
        return Cloud(**record)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        # A torn or foreign file names nothing that could be stopped; the next start writes a whole one.
        return None


def _ours(pid: int, local_dir: Path) -> bool:
    """Whether the process is a local cloud of this very local folder: a recycled pid must never be signalled."""
    words = _command(pid)
    return "local.cloud" in words and str(local_dir) in words


def _command(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        if Path("/proc/self").exists():
            return []
    done = subprocess.run(
        ["ps", "-ww", "-p", str(pid), "-o", "command="], capture_output=True, text=True, timeout=10, check=False
    )
    return done.stdout.split()


def _answers(cloud: Cloud, local_dir: Path) -> bool:
    connection = http.client.HTTPConnection(cloud.host, cloud.port, timeout=3)
    try:
        connection.request("GET", IDENTITY_PATH)
        answer = connection.getresponse()
        if answer.status != 200:
            return False
        said = json.loads(answer.read())
        expected = {"account": cloud.account, "pid": cloud.pid, "local_dir": str(local_dir)}
        return isinstance(said, dict) and expected.items() <= said.items()
    except (OSError, ValueError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _end(pid: int, local_dir: Path, deadline: float) -> None:
    for number, patience in ((signal.SIGTERM, deadline), (signal.SIGKILL, 10.0)):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        end = time.monotonic() + patience
        while _alive(pid, local_dir):
            if time.monotonic() > end:
                break
            time.sleep(0.05)
        else:
            return
    raise CloudError(f"the local cloud (process {pid}) does not end: `kill -9 {pid}`, then run this again")


def _alive(pid: int, local_dir: Path) -> bool:
    try:
        # Reaps it when it is our own child; for another caller's server this is simply not a child.
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    except ChildProcessError:
        pass
    return _ours(pid, local_dir)


def _tail(log: Path, lines: int = 5) -> str:
    try:
        text = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        return f"see {log}"
    return " | ".join(text[-lines:]) + f" (see {log})" if text else f"see {log}"

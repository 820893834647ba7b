"""Start, find and stop the emulated AWS of this checkout.

Standard library only: set-up calls this before any virtual environment exists. What is running is recorded in `<local
folder>/cloud.json` and believed only when the recorded process is ours and the endpoint answers with our identity; a
record that is missing or torn is read off the process itself.
"""

from __future__ import annotations

import dataclasses
import errno
import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from emulator.cloud import key, process, running
from emulator.cloud import registry as container_registry
from emulator.cloud.containers import DockerError, bridge_address, remove_owned
from emulator.cloud.running import Cloud

__all__ = ["REGION", "ROOT", "Cloud", "CloudError", "start", "status", "stop"]

ROOT = Path(__file__).resolve().parents[2]
REGION = "us-east-1"


class CloudError(RuntimeError):
    """The local cloud cannot be started or stopped; the text is for people."""


def start(
    local_dir: Path,
    port: int | None = None,
    account: str = "",
    *,
    python: Path | None = None,
    authority: Path | None = None,
    deadline: float = 60.0,
) -> Cloud:
    """Start the local cloud, or find the healthy one that already serves this local folder.

    Args:
        local_dir: the checkout's local folder; the log is in `logs/cloud.log` below it.
        port: the port to serve on; None takes the recorded one when it is free, else any free one.
        account: 12 digits that no other checkout on this machine uses.
        python: the interpreter that has MiniStack; the project's `.venv-cloud` when None.
        authority: the folder that keeps the authority which signs certificates; `local_dir` when None.
        deadline: seconds until the endpoint must answer.

    Raises:
        CloudError: the port is taken, Docker does not work, or the server did not come up in time.
    """
    if not (len(account) == 12 and account.isdigit()):
        raise CloudError(f"the local cloud's account must be 12 digits, not {account!r}")
    local_dir = local_dir.resolve()
    interpreter = python or ROOT / ".venv-cloud" / "bin" / "python"
    if not interpreter.exists():
        raise CloudError(f"{interpreter} is missing\n  fix: `make up`, which installs the local cloud")
    try:
        password = key.of(local_dir).registry_password
    except key.KeyFileError as error:
        raise CloudError(str(error)) from error
    healthy, known = status(local_dir), running.recorded(local_dir)
    try:
        lost = "" if known is None else _lost(healthy, account, port, password)
        if healthy is not None and not lost:
            running.remember(healthy)
            return healthy
        # Everything that can refuse comes before the earlier one is stopped.
        host = bridge_address()
        if port is not None and (healthy is None or healthy.port != port):
            refuse_taken(host, port)
        if known is not None:
            stop(local_dir, account)
        chosen = port or free_port(host, known.port if known is not None else None)
        remove_owned(account)
        registry = container_registry.start(account, password)
    except DockerError as error:
        raise CloudError(str(error)) from error
    options = {
        "local-dir": str(local_dir),
        "host": host,
        "port": str(chosen),
        "account": account,
        "registry": registry,
        "region": REGION,
        "authority": str(authority.resolve() if authority else local_dir),
    }
    return dataclasses.replace(_launch(local_dir, interpreter, options, deadline), lost=lost)


def _lost(healthy: Cloud | None, account: str, port: int | None, password: str) -> str:
    """Why the recorded cloud cannot go on; nothing when it can. A registry that was merely stopped is started again."""
    if healthy is None:
        return "it had ended"
    if healthy.account != account:
        return f"it served the account {healthy.account}"
    if port not in (None, healthy.port):
        return f"it served on port {healthy.port}"
    revived = container_registry.revive(account, password)
    return "" if revived == healthy.registry else "its container registry was removed"


def status(local_dir: Path) -> Cloud | None:
    """The healthy local cloud of this local folder, or None."""
    local_dir = local_dir.resolve()
    cloud = running.recorded(local_dir)
    if cloud is None or not process.serves(cloud.pid, local_dir) or not running.answers(cloud):
        return None
    return cloud


def stop(local_dir: Path, account: str = "", deadline: float = 40.0) -> bool:
    """End the local cloud of this local folder and remove its containers and networks. Docker itself stays.

    Args:
        local_dir: the checkout's local folder.
        account: whose containers are removed also when no record names an account.
        deadline: seconds for an orderly end before SIGKILL.

    Returns:
        Whether there was anything to stop.

    Raises:
        CloudError: a container could not be removed.
    """
    local_dir = local_dir.resolve()
    cloud = running.recorded(local_dir)
    for pid, _ in list(process.serving(local_dir)):
        if not process.end(pid, local_dir, deadline):
            raise CloudError(f"the local cloud (process {pid}) does not end\n  fix: `kill -9 {pid}`, then try again")
    removed = 0
    try:
        for owner in {account, cloud.account if cloud is not None else ""} - {""}:
            removed += remove_owned(owner)
    except DockerError as error:
        raise CloudError(str(error)) from error
    (local_dir / running.RECORD).unlink(missing_ok=True)
    return cloud is not None or removed > 0


def _launch(local_dir: Path, interpreter: Path, options: Mapping[str, str], deadline: float) -> Cloud:
    logs = local_dir / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    log = logs / "cloud.log"
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    command = [str(interpreter), "-m", "emulator.cloud", *words]
    if log.exists():
        log.replace(logs / "cloud.before.log")  # how the earlier one ended
    with log.open("w") as output:
        server = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment_of(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    cloud = running.started_with(options, server.pid)
    end = time.monotonic() + deadline
    try:
        running.remember(cloud)
        while not running.answers(cloud):
            if server.poll() is not None:
                raise CloudError(
                    f"the local cloud ended at its start (exit code {server.returncode}): {_tail(log)}"
                    f"\n  fix: see {log}; `make down` and `make up` start afresh"
                )
            if time.monotonic() > end:
                raise CloudError(
                    f"the local cloud did not answer at {cloud.endpoint} within {deadline:.0f} s\n  fix: see {log}"
                )
            time.sleep(0.1)
    except BaseException:
        stop(local_dir, cloud.account)
        raise
    return dataclasses.replace(cloud, fresh=True)


def environment_of(base: Mapping[str, str]) -> dict[str, str]:
    """What the server sees of the caller's environment: it is nobody's client, and no proxy leads to its containers."""
    strange = ("AWS_", "MINISTACK_", "PYTHON")
    return {
        name: value
        for name, value in base.items()
        if not name.startswith(strange) and not name.lower().endswith("_proxy") and name != "HOSTNAME"
    }


def refuse_taken(host: str, port: int, attempt: Callable[[str, int], int] | None = None) -> None:
    """Raise CloudError when SLUICE_PORT cannot be had."""
    try:
        (attempt or _try)(host, port)
    except PermissionError:
        raise CloudError(
            f"SLUICE_PORT is {port}, which this user may not listen on\n  fix: set it to a free port above 1023"
        ) from None
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise _elsewhere(host, error) from error
        raise CloudError(
            f"port {port} on {host} is taken by another program"
            "\n  fix: end that program, set SLUICE_PORT to a free port, or unset it"
        ) from None


def free_port(host: str, recorded: int | None) -> int:
    """The recorded port where it is free, else any free one."""
    for wanted in (recorded or 0, 0):
        try:
            return _try(host, wanted)
        except OSError as error:
            refused = error
    raise _elsewhere(host, refused) from refused


def _try(host: str, port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        return int(probe.getsockname()[1])


def _elsewhere(host: str, error: OSError) -> CloudError:
    return CloudError(
        f"cannot listen on the Docker bridge address {host} ({error.strerror})"
        "\n  fix: use a Docker Engine on this very machine (is DOCKER_HOST set?)"
    )


def _tail(log: Path, lines: int = 5) -> str:
    try:
        text = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        return "it left no log"
    return " | ".join(text[-lines:]) or "it said nothing"

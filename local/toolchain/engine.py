"""The Docker engine: found answering, or started."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from local.toolchain.packages import Machine
from local.toolchain.process import SetupCancelled, SetupFailed, ask
from local.toolchain.steps import StepRunner

START_SECONDS = 90.0
ASK_SECONDS = 20.0
SYSTEMD = Path("/run/systemd/system")


def answers() -> bool:
    """Return whether the Docker engine answers this user."""
    return ask(["docker", "version", "--format", "{{.Server.Version}}"]) is not None


def data_root() -> Path:
    """Return the engine's folder for images and containers."""
    return Path(ask(["docker", "info", "--format", "{{.DockerRootDir}}"]) or "/var/lib/docker")


def way_to_start(machine: Machine, systemd: bool, refusal: str) -> str:
    """Return how to get a silent engine to answer: `systemctl` or `dockerd`. Raises SetupFailed where a person has to.

    `refusal` is what the client says about the silence.
    """
    if "permission denied" in refusal.lower():
        raise SetupFailed(
            "the Docker engine runs but refuses this user"
            "\n  fix: sudo usermod -aG docker $USER, log in again; or run `make up` as root"
        )
    if machine.engine_elsewhere:
        raise SetupFailed(
            f"the Docker engine that DOCKER_HOST names does not answer\n  it says: {refusal}"
            "\n  fix: start it, or unset DOCKER_HOST"
        )
    if machine.system != "Linux":
        raise SetupFailed("the Docker engine does not answer\n  fix: start Docker Desktop (or Colima), then try again")
    if not machine.root:
        raise SetupFailed(
            f"the Docker engine does not answer\n  it says: {refusal}"
            "\n  fix: sudo systemctl start docker, then try again"
        )
    return "systemctl" if systemd else "dockerd"


def refusal() -> str:
    """Return the client's error for an engine that does not answer."""
    try:
        done = subprocess.run(
            ["docker", "version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ASK_SECONDS,
            check=False,
        )
    except FileNotFoundError:
        return "docker is not on PATH"
    except subprocess.TimeoutExpired:
        return f"nothing within {ASK_SECONDS:.0f} s"
    return (done.stderr.strip().splitlines() or ["nothing"])[-1]


def obstacle(machine: Machine) -> None:
    """Raise Failed when the engine neither answers nor can be started by set-up."""
    if machine.docker and not machine.engine:
        way_to_start(machine, SYSTEMD.is_dir(), refusal())


def start(runner: StepRunner, machine: Machine, log: Path) -> str:
    """Start the engine and wait until it answers; it outlives set-up, like any system service."""
    way = way_to_start(machine, SYSTEMD.is_dir(), refusal())
    if way == "systemctl":
        runner.run(["systemctl", "start", "docker"], seconds=60, remedy="`systemctl status docker` says why")
        _wait(runner, None, Path("the system's journal"))
        return "started by systemd"
    if _alive(Path("/var/run/docker.pid")):  # the package's own start script was quicker
        _wait(runner, None, log)
        return "started by its package"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        daemon = subprocess.Popen(
            ["dockerd"], stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    _wait(runner, daemon, log)
    return "started in the background"


def _wait(runner: StepRunner, daemon: subprocess.Popen[bytes] | None, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers():
        if runner.cancelled.is_set():
            raise SetupCancelled
        if daemon is not None and daemon.poll() is not None:
            last = log.read_text(errors="replace").splitlines()[-10:]
            shown = "".join(f"\n    {line}" for line in last)
            raise SetupFailed(
                f"dockerd ended with exit code {daemon.returncode}{shown}\n  log: {log}\n  fix: see the log"
            )
        if time.monotonic() > deadline:
            raise SetupFailed(
                f"the Docker engine did not answer within {START_SECONDS:.0f} s: {refusal()}\n  fix: see {log}"
            )
        time.sleep(0.25)


def _alive(pid_file: Path) -> bool:
    return pid_file.is_file() and Path(f"/proc/{pid_file.read_text().strip()}").is_dir()

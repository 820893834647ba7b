"""Debian packages that the local stack needs from the system: the Docker engine, pip's bootstrap, debootstrap."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

from local.toolchain.process import SetupFailed, ask
from local.toolchain.steps import StepRunner

DOCKER = ("docker.io", "iptables")
APT = {"DEBIAN_FRONTEND": "noninteractive"}


@dataclass(frozen=True)
class Machine:
    """The state of the machine."""

    system: str  # Linux, Darwin
    distribution: str  # debian, ubuntu, ..., or nothing
    apt: bool
    root: bool
    engine: bool  # the Docker engine answers
    engine_elsewhere: bool  # DOCKER_HOST names one
    docker: bool  # the client is there
    dockerd: bool
    ensurepip: bool
    venv: bool  # the project's virtual environment exists already
    debootstrap: bool

    @property
    def installs(self) -> bool:
        """Whether set-up may install Debian packages."""
        return self.apt and self.root


def inspect(venv: Path) -> Machine:
    """Inspect this machine in about 0.1 s; change nothing."""
    return Machine(
        system=platform.system(),
        distribution=distribution(_text(Path("/etc/os-release"))),
        apt=shutil.which("apt-get") is not None,
        root=os.geteuid() == 0,
        engine=ask(["docker", "version", "--format", "{{.Server.Version}}"]) is not None,
        engine_elsewhere=bool(os.environ.get("DOCKER_HOST")),
        docker=shutil.which("docker") is not None,
        dockerd=shutil.which("dockerd") is not None,
        ensurepip=importlib.util.find_spec("ensurepip") is not None,
        venv=(venv / "bin" / "pip").exists(),
        debootstrap=shutil.which("debootstrap") is not None,
    )


def wanted(machine: Machine) -> list[str]:
    """Return the missing Debian packages; only required ones where set-up may not install packages."""
    required: list[str] = []
    if not machine.docker or not (machine.engine or machine.engine_elsewhere or machine.dockerd):
        required.extend(DOCKER)
    if not machine.ensurepip and not machine.venv:
        required.append("python3-venv")
    if machine.installs and not machine.debootstrap:
        # Of no use where an image registry answers, but small, and known only later.
        required += ["debootstrap"] if machine.distribution == "debian" else ["debootstrap", "debian-archive-keyring"]
    return required


def missing(machine: Machine) -> list[str]:
    """The Debian packages to install. Raises SetupFailed, saying what a person has to install, where set-up may not."""
    required = wanted(machine)
    if required and not machine.installs:
        raise SetupFailed(by_hand(machine, required))
    return required


def by_hand(machine: Machine, required: list[str]) -> str:
    """Return the instructions for a machine where set-up may not install packages."""
    if machine.apt:
        group = "; sudo usermod -aG docker $USER; log in again" if DOCKER[0] in required else ", then try again"
        return (
            f"this machine lacks {', '.join(required)}, and set-up may install packages only as root"
            f"\n  fix: sudo apt-get install {' '.join(required)}{group}"
        )
    wants = []
    if DOCKER[0] in required:
        wants.append(
            "Docker Desktop (or Colima), started"
            if machine.system == "Darwin"
            else "the Docker Engine, started and usable by you"
        )
    if "python3-venv" in required:
        wants.append("Python's ensurepip module (often a package named python3-venv)")
    return f"this machine lacks what the local stack runs on\n  fix: install {' and '.join(wants)}; then try again"


def install(runner: StepRunner, packages: list[str]) -> str:
    """Install Debian packages, without the recommended ones."""
    remedy = "see the log; `apt-get install " + " ".join(packages) + "` by hand shows the same"
    env = os.environ | APT
    apt: list[str | Path] = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-q", "-y"]
    runner.run(["dpkg", "--configure", "-a"], seconds=300, remedy=remedy, env=env)
    runner.run([*apt, "update"], seconds=300, remedy="check the network and the apt sources of this machine", env=env)
    # From Debian 13 on the client is a package of its own.
    if DOCKER[0] in packages and shutil.which("docker") is None and ask(["apt-cache", "show", "docker-cli"]):
        packages = [*packages, "docker-cli"]
    runner.run([*apt, "install", "--no-install-recommends", *packages], seconds=900, remedy=remedy, env=env)
    return f"installed {', '.join(packages)}"


def distribution(os_release: str) -> str:
    """The ID of an os-release file."""
    return _field(os_release, "ID")


def codename(os_release: str) -> str:
    """The VERSION_CODENAME of an os-release file."""
    return _field(os_release, "VERSION_CODENAME")


def _field(os_release: str, name: str) -> str:
    for line in os_release.splitlines():
        key, _, value = line.partition("=")
        if key == name:
            return value.strip().strip('"')
    return ""


def _text(path: Path) -> str:
    return path.read_text() if path.is_file() else ""

"""Machines on which something is wrong, each with the one message that answers it.

`python -m tests.unit.toolchain.machines` writes docs/wrong-machines.md, where people read them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from emulator import record
from emulator.cloud import containers, emulator
from emulator.plugins.aws.endpoint import refuse_silent
from local import check, environment, up
from local.environment import NotStarted
from local.stack import stale
from local.toolchain import environments, packages, pulumi, wheels
from local.toolchain.engine import way_to_start
from local.toolchain.packages import Machine
from local.toolchain.process import SetupFailed, said
from sluice.protocol.resource import Refused
from tests.unit.toolchain import provoke

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "wrong-machines.md"
BEGIN = "<!-- machines: begin -->"
COMPLETE = Machine(
    system="Linux",
    distribution="debian",
    apt=True,
    root=True,
    engine=True,
    engine_elsewhere=False,
    docker=True,
    dockerd=True,
    ensurepip=True,
    venv=True,
    debootstrap=True,
)
USER = replace(COMPLETE, root=False)
FEDORA = replace(USER, distribution="fedora", apt=False)
LAPTOP = replace(FEDORA, system="Darwin", distribution="", dockerd=False)
SILENT = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"


def without_docker(machine: Machine) -> Machine:
    return replace(machine, engine=False, docker=False, dockerd=False)


@dataclass(frozen=True)
class Case:
    """One wrong machine: its name, what provokes the answer in an empty folder, and the answer."""

    name: str
    provoke: Callable[[Path], object]
    message: str


CASES = [
    Case(
        "Docker is missing, and you are not root (Debian, Ubuntu)",
        lambda folder: packages.missing(without_docker(USER)),
        "this machine lacks docker.io, iptables, and set-up may install packages only as root\n"
        "  fix: sudo apt-get install docker.io iptables; sudo usermod -aG docker $USER; log in again",
    ),
    Case(
        "Docker is missing (another Linux)",
        lambda folder: packages.missing(without_docker(FEDORA)),
        "this machine lacks what the local stack runs on\n"
        "  fix: install the Docker Engine, started and usable by you; then try again",
    ),
    Case(
        "Docker is missing (macOS)",
        lambda folder: packages.missing(without_docker(LAPTOP)),
        "this machine lacks what the local stack runs on\n"
        "  fix: install Docker Desktop (or Colima), started; then try again",
    ),
    Case(
        "Docker refuses you: not in the group docker",
        lambda folder: way_to_start(USER, True, "Got permission denied while trying to connect to the Docker daemon"),
        "the Docker engine runs but refuses this user\n"
        "  fix: sudo usermod -aG docker $USER, log in again; or run `make up` as root",
    ),
    Case(
        "Docker is not started (Linux, not root)",
        lambda folder: way_to_start(USER, True, SILENT),
        f"the Docker engine does not answer\n  it says: {SILENT}\n  fix: sudo systemctl start docker, then try again",
    ),
    Case(
        "Docker is not started (macOS)",
        lambda folder: way_to_start(LAPTOP, False, SILENT),
        "the Docker engine does not answer\n  fix: start Docker Desktop (or Colima), then try again",
    ),
    Case(
        "the engine that DOCKER_HOST names is silent",
        lambda folder: way_to_start(replace(COMPLETE, engine_elsewhere=True), True, "dial tcp: i/o timeout"),
        "the Docker engine that DOCKER_HOST names does not answer\n  it says: dial tcp: i/o timeout\n"
        "  fix: start it, or unset DOCKER_HOST",
    ),
    Case(
        "Docker hangs",
        lambda folder: provoke.ask_docker(folder, docker="exec /bin/sleep 20"),
        "`docker ps` did not answer within 1 s\n  fix: `docker info` shows how the engine is",
    ),
    Case(
        "Docker went away after set-up",
        lambda folder: provoke.ask_docker(folder),
        "docker is not on this machine\n  fix: `make up` says how to get it",
    ),
    Case(
        "Docker has no default bridge",
        lambda folder: containers.bridge_address(provoke.no_bridge),
        "Docker's default network `bridge` is missing or has no IPv4 address, and the local cloud answers there\n"
        '  fix: remove `"bridge": "none"` from /etc/docker/daemon.json and restart Docker',
    ),
    Case(
        "Docker runs on another machine",
        lambda folder: emulator.free_port("192.0.2.1", None),
        "cannot listen on the Docker bridge address 192.0.2.1 (Cannot assign requested address)\n"
        "  fix: use a Docker Engine on this very machine (is DOCKER_HOST set?)",
    ),
    Case(
        "the engine's architecture is unknown",
        lambda folder: wheels.platforms("riscv64"),
        "the Docker engine's architecture riscv64 has no locked wheels\n  fix: use amd64 or arm64",
    ),
    Case(
        "SLUICE_PORT is not a number",
        lambda folder: up.port({"SLUICE_PORT": "http"}),
        "SLUICE_PORT is 'http', which is no port\n  fix: set it to a number up to 65535, or unset it",
    ),
    Case(
        "SLUICE_PORT is out of range",
        lambda folder: up.port({"SLUICE_PORT": "70000"}),
        "SLUICE_PORT is '70000', which is no port\n  fix: set it to a number up to 65535, or unset it",
    ),
    Case(
        "SLUICE_PORT is taken by another program",
        provoke.taken_port,
        "port PORT on 127.0.0.1 is taken by another program\n"
        "  fix: end that program, set SLUICE_PORT to a free port, or unset it",
    ),
    Case(
        "SLUICE_PORT is for root only",
        lambda folder: emulator.refuse_taken("172.17.0.1", 80, provoke.may_not_listen),
        "SLUICE_PORT is 80, which this user may not listen on\n  fix: set it to a free port above 1023",
    ),
    Case(
        "the disk is too small for what is missing",
        provoke.small_disk,
        "the disk of FOLDER, FOLDER/cache, FOLDER/.local, /var/lib/docker has 0.9 GB free, and 1.4 GB are needed "
        "(python environment 0.7, running the stack 0.7)\n"
        "  fix: make room (`df -h` and `docker system df` show where it went), then run the same command again",
    ),
    Case(
        "the disk becomes full while a command of set-up writes",
        lambda folder: provoke.runner(folder).run(
            ["sh", "-c", "echo No space left on device; exit 2"], seconds=9, remedy="-"
        ),
        "`sh -c 'echo No space left on device; exit 2'` ended with exit code 2\n    No space left on device\n"
        "  log: FOLDER/step.log\n"
        "  fix: make room (`df -h` and `docker system df` show where it went), then run the same command again",
    ),
    Case(
        "the disk is full when we write",
        provoke.full_disk,
        "no space is left on the disk\n"
        "  fix: make room (`df -h` and `docker system df` show where it went), then run the same command again",
    ),
    Case(
        "the cache folder cannot be written",
        provoke.unwritable("cache"),
        "the cache folder FOLDER/sluice cannot be written: Read-only file system\n"
        "  fix: make it writable, or set XDG_CACHE_HOME to one that is",
    ),
    Case(
        "the local folder cannot be written",
        provoke.unwritable("local"),
        "the local folder FOLDER/.local cannot be written: Read-only file system\n"
        "  fix: make it writable, or set SLUICE_LOCAL_DIR to one that is",
    ),
    Case(
        "the checkout cannot be written",
        provoke.unwritable("project"),
        "the checkout FOLDER cannot be written: Read-only file system\n  fix: work on a checkout of your own",
    ),
    Case(
        "a file is another user's",
        lambda folder: record.read(provoke.Forbidden(folder / "cloud.json")),
        "FOLDER/cloud.json cannot be used: Permission denied\n"
        "  fix: make it readable and writable for this user, then run the same command again",
    ),
    Case(
        "there is no Python",
        lambda folder: provoke.run_python(folder),
        "Sluice needs Python 3.11 or newer, and there is no python3 on PATH\n"
        "  fix: install it (on Debian or Ubuntu: apt-get install python3 python3-venv), then try again",
    ),
    Case(
        "Python is too old",
        lambda folder: provoke.run_python(folder, python3=provoke.python("3.9.2")),
        "Sluice needs Python 3.11 or newer, and python3 is Python 3.9.2\n"
        "  fix: install it (on Debian or Ubuntu: apt-get install python3 python3-venv), then try again",
    ),
    Case(
        "Python lacks ensurepip (Debian, Ubuntu, not root)",
        lambda folder: packages.missing(replace(USER, ensurepip=False, venv=False)),
        "this machine lacks python3-venv, and set-up may install packages only as root\n"
        "  fix: sudo apt-get install python3-venv, then try again",
    ),
    Case(
        "Python lacks ensurepip (elsewhere)",
        lambda folder: packages.missing(replace(FEDORA, ensurepip=False, venv=False)),
        "this machine lacks what the local stack runs on\n"
        "  fix: install Python's ensurepip module (often a package named python3-venv); then try again",
    ),
    Case(
        "a proxy or firewall refuses Python packages",
        provoke.download_wheels,
        "`FOLDER/bin/pip download ...` ended with exit code 1\n"
        "    ERROR: Could not install packages due to an OSError: ProxyError: Tunnel connection failed: 403 Forbidden\n"
        "  log: FOLDER/step.log\n"
        f"  fix: {environments.INDEX_REMEDY}",
    ),
    Case(
        "there is no Pulumi CLI, and no Go to build it",
        lambda folder: provoke.fail(pulumi.no_road(str(pulumi.go_obstacle(None)))),
        "the Pulumi CLI is built from Go modules here, which needs Go 1.26 or newer; no Go is on PATH\n"
        "  fix: install Go, or the Pulumi CLI itself (https://get.pulumi.com), then try again",
    ),
    Case(
        "there is no Pulumi CLI, and Go is too old to build it",
        lambda folder: provoke.fail(pulumi.no_road(str(pulumi.go_obstacle("go version go1.19.8 linux/amd64")))),
        "the Pulumi CLI is built from Go modules here, which needs Go 1.26 or newer; this is go version go1.19.8 "
        "linux/amd64\n  fix: install Go, or the Pulumi CLI itself (https://get.pulumi.com), then try again",
    ),
    Case(
        "the emulator's environment is missing",
        lambda folder: emulator.start(folder, None, "9" * 12, python=folder / "python"),
        "FOLDER/python is missing\n  fix: `make up`, which installs the local cloud",
    ),
    Case(
        "two `make up` in one checkout",
        provoke.two_at_once,
        f"`make up` with process id {os.getpid()} is at work in this checkout\n"
        "  fix: wait until it ends, or end it, then try again",
    ),
    Case(
        "`make up` while a `pulumi up` runs",
        lambda folder: stale([{"pid": 42}], lambda pid: ["/opt/pulumi/bin/pulumi", "up"]),
        "another pulumi (process 42) is at work on the local stack\n  fix: wait until it ends, or end it",
    ),
    Case(
        "`make env` before `make up`",
        lambda folder: environment.endpoint(environment.checkout(folder, {})),
        "the local cloud of this checkout is not started\n  fix: `make up`",
    ),
    Case(
        "cloud.json is torn",
        provoke.torn_record,
        "the local cloud of this checkout is not started\n  fix: `make up`",
    ),
    Case(
        "`pulumi up` by hand while the local cloud is down",
        lambda folder: refuse_silent("http://127.0.0.1:9"),
        "the local cloud at http://127.0.0.1:9 does not answer: run `make up`",
    ),
    Case(
        "a check that does not exist",
        lambda folder: check.chosen(["benches"]),
        "there is no check benches\n  fix: take any of lint, types, imports, unit, components, e2e",
    ),
]


def answer(case: Case, folder: Path) -> str:
    """What is said about the machine, in words that are the same on every machine."""
    try:
        case.provoke(folder)
    except OSError as error:
        text = str(said(error))
    except (provoke.Wrong, SetupFailed, NotStarted, emulator.CloudError, containers.DockerError, Refused) as error:
        text = str(error)
    else:
        raise AssertionError(f"nothing is wrong with: {case.name}")
    text = text.replace(str(folder), "FOLDER")
    return re.sub(r"pip download .*`", "pip download ...`", text)


def page(text: str) -> str:
    """The page with its messages as they are now; what stands above them is written by hand."""
    parts = [text.split(BEGIN)[0] + BEGIN + "\n"]
    for case in CASES:
        message = re.sub(r"process id \d+", "process id PID", case.message)
        parts.append(f"### {case.name[0].upper()}{case.name[1:]}\n\n```\nerror: {message}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

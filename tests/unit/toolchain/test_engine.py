"""How a silent Docker engine is woken, and when a person has to."""

from dataclasses import replace

import pytest

from local.toolchain.engine import way_to_start
from local.toolchain.packages import Machine
from local.toolchain.process import SetupFailed

STOPPED = Machine(
    system="Linux",
    distribution="debian",
    apt=True,
    root=True,
    engine=False,
    engine_elsewhere=False,
    docker=True,
    dockerd=True,
    ensurepip=True,
    venv=True,
    debootstrap=True,
)
SILENT = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"


@pytest.mark.parametrize(("systemd", "way"), [(True, "systemctl"), (False, "dockerd")])
def test_root_starts_it(systemd: bool, way: str) -> None:
    assert way_to_start(STOPPED, systemd, SILENT) == way


@pytest.mark.parametrize(
    ("machine", "refusal", "says"),
    [
        (replace(STOPPED, root=False), "permission denied while trying to connect", "usermod -aG docker"),
        (replace(STOPPED, engine_elsewhere=True), "Cannot connect to tcp://10.0.0.9", "DOCKER_HOST.*\n.*10.0.0.9"),
        (replace(STOPPED, system="Darwin", root=False), SILENT, "start Docker Desktop"),
        (replace(STOPPED, root=False), SILENT, "sudo systemctl start docker"),
    ],
)
def test_otherwise_a_person_is_told_what_to_do(machine: Machine, refusal: str, says: str) -> None:
    with pytest.raises(SetupFailed, match=says):
        way_to_start(machine, True, refusal)

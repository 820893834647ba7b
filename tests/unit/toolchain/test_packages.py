"""What is missing on which machine, and who may install it."""

from dataclasses import replace

import pytest

from local.toolchain.packages import Machine, codename, distribution, missing
from local.toolchain.process import SetupFailed

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
BARE = replace(COMPLETE, engine=False, docker=False, dockerd=False, ensurepip=False, venv=False, debootstrap=False)


@pytest.mark.parametrize(
    ("machine", "packages"),
    [
        pytest.param(COMPLETE, [], id="nothing is missing"),
        pytest.param(BARE, ["docker.io", "iptables", "python3-venv", "debootstrap"], id="bare Debian as root"),
        pytest.param(
            replace(BARE, distribution="ubuntu"),
            ["docker.io", "iptables", "python3-venv", "debootstrap", "debian-archive-keyring"],
            id="bare Ubuntu as root",
        ),
        pytest.param(
            replace(COMPLETE, engine=False, dockerd=False), ["docker.io", "iptables"], id="a client without an engine"
        ),
        pytest.param(replace(COMPLETE, engine=False), [], id="an engine that only has to be started"),
        pytest.param(
            replace(COMPLETE, engine=False, dockerd=False, engine_elsewhere=True), [], id="DOCKER_HOST names an engine"
        ),
        pytest.param(replace(COMPLETE, ensurepip=False), [], id="the environment exists: ensurepip is not needed"),
        pytest.param(replace(COMPLETE, root=False, debootstrap=False), [], id="not root: debootstrap is no use"),
        pytest.param(
            replace(COMPLETE, system="Darwin", distribution="", apt=False, root=False, dockerd=False),
            [],
            id="a laptop with Docker",
        ),
    ],
)
def test_missing(machine: Machine, packages: list[str]) -> None:
    assert missing(machine) == packages


@pytest.mark.parametrize(
    ("machine", "says"),
    [
        pytest.param(replace(BARE, root=False), "sudo apt-get install docker.io iptables python3-venv", id="not root"),
        pytest.param(
            replace(BARE, system="Darwin", distribution="", apt=False, root=False, ensurepip=True),
            "Docker Desktop",
            id="a laptop without Docker",
        ),
        pytest.param(replace(BARE, distribution="fedora", apt=False), "Docker Engine, started", id="another Linux"),
        pytest.param(
            replace(COMPLETE, distribution="fedora", apt=False, ensurepip=False, venv=False), "ensurepip", id="no pip"
        ),
    ],
)
def test_where_setup_may_not_install_it_says_what_to_install(machine: Machine, says: str) -> None:
    with pytest.raises(SetupFailed, match=says):
        missing(machine)


def test_os_release_is_read_with_and_without_quotes() -> None:
    text = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_CODENAME=bookworm\nID="debian"\n'
    assert (distribution(text), codename(text)) == ("debian", "bookworm")
    assert (distribution(""), codename("")) == ("", "")

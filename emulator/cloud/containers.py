"""The Docker objects of one checkout, seen from the host through the docker command line.

Everything the local cloud starts carries the label `sluice.account=<account>`, so that two checkouts on one Docker
daemon never touch each other's containers.
"""

from __future__ import annotations

import ipaddress
import subprocess
from collections.abc import Callable, Sequence

ACCOUNT_LABEL = "sluice.account"


class DockerError(RuntimeError):
    """A docker command failed; the text is for people."""


def docker(arguments: Sequence[str], timeout: float = 60.0, content: bytes = b"") -> str:
    """Run one docker command and return its standard output, stripped.

    Args:
        arguments: the command's words after `docker`.
        timeout: seconds until the command is given up.
        content: its standard input.

    Raises:
        DockerError: docker is missing, did not answer in time, or refused.
    """
    words = ["docker", *arguments]
    shown = " ".join(words[:3])
    try:
        done = subprocess.run(words, input=content, capture_output=True, timeout=timeout, check=False)
    except FileNotFoundError as error:
        raise DockerError("docker is not on this machine\n  fix: `make up` says how to get it") from error
    except subprocess.TimeoutExpired as error:
        raise DockerError(
            f"`{shown}` did not answer within {timeout:.0f} s\n  fix: `docker info` shows how the engine is"
        ) from error
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).decode(errors="replace").splitlines()
        raise DockerError(
            f"`{shown}` failed: {said[-1] if said else f'exit code {done.returncode}'}"
            "\n  fix: `docker info` shows how the engine is"
        )
    return done.stdout.decode(errors="replace").strip()


def bridge_address(ask: Callable[[Sequence[str]], str] = docker) -> str:
    """The host's address on Docker's default bridge, which containers and the host both reach (usually 172.17.0.1).

    Raises:
        DockerError: Docker does not answer, or has no default bridge with an IPv4 address.
    """
    template = '{{range .IPAM.Config}}{{.Gateway}}|{{.Subnet}}{{"\\n"}}{{end}}'
    try:
        answer = ask(["network", "inspect", "bridge", "--format", template])
    except DockerError as error:
        if "no such network" not in str(error).lower():
            raise
        answer = ""
    for line in answer.splitlines():
        gateway, _, subnet = line.partition("|")
        # Some versions of Docker leave the gateway out: it is then the subnet's first address.
        candidate = gateway or str(next(ipaddress.ip_network(subnet, strict=False).hosts()))
        if isinstance(ipaddress.ip_address(candidate), ipaddress.IPv4Address):
            return candidate
    raise DockerError(
        "Docker's default network `bridge` is missing or has no IPv4 address, and the local cloud answers there"
        '\n  fix: remove `"bridge": "none"` from /etc/docker/daemon.json and restart Docker'
    )


def owned(account: str) -> list[str]:
    """Ids of every container, running or not, that belongs to the account."""
    return docker(["ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={ACCOUNT_LABEL}={account}"]).split()


def remove_owned(account: str, keep: Sequence[str] = ()) -> int:
    """Remove the account's containers, with their volumes, and its networks. Returns how many went.

    Args:
        account: the 12-digit account of this checkout.
        keep: container ids that stay.

    Raises:
        DockerError: one of them could not be removed.
    """
    gone = 0
    containers = [one for one in owned(account) if one not in set(keep)]
    if containers:
        docker(["rm", "--force", "--volumes", *containers], timeout=120)
        gone += len(containers)
    volumes = docker(["volume", "ls", "--quiet", "--filter", f"label={ACCOUNT_LABEL}={account}"]).split()
    if volumes:
        docker(["volume", "rm", "--force", *volumes])
    networks = docker(["network", "ls", "--quiet", "--filter", f"label={ACCOUNT_LABEL}={account}"]).split()
    for network in networks:
        docker(["network", "rm", network])
        gone += 1
    return gone

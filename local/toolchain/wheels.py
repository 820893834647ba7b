"""The example services' wheels, downloaded on the host: nothing inside a build asks a package index."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from local.toolchain.building import building_folder, publish
from local.toolchain.environments import INDEX_REMEDY
from local.toolchain.process import SetupFailed
from local.toolchain.steps import StepRunner

PYTHON = "3.13"  # trixie's
GLIBC = range(17, 42)  # manylinux_2_17 up to trixie's glibc 2.41
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


def folder(cache: Path, locks: Sequence[Path], architecture: str) -> Path:
    """Return where the wheels of exactly these lock files lie."""
    digest = hashlib.sha256(architecture.encode())
    for lock in locks:
        digest.update(lock.read_bytes())
    return cache / f"wheels-{digest.hexdigest()[:16]}"


def platforms(architecture: str) -> list[str]:
    """pip's platform tags of what runs in the image. Raises SetupFailed for an architecture without wheels."""
    machine = MACHINES.get(architecture)
    if machine is None:
        raise SetupFailed(
            f"the Docker engine's architecture {architecture} has no locked wheels\n  fix: use amd64 or arm64"
        )
    return [f"manylinux_2_{minor}_{machine}" for minor in GLIBC] + [f"manylinux2014_{machine}"]


def download(runner: StepRunner, pip: Path, locks: Sequence[Path], architecture: str, target: Path) -> None:
    """Download the locked wheels into `target`, hash-checked; the folder appears complete or not at all."""
    if target.is_dir():
        return
    building = building_folder(target)
    tags = [word for platform in platforms(architecture) for word in ("--platform", platform)]
    # --no-deps: a lock names everything, and pip would judge further requirements by this Python's version.
    options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--python-version", PYTHON]
    options += ["--implementation", "cp", "--abi", "cp313", "--abi", "abi3", "--abi", "none", *tags]
    try:
        for lock in locks:
            runner.run(
                [pip, "download", "--quiet", *options, "--dest", building, "-r", lock],
                seconds=600,
                remedy=INDEX_REMEDY,
                env=os.environ,
            )
        publish(building, target)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def context(dockerfile: Path, wheels: Path, target: Path) -> None:
    """A build context: the Dockerfile and the wheels beside it."""
    shutil.copy(dockerfile, target / "Dockerfile")
    shutil.copytree(wheels, target / "wheels")

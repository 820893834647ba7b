"""The container images of the local stack, built here: no image registry is needed.

All of them stand on Debian trixie, which is pulled where a registry answers, else made with debootstrap. An image
carries the hash of what it was made from as a label, so whether it is current takes one question to the engine.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from local.toolchain import mirror, packages
from local.toolchain.building import building_folder, remove
from local.toolchain.process import SetupFailed, ask
from local.toolchain.steps import StepRunner

LABEL = "sluice.inputs"
TRIXIE = "sluice-local/trixie:13"
PULLED = "debian:trixie-slim"
INCLUDED = "ca-certificates,python3"  # what nearly every image needs, in the first pass already
REGISTRY_SECONDS = 3.0
KEYRINGS = tuple(Path("/usr/share/keyrings") / f"debian-archive-keyring.{kind}" for kind in ("gpg", "pgp"))
"""Where the package debian-archive-keyring puts them; newer releases call the form by its standard's name."""
BUILD_REMEDY = "see the log; building needs Debian's packages from the mirror that this machine's apt uses"


@dataclass(frozen=True)
class BaseImage:
    """An image and what it is built from: a folder with a Dockerfile, and the image below it."""

    tag: str
    folder: Path
    below: str
    inputs: str


def inputs(folder: Path, below: str, also: Sequence[Path] = ()) -> str:
    """The hash of everything an image is made from: its folder, further files, and the hash of the image below."""
    digest = hashlib.sha256(below.encode())
    for file in [*sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"), *also]:
        digest.update(f"\0{file.name}\0{file.stat().st_mode & 0o111}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def trixie_inputs() -> str:
    """The hash of how the base is made."""
    return hashlib.sha256(f"{TRIXIE} {INCLUDED}".encode()).hexdigest()


def current(tag: str, wanted: str) -> bool:
    """Is the image there, made from these inputs?"""
    return ask(["docker", "image", "inspect", "--format", f'{{{{index .Config.Labels "{LABEL}"}}}}', tag]) == wanted


def architecture() -> str:
    """The engine's architecture, in Debian's words: amd64, arm64."""
    answer = ask(["docker", "version", "--format", "{{.Server.Arch}}"])
    if answer is None:
        raise SetupFailed("the Docker engine does not answer any more\n  fix: run this again")
    return answer


def build(runner: StepRunner, image: BaseImage, folder: Path | None = None) -> str:
    """Build an image with the classic builder, which every engine has, from `folder` (else the image's own)."""
    proxies = [name for name in ("http_proxy", "https_proxy", "no_proxy") if name in os.environ]
    runner.run(
        ["docker", "build", "--network", "host", "--build-arg", f"BASE={image.below}"]
        + [word for name in proxies for word in ("--build-arg", name)]
        + ["--label", f"{LABEL}={image.inputs}", "--tag", image.tag, str(folder or image.folder)],
        seconds=900,
        remedy=BUILD_REMEDY,
        env=os.environ | {"DOCKER_BUILDKIT": "0"},
    )
    return f"built {image.tag}"


def trixie(runner: StepRunner, cache: Path) -> str:
    """Pull or make the base image."""
    possible = _debootstrap_obstacle()
    if registry_answers() or possible is not None:
        runner.now(f"pulling {PULLED}")
        try:
            return _pull(runner)
        except SetupFailed as failure:
            if possible is not None:
                raise SetupFailed(f"{failure}\n  or: {possible}") from None
    runner.now("making the base image with debootstrap")
    return _debootstrap(runner, cache)


def signed(keyrings: Sequence[Path] = KEYRINGS) -> list[str]:
    """debootstrap's options to take nothing that Debian's keys have not signed: left to itself it goes on where it
    finds no keyring. Raises SetupFailed where there is none: the mirror is asked over plain HTTP."""
    for keyring in keyrings:
        if keyring.is_file():
            return ["--force-check-gpg", f"--keyring={keyring}"]
    raise SetupFailed(
        "Debian's keys are missing, so what the mirror sends cannot be checked"
        "\n  fix: apt-get install debian-archive-keyring"
    )


def _debootstrap_obstacle() -> str | None:
    if os.geteuid() != 0:
        return "run as root on Debian or Ubuntu, where the image can be made with debootstrap"
    if shutil.which("debootstrap") is None:
        return "install debootstrap"
    return None


def registry_answers() -> bool:
    """Can the engine's default image registry be reached within seconds?"""
    address = ask(["docker", "info", "--format", "{{.IndexServerAddress}}"])
    host = urlsplit(address or "").hostname
    if host is None:
        return False
    try:
        socket.create_connection((host, 443), timeout=REGISTRY_SECONDS).close()
    except OSError:
        return False
    return True


def _pull(runner: StepRunner) -> str:
    runner.run(["docker", "pull", PULLED], seconds=180, remedy="a connection to an image registry")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "Dockerfile").write_text(f"FROM {PULLED}\n")
        build(runner, BaseImage(TRIXIE, Path(folder), PULLED, trixie_inputs()))
    return f"pulled {PULLED}"


def _debootstrap(runner: StepRunner, cache: Path) -> str:
    release = Path("/etc/os-release").read_text()
    found = mirror.debian(mirror.configured(), packages.codename(release))
    # Without a mirror of this machine's own (Ubuntu has none of Debian), debootstrap takes its default one.
    source = [found] if found and packages.distribution(release) == "debian" else []
    building = building_folder(cache / "trixie")
    root, archive = building / "root", building / "root.tar"
    options = ["--variant=minbase", f"--include={INCLUDED}", f"--arch={architecture()}", *signed()]
    try:
        runner.run(
            ["debootstrap", *options, "trixie", root, *source],
            seconds=900,
            remedy="check that this machine's Debian mirror serves trixie and that debian-archive-keyring is current",
        )
        without = ["--exclude=./var/cache/apt/archives/*.deb", "--exclude=./var/lib/apt/lists/*"]
        runner.run(["tar", "-C", root, *without, "-cf", archive, "."], seconds=120, remedy="make room on the disk")
        labels = ["--change", f"LABEL {LABEL}={trixie_inputs()}", "--change", 'CMD ["bash"]']
        runner.run(["docker", "import", *labels, archive, TRIXIE], seconds=300, remedy="`docker info` shows the engine")
    finally:
        remove(building)
    return "made with debootstrap"

"""Pulumi's own archives of its CLI and plugins, by version and checksum, for jobs that are about to hold a role.

Addresses: those that the CLI itself downloads from (`pulumi plugin install --help`, the script at get.pulumi.com).
Standard library only.
"""

from __future__ import annotations

import hashlib
import platform
import re
import shutil
import tarfile
import time
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from emulator import record
from local.environment import PULUMI_VERSION, Checkout
from local.toolchain.building import building_folder, publish, remove
from local.toolchain.process import SetupFailed
from local.toolchain.pulumi import complete
from local.toolchain.steps import StepRunner

BASE = "https://get.pulumi.com/releases"
LOCK = Path(__file__).parent / "archives.txt"
PLUGINS = ("aws", "docker")
"""The plugins that the program needs; their versions are those of their SDKs in the lock of Python packages."""
PLATFORMS = (("linux", "amd64"), ("linux", "arm64"), ("darwin", "arm64"))
"""For which `make pin` records checksums: GitHub's runners, and most machines of people."""
ROAD = "archive with the recorded checksum"
SECONDS = 600.0
"""For one archive; that of the AWS plugin has some 200 MB."""
_PIECE = 1 << 20


@dataclass(frozen=True)
class Archive:
    """One archive.

    Attributes:
        system, processor: as Pulumi calls them in names of plugins (`linux`, `amd64`).
        plugin: name of the plugin; empty: the CLI.
    """

    version: str
    system: str
    processor: str
    plugin: str = ""

    @property
    def name(self) -> str:
        """Its file."""
        if self.plugin:
            return f"pulumi-resource-{self.plugin}-v{self.version}-{self.system}-{self.processor}.tar.gz"
        processor = {"amd64": "x64"}.get(self.processor, self.processor)
        return f"pulumi-v{self.version}-{self.system}-{processor}.tar.gz"

    def url(self, base: str) -> str:
        """Return where Pulumi offers it."""
        return f"{base}/{'plugins' if self.plugin else 'sdk'}/{self.name}"


def wanted(root: Path, system: str, processor: str) -> list[Archive]:
    """Return the CLI and the plugins this checkout needs. Raises SetupFailed when the package lock names no version."""
    lock = (root / "requirements.txt").read_text()
    found = [Archive(PULUMI_VERSION, system, processor)]
    for plugin in PLUGINS:
        version = re.search(rf"^pulumi-{plugin}==(\S+)", lock, re.MULTILINE)
        if version is None:
            raise SetupFailed(f"requirements.txt has no pulumi-{plugin}\n  fix: make lock")
        found.append(Archive(version[1], system, processor, plugin))
    return found


def here() -> tuple[str, str]:
    """This machine's system and processor."""
    processor = platform.machine().lower()
    return platform.system().lower(), {"x86_64": "amd64", "aarch64": "arm64"}.get(processor, processor)


def recorded(lock: Path = LOCK) -> dict[str, str]:
    """SHA-256 by name of archive."""
    entries = [line.split() for line in lock.read_text().splitlines() if line.strip() and not line.startswith("#")]
    return {name: checksum for checksum, name in entries}


def fetch(archive: Archive, folder: Path, checksums: Mapping[str, str], base: str = BASE) -> Path:
    """The archive in `folder`, with the recorded checksum. Raises SetupFailed: without one, or with another."""
    checksum = checksums.get(archive.name)
    if checksum is None:
        raise SetupFailed(
            f"no checksum is recorded for {archive.name}, and a job that is about to take a role installs nothing else"
            f"\n  fix: `make pin` on a machine that reaches {BASE}, compare, and commit {LOCK.name}"
        )
    target = folder / archive.name
    if target.is_file() and _sum(target) == checksum:
        return target
    folder.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    try:
        found = download(archive.url(base), part)
        if found != checksum:
            raise SetupFailed(
                f"{archive.name} has the SHA-256 {found}, and {checksum} is recorded in {LOCK.name}: it is another file"
                "\n  fix: do not use it; find out why it changed"
            )
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return target


def download(url: str, target: Path) -> str:
    """Download a file; return its SHA-256. Raises SetupFailed."""
    sum_, end = hashlib.sha256(), time.monotonic() + SECONDS
    try:
        with urllib.request.urlopen(url, timeout=30) as answer, target.open("wb") as file:  # noqa: S310 - https, or a test's
            while piece := answer.read(_PIECE):
                if time.monotonic() > end:
                    raise SetupFailed(f"{url} did not arrive within {SECONDS:.0f} s\n  fix: try again")
                file.write(piece)
                sum_.update(piece)
    except OSError as error:
        raise SetupFailed(f"{url} cannot be downloaded: {error}\n  fix: check the way to it, then try again") from None
    return sum_.hexdigest()


def install(runner: StepRunner, place: Checkout, checksums: Mapping[str, str], base: str = BASE) -> str:
    """Put CLI and plugins in place, each with its recorded checksum; whatever CLI was there is replaced. Raises
    Failed."""
    cli, *plugins = wanted(place.root, *here())
    folder = place.cache / "archives"
    unpack(fetch(cli, folder, checksums, base), place.built_pulumi.parent)
    record.write(place.pulumi_record, {"bin": str(place.built_pulumi), "road": f"{cli.version}, {ROAD}"})
    for plugin in plugins:
        file = fetch(plugin, folder, checksums, base)
        arguments: list[str | Path] = ["plugin", "install", "resource", plugin.plugin, plugin.version, "--file", file]
        runner.run([place.built_pulumi / "pulumi", *arguments, "--reinstall"], seconds=120, remedy="see the log")
    return f"{cli.version} and {len(plugins)} plugins, {ROAD}"


def unpack(archive: Path, target: Path) -> None:
    """The CLI's programs, which lie in the archive's folder `pulumi`, in `bin` of `target`. Raises SetupFailed."""
    building = building_folder(target)
    try:
        with tarfile.open(archive) as files:
            # Debian 12's Python 3.11.2 knows no filter; there the checksum alone vouches for the content.
            files.extraction_filter = getattr(tarfile, "data_filter", None)
            files.extractall(building)  # noqa: S202
        shutil.move(building / "pulumi", building / "bin")
        if not complete(building / "bin"):
            raise SetupFailed(f"{archive.name} holds no complete CLI\n  fix: report this with its version")
        (building / "road").write_text(f"{PULUMI_VERSION}, {ROAD}")
        publish(building, target)
    finally:
        remove(building)


def pin(archives: Iterable[Archive], folder: Path, lock: Path = LOCK, base: str = BASE) -> Sequence[str]:
    """Download archives and record their checksums, in place of those that were there; return the lines."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for archive in archives:
        part = folder / f"{archive.name}.part"
        try:
            entries.append(f"{download(archive.url(base), part)}  {archive.name}")
        finally:
            part.unlink(missing_ok=True)
    head = [line for line in lock.read_text().splitlines() if line.startswith("#")]
    lock.write_text("\n".join([*head, *sorted(entries, key=lambda line: line.split()[1])]) + "\n")
    return entries


def _sum(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
